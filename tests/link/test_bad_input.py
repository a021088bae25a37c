"""``forkrepl link`` on what it cannot link: one message that says what and where, status 1,
and nothing is left behind."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.support.program import Run
from tests.support.runtime import assemble, compile_source

MAIN = "int main(void) { return 0; }"
CALLS_F = "int f(void); int main(void) { return f(); }"
F = "int f(void) { return 1; }"


@pytest.fixture
def refused(forkrepl: Run, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Link files of ``tmp_path`` in vain: the message, without ``forkrepl: error: ``."""
    mark = f"FORKREPL_TEST_{uuid.uuid4().hex}"

    def link(*arguments: str, wrapper: Sequence[str] = ()) -> str:
        marked = (*wrapper, "env", f"{mark}=1")
        result = forkrepl("link", *arguments, wrapper=marked)
        assert (result.returncode, result.stdout) == (1, "")
        prefix = "forkrepl: error: "
        assert result.stderr.startswith(prefix)
        assert result.stderr.count(prefix) == 1
        return result.stderr.removeprefix(prefix).rstrip("\n")

    yield link
    assert _processes_with(mark) == []


def _processes_with(variable: str) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                environment = (folder / "environ").read_bytes()
            except OSError:  # it has just ended
                continue
            if variable.encode() in environment:
                found.append(int(folder.name))
    return found


def write(path: Path, source: str, *flags: str, compiler: str = "gcc", language: str = "c") -> None:
    path.write_bytes(compile_source(source, *flags, compiler=compiler, language=language))


# Objects of another kind.

LLVM_TARGETS = {
    "aarch64-linux-gnu": "another machine (AArch64, e_machine 183)",
    "i386-linux-gnu": "a 32-bit little-endian one (i386, e_machine 3)",
    "x86_64-linux-gnux32": "a 32-bit little-endian one (x86-64",
    "powerpc64-linux-gnu": "a 64-bit big-endian one (64-bit PowerPC",
    "arm64-apple-macosx": "a Mach-O file, for macOS",
    "x86_64-windows-msvc": "a COFF object, for Windows",
    "wasm32-unknown-unknown": "a WebAssembly module",
}


@pytest.mark.parametrize("target", list(LLVM_TARGETS))
def test_objects_for_another_system(
    refused: Callable[..., str], tmp_path: Path, target: str
) -> None:
    write(tmp_path / "far.o", F, f"--target={target}", compiler="clang-22")
    message = refused("far.o")
    assert message.startswith("far.o: ")
    assert LLVM_TARGETS[target] in message
    assert "\n" not in message


def test_gccs_objects_of_link_time_optimisation(
    refused: Callable[..., str], tmp_path: Path
) -> None:
    write(tmp_path / "lto.o", MAIN, "-flto")
    message = refused("lto.o")
    assert message.startswith("lto.o: ")
    assert "GCC's intermediate code" in message
    assert "compile without -flto" in message


def test_clangs_objects_of_link_time_optimisation_are_compiled(
    forkrepl: Run, tmp_path: Path
) -> None:
    write(tmp_path / "lto.o", "int main(void) { return 6; }", "-flto", compiler="clang-22")
    assert forkrepl("link", "lto.o").returncode == 6


def test_an_object_with_both_kinds_of_code_is_linked(forkrepl: Run, tmp_path: Path) -> None:
    write(tmp_path / "fat.o", "int main(void) { return 6; }", "-flto", "-ffat-lto-objects")
    assert forkrepl("link", "fat.o").returncode == 6


def make_program(path: Path, *flags: str) -> None:
    source = path.with_suffix(".c")
    source.write_text(MAIN)
    subprocess.run(["gcc", *flags, "-o", path, source], check=True)


def test_an_executable(refused: Callable[..., str], tmp_path: Path) -> None:
    make_program(tmp_path / "program", "-no-pie")
    assert refused("program") == (
        "program: an executable, not a relocatable object (compile with -c)"
    )


def test_a_core_file(refused: Callable[..., str], tmp_path: Path) -> None:
    """As far as its first bytes go, which is how far anybody looks."""
    data = bytearray(compile_source(MAIN))
    data[16] = 4
    (tmp_path / "core").write_bytes(data)
    assert refused("core").startswith("core: a core file, not a relocatable object")


