"""``forkrepl link`` of C, C++ and LLVM IR: compiled first, in parallel, then linked."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.program import Run
from tests.support.runtime import make_archive, make_object

MAIN = """
#include <cstdio>
#include <stdexcept>
extern "C" int helper(int);
void thrower();
int main(int argc, char **argv) {
    try { thrower(); } catch (const std::exception &e) { std::printf("%s ", e.what()); }
    std::printf("%s %d\\n", argv[argc - 1], helper(4));
    return 3;
}
"""
HELPER = "int helper(int x) { return x * x; }\n"
THROWER = '#include <stdexcept>\nvoid thrower() { throw std::runtime_error("thrown"); }\n'

# No triple and no data layout, as people write it.
HELPER_IR = """
define i32 @helper(i32 %x) {
  %slot = alloca i32
  store i32 %x, ptr %slot
  %a = load i32, ptr %slot
  %b = load i32, ptr %slot
  %result = mul i32 %a, %b
  ret i32 %result
}
"""


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.fixture
def main(tmp_path: Path) -> Path:
    """A main that needs a C function ``helper`` and a C++ function ``thrower``."""
    write(tmp_path / "thrower.cc", THROWER)
    return write(tmp_path / "main.cpp", MAIN)


def with_clang(source: str, path: Path) -> Path:
    """LLVM IR as Clang writes it: text for .ll, else bitcode."""
    form = "-S" if path.suffix == ".ll" else "-c"
    command = ["clang-22", "-x", "c", form, "-emit-llvm", "-o", str(path), "-"]
    subprocess.run(command, input=source, text=True, check=True)
    return path


@pytest.mark.parametrize("level", ["-O0", "-O2", "-O"])
@pytest.mark.parametrize("memory", ["shared", "in-process"])
def test_c_and_cpp(forkrepl: Run, tmp_path: Path, main: Path, level: str, memory: str) -> None:
    helper = write(tmp_path / "helper.c", HELPER)
    memory = f"--memory={memory}"
    result = forkrepl("link", level, memory, main, helper, "thrower.cc", "--", "a", "last")
    assert (result.stdout, result.stderr, result.returncode) == ("thrown last 16\n", "", 3)


@pytest.mark.parametrize("suffix", ["cc", "cpp", "cxx", "C", "c++"])
def test_names_of_cpp_files(forkrepl: Run, tmp_path: Path, suffix: str) -> None:
    write(tmp_path / f"main.{suffix}", "int main() { return sizeof(true) + sizeof('a'); }")
    assert forkrepl("link", f"main.{suffix}").returncode == 2


@pytest.mark.parametrize("level", ["-O0", "-O2"])
@pytest.mark.parametrize("name", ["helper.ll", "helper.bc", "helper.o", "written.ll"])
def test_llvm_ir(forkrepl: Run, tmp_path: Path, main: Path, name: str, level: str) -> None:
    if name == "written.ll":
        write(tmp_path / name, HELPER_IR)
    else:
        with_clang(HELPER, tmp_path / name)
    result = forkrepl("link", level, main, name, "thrower.cc", "--", "last")
    assert (result.stdout, result.stderr, result.returncode) == ("thrown last 16\n", "", 3)


def test_objects_and_archives_beside_sources(forkrepl: Run, tmp_path: Path, main: Path) -> None:
    member = make_object(tmp_path / "helper.o", HELPER)
    make_archive(tmp_path / "libhelper.a", member)
    thrower = make_object(tmp_path / "thrower.o", THROWER, language="c++")
    result = forkrepl("link", main, "-L.", "-lhelper", thrower, "-lm", "--", "last")
    assert (result.stdout, result.stderr, result.returncode) == ("thrown last 16\n", "", 3)


def test_initializers_run_in_the_order_of_the_command_line(forkrepl: Run, tmp_path: Path) -> None:
    names = []
    for number in range(9):
        # The first files take longest, so that they are not done in this order.
        include = "#include <regex>\n" if number < 2 else ""
        text = f'#include <cstdio>\nstatic int i = std::printf("{number} ");\n'
        names.append(write(tmp_path / f"file{number}.cpp", include + text).name)
    write(tmp_path / "main.c", "int main(void) { return 0; }")
    result = forkrepl("link", *names, "main.c")
    assert (result.stdout, result.stderr) == ("0 1 2 3 4 5 6 7 8 ", "")


def size_of(function: str, map_text: str) -> int:
    """In bytes, of a function in a link map."""
    found = re.search(rf"0x\w+ +(0x\w+) +global +{function} ", map_text)
    assert found is not None, map_text
    return int(found[1], 16)


def test_optimised_code(forkrepl: Run, tmp_path: Path) -> None:
    source = """
    int compute(int n) { int sum = 0; for (int i = 0; i < 10; ++i) sum += n; return sum; }
    #ifdef __OPTIMIZE__
    int main(void) { return compute(2) + 1; }
    #else
    int main(void) { return compute(2); }
    #endif
    """
    write(tmp_path / "main.c", source)
    plain = forkrepl("link", "--print-map", "main.c")
    optimised = forkrepl("link", "-O2", "--print-map", "main.c")
    assert (plain.returncode, optimised.returncode) == (20, 21)
    assert size_of("compute", optimised.stderr) < size_of("compute", plain.stderr) // 2


def test_optimised_ir(forkrepl: Run, tmp_path: Path) -> None:
    write(tmp_path / "helper.ll", HELPER_IR)
    write(tmp_path / "main.c", "int helper(int); int main(void) { return helper(3); }")
    plain = forkrepl("link", "--print-map", "main.c", "helper.ll")
    optimised = forkrepl("link", "-O", "--print-map", "main.c", "helper.ll")
    assert (plain.returncode, optimised.returncode) == (9, 9)
    assert size_of("helper", optimised.stderr) < size_of("helper", plain.stderr)


@pytest.mark.parametrize(
    ("options", "status"),
    [
        (["-DN=7"], 7),
        (["-D", "N=7", "-UN", "-D", "N=8"], 8),
        (["-Iheaders", "-DN=FROM_HEADER", "-include", "header.h"], 9),
        (["-std=c11", "-DN=(__STDC_VERSION__==201112)"], 1),
        (["-xc++", "-DN=sizeof('a')"], 1),
        (["-x", "c", "-DN=sizeof('a')"], 4),
        (["-g", "-mavx2", "-fwrapv", "-DN=__AVX2__"], 1),
        (["--Xcc=-DN=6"], 6),
        (["-fno-pic", "-DN=__PIC__"], 2),
    ],
)
def test_compiler_options(forkrepl: Run, tmp_path: Path, options: list[str], status: int) -> None:
    (tmp_path / "headers").mkdir()
    write(tmp_path / "headers" / "header.h", "#define FROM_HEADER 9\n")
    write(tmp_path / "main.c", "int main(void) { return N; }")
    result = forkrepl("link", *options, "main.c")
    assert (result.stdout, result.stderr, result.returncode) == ("", "", status)


def test_a_name_that_tells_nothing_and_x(forkrepl: Run, tmp_path: Path) -> None:
    write(tmp_path / "program.text", "int main() { return sizeof('a'); }")
    write(tmp_path / "helper.o", "no object")
    assert forkrepl("link", "-x", "c", "program.text").returncode == 4
    assert forkrepl("link", "-x", "c++", "program.text").returncode == 1
    assert forkrepl("link", "program.text").returncode == 1


def test_warnings_are_shown_and_the_program_runs(forkrepl: Run, tmp_path: Path) -> None:
    write(tmp_path / "main.c", "#warning take care\nint main(void) { return 5; }")
    result = forkrepl("link", "main.c")
    assert result.returncode == 5
    assert result.stderr.startswith("main.c:1:2: warning: take care")
    silent = forkrepl("link", "-Wno-#warnings", "main.c")
    assert (silent.returncode, silent.stderr) == (5, "")
    assert forkrepl("link", "-Werror", "main.c").returncode == 1


def test_colours(forkrepl: Run, tmp_path: Path) -> None:
    write(tmp_path / "main.c", "#warning take care\nint main(void) { return 0; }")
    assert "\x1b[" not in forkrepl("link", "main.c").stderr
    assert "\x1b[" in forkrepl("link", "--color=yes", "main.c").stderr


def test_errors_of_all_files_are_shown(forkrepl: Run, tmp_path: Path) -> None:
    write(tmp_path / "one.c", "int one = missing;")
    write(tmp_path / "good.cpp", '#include <cstdio>\nstatic int i = std::puts("never");')
    write(tmp_path / "two.cpp", "int f( {")
    write(tmp_path / "three.ll", "define nothing")
    write(tmp_path / "four.bc", "BC\xc0\xde damaged")
    (tmp_path / "four.bc").write_bytes(b"BC\xc0\xde damaged")
    write(tmp_path / "five.c", 'void f(void) { asm("nonsense"); }')
    result = forkrepl("link", "one.c", "good.cpp", "two.cpp", "three.ll", "four.bc", "five.c")
    assert (result.stdout, result.returncode) == ("", 1)
    starts = [line for line in result.stderr.splitlines() if re.match(r"\w+\.\w+:.*error: ", line)]
    assert [line.split(":")[0] for line in starts] == [
        "one.c", "two.cpp", "two.cpp", "two.cpp", "three.ll", "four.bc", "five.c"
    ]  # fmt: skip
    assert "one.c:1:11: error: use of undeclared identifier 'missing'" in result.stderr
    assert "three.ll:1:8: error: " in result.stderr
    assert "invalid instruction mnemonic 'nonsense'" in result.stderr


def test_a_crash_of_clang_is_an_error_of_the_file(forkrepl: Run, tmp_path: Path) -> None:
    write(tmp_path / "crash.c", "#pragma clang __debug crash\n")
    write(tmp_path / "fatal.c", "#pragma clang __debug llvm_fatal_error\n")
    write(tmp_path / "wrong.c", "int one = missing;")
    result = forkrepl("link", "crash.c", "fatal.c", "wrong.c")
    assert (result.stdout, result.returncode) == ("", 1)
    assert "crash.c: error: Clang crashed on this file (SIG" in result.stderr
    assert "fatal.c: error: Clang crashed on this file (SIGABRT" in result.stderr
    assert "wrong.c:1:11: error: " in result.stderr


def test_errors_of_the_assembler_have_a_place(forkrepl: Run, tmp_path: Path) -> None:
    """In each of more files than processors."""
    names = []
    for number in range(16):
        body = 'asm("nonsense")' if number % 2 else f"(void){number}"
        names.append(write(tmp_path / f"f{number}.c", f"void f{number}(void) {{ {body}; }}").name)
    result = forkrepl("link", *names)
    assert result.returncode == 1
    blamed = re.findall(r"^(f\d+)\.c:1:\d+: error: invalid instr", result.stderr, re.MULTILINE)
    assert blamed == [f"f{number}" for number in range(1, 16, 2)]


def test_ir_for_another_machine(forkrepl: Run, tmp_path: Path) -> None:
    write(tmp_path / "arm.ll", 'target triple = "aarch64-linux-gnu"\n' + HELPER_IR)
    result = forkrepl("link", "arm.ll")
    assert result.returncode == 1
    assert "arm.ll: error: made for aarch64" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["missing.c"], 1, "cannot read missing.c: No such file or directory"),
        (["missing.ll"], 1, "cannot read missing.ll: No such file or directory"),
        (["folder"], 1, "cannot read folder: Is a directory"),
        (["folder.c"], 1, "folder.c"),
        (["folder.ll"], 1, "folder.ll: error: cannot be read: Is a directory"),
        (["notes.txt"], 1, "notes.txt: not an ELF object file: it is text (of source code"),
        (["empty"], 1, "empty: not an ELF object file: the file is empty"),
        (["main.c", "-fnonsense", "main.cpp"], 2, "unrecognized arguments: -fnonsense"),
        (["main.c", "-fsyntax-only"], 2, "-fsyntax-only runs nothing"),
        (["main.c", "-Xclang", "-fsyntax-only"], 1, "main.c: error: Clang made no code"),
        (["main.c", "-Onine"], 2, "invalid level 'nine'"),
        (["main.c", "-O", "-x", "fortran"], 2, "'fortran' is no language"),
        (["main.c", "--Xcc"], 2, "--Xcc"),
        (["main.c", "--times=never"], 2, "--times"),
    ],
)
def test_bad_input(
    forkrepl: Run, tmp_path: Path, arguments: list[str], status: int, message: str
) -> None:
    write(tmp_path / "notes.txt", "this is text\n")
    write(tmp_path / "empty", "")
    write(tmp_path / "main.c", "int main(void) { return 0; }")
    write(tmp_path / "main.cpp", "int one = missing;")
    for name in ("folder", "folder.c", "folder.ll"):
        (tmp_path / name).mkdir()
    result = forkrepl("link", *arguments)
    assert (result.returncode, result.stdout) == (status, "")
    assert result.stderr.count(message) == 1
