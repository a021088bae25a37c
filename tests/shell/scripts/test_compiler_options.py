"""Options of clang++ on the command line: what works, what is refused, and what it says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from repl.command_line.arguments import parse
from tests.support.program import OpenShell, Run

ACCEPTED = [
    *("-pthread", "-isystem", "inc", "-iquote", "inc", "-idirafter", "inc", "-w", "-pedantic"),
    *("--sysroot=/", "--gcc-toolchain=/usr", "-l:libm.so.6", "-s", "-pipe", "-rdynamic", "--pipe"),
    *("-Xclang", "-fno-builtin", "-Xcc", "-DVALUE=6", "-Wl,--as-needed,-z,now", "-fuse-ld=lld"),
    *("-Xlinker", "-rpath", "-Xlinker", "inc", "-Wp,-DOTHER=7", "-fPIE", "-pie", "-no-pie"),
    *("-include", "geo.h", "--std=c++20", "-march=native", "-target", "x86_64-linux-gnu", "-Os"),
    *("-flto", "-static-libgcc", "-Wno-nonsense", "-MF", "file", "-fdiagnostics-color=never"),
]


@pytest.fixture(autouse=True)
def _headers(tmp_path: Path) -> None:
    (tmp_path / "inc").mkdir()
    (tmp_path / "inc" / "geo.h").write_text("inline int area() { return VALUE * OTHER; }\n")


def test_what_clang_accepts_is_accepted(forkrepl: Run) -> None:
    result = forkrepl(*ACCEPTED, "-c", "area() + int(__cplusplus == 202002L)")
    assert (result.stdout, result.stderr, result.returncode) == ("(int) 43\n", "", 0)


def test_the_same_for_files_to_link(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "main.cpp").write_text("int main() { return area() - 42; }\n")
    result = forkrepl("link", "main.cpp", *ACCEPTED)
    assert (result.stdout, result.stderr, result.returncode) == ("", "", 0)


def test_standard_and_library_of_c(forkrepl: Run, tmp_path: Path) -> None:
    assert forkrepl("-x", "c", "-ansi", "-c", "__STDC_VERSION__").stdout == "(long) 199409\n" or (
        forkrepl("-x", "c", "-ansi", "-c", "__STRICT_ANSI__").stdout == "(int) 1\n"
    )
    result = forkrepl("-nostdinc++", "-c", "#include <vector>")
    assert "'vector' file not found" in result.stderr
    # -stdlib=libc++ looks for another library's headers, which may be there or not.
    result = forkrepl("-stdlib=libc++", "-c", "1")
    assert result.stdout == "(int) 1\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-o", "x"], "-o x names a file to write"),
        (["-ox"], "-ox names a file to write"),
        (["--compile"], "--compile only compiles"),
        (["-E"], "-E only preprocesses"),
        (["-S"], "-S asks for assembly: '%asm' shows it"),
        (["-emit-llvm"], "-emit-llvm asks for LLVM's IR: '%ir' shows it"),
        (["-fsyntax-only"], "-fsyntax-only runs nothing"),
        (["-M"], "-M only preprocesses"),
        (["-###"], "-### runs nothing"),
        (["-dumpversion"], "-dumpversion asks Clang something"),
        (["-print-search-dirs"], "-print-search-dirs asks Clang something"),
        (["-shared"], "-shared makes a file to link with"),
        (["-m32"], "-m32 is for another machine"),
        (["--target=aarch64-linux-gnu"], "--target=aarch64-linux-gnu is another machine"),
        (["-target", "x86_64-apple-darwin"], "-target x86_64-apple-darwin is another machine"),
        (["-x", "cuda"], "argument -x: 'cuda' is no language of forkrepl's: choose c or c++"),
        (["-cl-std=CL2.0"], "-cl-std=CL2.0 is for another language"),
        (["--coverage"], "--coverage counts what runs"),
        (["-Wl,--defsym=a=b"], "-Wl,--defsym=a=b: forkrepl's own linker has no --defsym=a=b"),
        (["-Wl,-rpath"], "argument -Wl,-rpath: expected one argument"),
        (["-isystem"], "argument -isystem: expected one argument"),
        (["--Xcc=-isystem"], "argument -isystem: expected one argument"),
        (["--Xcc=file.cpp"], "argument --Xcc: file.cpp is no option of Clang's"),
        (["--Xcc=-E"], "-E only preprocesses"),
        (["-stdlb=libc++"], "unrecognized arguments: -stdlb=libc++; did you mean -stdlib=?"),
        (["-fopenmp=libgomp"], "Clang makes code for libomp only"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    for line in (words, [*words, "-c", "1"]):
        with pytest.raises(SystemExit) as ended:
            parse(line)
        assert ended.value.code == 2
        assert message in capsys.readouterr().err
        if "expected one argument" in message:
            break  # or -c would be the value


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-static"], "-static has no effect: libraries are loaded, and not linked in"),
        (["-MD"], "-MD has no effect: forkrepl writes no such file"),
        (["-Wp,-MD,x.d"], "-Wp,-MD,x.d has no effect: forkrepl writes no such file"),
        (["-Wl,--nonsense"], "-Wl,--nonsense: forkrepl's own linker has no --nonsense"),
        (["-O9"], "-O9 is taken for -O3"),
    ],
)
def test_what_has_no_effect_is_told(words: list[str], message: str) -> None:
    assert parse(words).warnings == [message]


def test_warnings_go_to_standard_error(forkrepl: Run, tmp_path: Path) -> None:
    result = forkrepl("-static", "-v", "-s", "-DN=2", "-c", "N")
    assert result.stdout == "(int) 2\n"
    assert result.stderr.splitlines() == [
        "forkrepl: warning: -static has no effect: libraries are loaded, and not linked in",
        "forkrepl: Clang is told: -DN=2",
        "forkrepl: -s has no effect here",
    ]
    (tmp_path / "main.c").write_text("int main(void) { return 3; }\n")
    result = forkrepl("link", "-static", "main.c")
    assert (result.returncode, result.stdout) == (3, "")
    assert result.stderr.startswith("forkrepl link: warning: -static has no effect")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("-std=c++99", "invalid value 'c++99' in '-std=c++99'\nnote: use 'c++98'"),
        ("-fsanitize=nonsense", "unsupported argument 'nonsense' to option '-fsanitize='"),
        ("-stdlib=nonsense", "invalid library name in argument '-stdlib=nonsense'"),
        ("-include=nosuch.h", "of -include or -imacros: '=nosuch.h' file not found"),
    ],
)
def test_wrong_values_are_clangs_to_tell(forkrepl: Run, option: str, message: str) -> None:
    result = forkrepl(option, "-c", "1")
    assert (result.returncode, result.stdout) == (1, "")
    assert f"forkrepl: error: {message}" in result.stderr


def test_the_newest_standard_is_the_default(forkrepl: Run, open_shell: OpenShell) -> None:
    text = "#include <expected>\n#include <span>\nstd::expected<int, int>(3).value() + __cplusplus"
    assert forkrepl("-c", text).stdout == "(long) 202305\n"
    assert forkrepl("-x", "c", "-c", "__STDC_VERSION__").stdout == "(long) 201710\n"
    assert "type C++ (gnu++23), %help" in open_shell().greeting
    assert "type C (c99), %help" in open_shell("-x", "c", "-std=c99").greeting


def test_operands_that_are_no_text(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "geo.c").write_text("int geo(void) { return 7; }\n")
    (tmp_path / "main.cpp").write_text('extern "C" int geo();\ngeo() + 1\nargc\n')
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "geo.c", "-o", "libgeo.so"], cwd=tmp_path, check=True
    )
    # What is for a linker is loaded, and FILE comes after it.
    result = forkrepl("libgeo.so", "main.cpp", "x", "-q")
    assert (result.stdout, result.stderr) == ("(int) 8\n(int) 3\n", "")
    result = forkrepl("./libgeo.so", "-c", 'extern "C" int geo(); geo()')
    assert result.stdout == "(int) 7\n"
    result = forkrepl("/bin/true")
    assert "/bin/true is a program that has been linked: run it by itself" in result.stderr


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("kernel.cu", "kernel.cu is CUDA by its name, but forkrepl runs C and C++"),
        ("view.mm", "view.mm is Objective-C by its name"),
        ("old.f90", "old.f90 is Fortran by its name"),
        ("start.S", "start.S is assembly by its name"),
        ("code.ll", "code.ll is LLVM's IR: forkrepl link code.ll"),
    ],
)
def test_other_languages(forkrepl: Run, tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / name).write_text("1 + 1\n")
    result = forkrepl(name)
    assert (result.returncode, result.stdout) == (1, "")
    assert message in result.stderr
    if name.endswith(".cu"):
        assert forkrepl("-x", "c++", name).stdout == "(int) 2\n"