def test_a_shared_library_for_another_machine(refused: Callable[..., str], tmp_path: Path) -> None:
    make_program(tmp_path / "libfar.so", "-shared", "-fPIC")
    data = bytearray((tmp_path / "libfar.so").read_bytes())
    data[18] = 183
    (tmp_path / "libfar.so").write_bytes(data)
    write(tmp_path / "main.o", MAIN)
    assert "libfar.so: made for another machine (AArch64" in refused("main.o", "libfar.so")
    assert "libfar.so: made for another machine (AArch64" in refused("main.o", "-L.", "-lfar")


def test_a_damaged_shared_library(refused: Callable[..., str], tmp_path: Path) -> None:
    make_program(tmp_path / "libcut.so", "-shared", "-fPIC")
    data = (tmp_path / "libcut.so").read_bytes()
    (tmp_path / "libcut.so").write_bytes(data[:200])
    write(tmp_path / "main.o", MAIN)
    assert "libcut.so" in refused("main.o", "libcut.so")


# Files of another kind.


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty.o: not an ELF object file: the file is empty"),
        (b"int f();\n", "it is text (of source code"),
        (b"\x7fELF\x02\x01\x01", "truncated ELF object (7 bytes)"),
        (b"\x89PNG\r\n\x1a\n\0", "its format is not known"),
        (b"\x1f\x8b\x08\0\0", "compressed by gzip"),
    ],
    ids=["empty", "source", "cut", "picture", "gzip"],
)
def test_no_objects(refused: Callable[..., str], tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "empty.o").write_bytes(data)
    assert message in refused("empty.o")


def test_a_folder(refused: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "folder.o").mkdir()
    assert refused("folder.o") == "cannot read folder.o: Is a directory"


def test_a_pipe_is_not_waited_for(refused: Callable[..., str], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.o")
    assert refused("pipe.o") == "cannot read pipe.o: it is a pipe, not a file"


def test_a_device(refused: Callable[..., str]) -> None:
    assert refused("/dev/zero") == "cannot read /dev/zero: it is a device, not a file"


def test_a_file_that_may_not_be_read(refused: Callable[..., str], tmp_path: Path) -> None:
    write(tmp_path / "secret.o", MAIN)
    (tmp_path / "secret.o").chmod(0)
    # Root may read anything unless it gives that up.
    wrapper = ("setpriv", "--bounding-set=-dac_override,-dac_read_search",
               "--inh-caps=-dac_override,-dac_read_search")  # fmt: skip
    message = refused("secret.o", wrapper=wrapper if os.geteuid() == 0 else ())
    assert message == "cannot read secret.o: Permission denied"


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
def test_truncated_objects(refused: Callable[..., str], tmp_path: Path, share: float) -> None:
    data = compile_source(MAIN, "-g")
    (tmp_path / "cut.o").write_bytes(data[: int(len(data) * share)])
    assert refused("cut.o").startswith("cut.o: truncated")


def test_a_section_that_is_too_large(refused: Callable[..., str], tmp_path: Path) -> None:
    source = ".globl main\nmain: ret\n.bss\n.skip 0x3fff00000000\n"
    (tmp_path / "large.o").write_bytes(assemble(source))
    message = refused("large.o")
    assert message.startswith("large.o: .bss has 70364449210368 bytes")
    assert "\n" not in message


# Archives.


def make_archive(path: Path, *members: str, options: str = "rcs") -> None:
    subprocess.run(["ar", options, path.name, *members], cwd=path.parent, check=True)


def test_members_for_another_machine(refused: Callable[..., str], tmp_path: Path) -> None:
    write(tmp_path / "main.o", CALLS_F)
    write(tmp_path / "far.o", F, "--target=aarch64-linux-gnu", compiler="clang-22")
    make_archive(tmp_path / "libfar.a", "far.o")
    assert refused("main.o", "libfar.a").startswith("libfar.a(far.o): made for another machine")


@pytest.mark.parametrize("compiler", ["gcc", "clang-22"])
def test_members_of_link_time_optimisation(
    refused: Callable[..., str], tmp_path: Path, compiler: str
) -> None:
    write(tmp_path / "main.o", CALLS_F)
    write(tmp_path / "lto.o", F, "-flto", compiler=compiler)
    subprocess.run(["llvm-ar-22", "rcs", "liblto.a", "lto.o"], cwd=tmp_path, check=True)
    message = refused("--whole-archive", "main.o", "liblto.a")
    assert message.startswith("liblto.a(lto.o): ")
    assert "compile without -flto" in message


def test_members_that_ar_does_not_understand(refused: Callable[..., str], tmp_path: Path) -> None:
    write(tmp_path / "main.o", CALLS_F)
    write(tmp_path / "mac.o", F, "--target=arm64-apple-macosx", compiler="clang-22")
    make_archive(tmp_path / "libmac.a", "mac.o")
    message = refused("main.o", "libmac.a")
    assert message == "libmac.a(mac.o): not an ELF object file: it is a Mach-O file, for macOS"


def test_an_archive_without_an_index(refused: Callable[..., str], tmp_path: Path) -> None:
    write(tmp_path / "main.o", CALLS_F)
    write(tmp_path / "f.o", F)
    make_archive(tmp_path / "libf.a", "f.o", options="rcS")
    assert refused("main.o", "libf.a").startswith("libf.a: an archive without an index: run ranlib")


def test_empty_archives_are_no_mistake(forkrepl: Run, tmp_path: Path) -> None:
    write(tmp_path / "main.o", MAIN)
    write(tmp_path / "nothing.o", "")
    make_archive(tmp_path / "libempty.a")
    make_archive(tmp_path / "libnothing.a", "nothing.o")
    result = forkrepl("link", "main.o", "libempty.a", "libnothing.a")
    assert (result.returncode, result.stderr) == (0, "")


def test_a_thin_archive_whose_member_is_gone(refused: Callable[..., str], tmp_path: Path) -> None:
    write(tmp_path / "main.o", CALLS_F)
    write(tmp_path / "f.o", F)
    make_archive(tmp_path / "libf.a", "f.o", options="rcsT")
    (tmp_path / "f.o").unlink()
    message = refused("main.o", "libf.a")
    assert message.startswith("libf.a(f.o): ")
    assert "cannot read f.o: No such file" in message


@pytest.mark.parametrize("size", [20, 100, 200, 600])
def test_truncated_archives(refused: Callable[..., str], tmp_path: Path, size: int) -> None:
    write(tmp_path / "main.o", CALLS_F)
    write(tmp_path / "f.o", F)
    make_archive(tmp_path / "libf.a", "f.o")
    data = (tmp_path / "libf.a").read_bytes()
    (tmp_path / "libf.a").write_bytes(data[:size])
    message = refused("main.o", "libf.a")
    assert message.startswith("libf.a: ")
    assert "\n" not in message


def test_a_linker_script_that_names_what_is_not_there(
    refused: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "libgone.so").write_text("GROUP ( libgone.so.1 AS_NEEDED ( libtoo.so.2 ) )\n")
    write(tmp_path / "main.o", MAIN)
    message = refused("main.o", "-L.", "-lgone")
    assert message == "libgone.so: a linker script that names libgone.so.1: no such file"


def test_a_linker_script_of_archives(forkrepl: Run, tmp_path: Path) -> None:
    """As Debian's libm.a is one."""
    write(tmp_path / "main.o", CALLS_F)
    write(tmp_path / "f.o", F)
    make_archive(tmp_path / "libreal.a", "f.o")
    (tmp_path / "libf.a").write_text("/* GNU ld script */\nGROUP ( libreal.a )\n")
    for words in (["libf.a"], ["-L.", "-lf"]):
        result = forkrepl("link", "main.o", *words)
        assert (result.returncode, result.stderr) == (1, "")


def test_a_linker_script_that_names_itself(refused: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "libf.a").write_text("GROUP ( libf.a )\n")
    assert refused("libf.a").startswith("libf.a: not an ELF object file")


# Main.


def test_only_libraries(refused: Callable[..., str]) -> None:
    assert refused("-lm").startswith("nothing defines main")


def test_main_may_be_in_an_archive(forkrepl: Run, tmp_path: Path) -> None:
    write(tmp_path / "main.o", "int main(void) { return 4; } int other(void) { return 5; }")
    make_archive(tmp_path / "libmain.a", "main.o")
    assert forkrepl("link", "libmain.a").returncode == 4
    assert forkrepl("link", "--entry=other", "libmain.a").returncode == 5


# Symbols and relocations.


def test_two_definitions(refused: Callable[..., str], tmp_path: Path) -> None:
    write(tmp_path / "main.o", CALLS_F)
    for name in ("one.o", "two.o"):
        write(tmp_path / name, "int f(int) { return 1; }", language="c++")
    message = refused("main.o", "one.o", "two.o")
    assert message == "two.o: duplicate definition of f(int), defined by one.o"


def test_a_relocation_that_does_not_fit(refused: Callable[..., str], tmp_path: Path) -> None:
    source = ".globl main, far\nmain: lea far+0x7fffff00(%rip), %rax\nret\n.zero 0x200\nfar: ret\n"
    (tmp_path / "far.o").write_bytes(assemble(source))
    message = refused("far.o")
    assert message.startswith("far.o: .text+0x3: R_X86_64_PC32 against far does not fit: 0x8")


UNDEFINED = """
int missing(int); extern "C" int other(void); extern int variable;
double compute(double x) { return missing(2) + x; }
int *pointer = &variable;
int main() { return (int)compute(1) + other() + missing(1); }
"""


def test_undefined_symbols_with_their_first_references(
    refused: Callable[..., str], tmp_path: Path
) -> None:
    flags = ("-O1", "-fno-inline", "-ffunction-sections")
    write(tmp_path / "main.o", UNDEFINED, *flags, language="c++")
    lines = refused("main.o").splitlines()
    assert lines[0] == "3 undefined symbols:"
    rows = {line.split()[0]: line.split(maxsplit=1)[1] for line in lines[1:]}
    assert set(rows) == {"missing(int)", "other", "variable"}
    assert rows["missing(int)"].startswith("referenced by main.o: .text._Z7computed+0x")
    assert rows["missing(int)"].endswith(" in compute(double)")
    assert rows["other"].startswith("referenced by main.o: .text.main+0x")
    assert rows["other"].endswith(" in main")
    assert rows["variable"].startswith("referenced by main.o: .data.")
    assert " in " not in rows["variable"]


def test_one_undefined_symbol_of_an_archive_member(
    refused: Callable[..., str], tmp_path: Path
) -> None:
    write(tmp_path / "main.o", CALLS_F)
    (tmp_path / "f.o").write_bytes(assemble(".globl f\nf: nop\n call gone\n ret\n"))
    make_archive(tmp_path / "libf.a", "f.o")
    message = refused("main.o", "libf.a")
    assert message == "undefined symbol: gone, referenced by libf.a(f.o): .text+0x2"


def test_many_undefined_symbols_are_not_all_listed(
    refused: Callable[..., str], tmp_path: Path
) -> None:
    calls = "\n".join(f"call gone{number}" for number in range(120))
    (tmp_path / "main.o").write_bytes(assemble(f".globl main\nmain:\n{calls}\n"))
    lines = refused("main.o").splitlines()
    assert (lines[0], len(lines)) == ("120 undefined symbols:", 52)
    assert lines[-1] == "  and 70 more"


@pytest.mark.parametrize(
    ("declared", "defined", "advice"),
    [
        ('extern "C" int f(int);', "int f(int x) { return x; }", "(defined as C++: f(int); "),
        ("int f(int);", 'extern "C" int f(int x) { return x; }', "(defined as C: declare it "),
        ("int abs(int);", "", "(defined as C: declare it "),
    ],
    ids=["C++", "C", "a library's"],
)
def test_a_symbol_that_is_defined_for_the_other_language(
    refused: Callable[..., str], tmp_path: Path, declared: str, defined: str, advice: str
) -> None:
    name = "abs" if "abs" in declared else "f"
    main = f"{declared} int main() {{ return {name}(1); }}"
    write(tmp_path / "main.o", main, "-fno-builtin", language="c++")
    write(tmp_path / "other.o", defined, language="c++")
    assert advice in refused("main.o", "other.o")


def test_names_that_move_the_cursor_are_shown_harmlessly(
    refused: Callable[..., str], tmp_path: Path
) -> None:
    data = assemble(".globl main\nmain: call abcdefgh\n")
    (tmp_path / "main.o").write_bytes(data.replace(b"abcdefgh", b"ab\x1b[2J\ngh"[:8]))
    message = refused("main.o")
    assert message.startswith(r"undefined symbol: ab\x1b[2J\ng, referenced by main.o")
