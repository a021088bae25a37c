"""``forkrepl link``: objects and archives, linked into memory and run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.program import Run
from tests.support.runtime import make_archive, make_object

MAIN = """
#include <math.h>
#include <stdio.h>
int helper(int);
int main(int argc, char **argv) {
    printf("%d %s %d %g\\n", argc, argv[argc - 1], helper(4), floor(cos(0.5) * 100));
    return 3;
}
"""
HELPER = "int helper(int x) { return x * x; }"
UNUSED = "int missing(void); int unused(void) { return missing(); }"

MEMORIES = ("shared", "stream", "in-process")


@pytest.mark.parametrize("memory", MEMORIES)
@pytest.mark.parametrize("flags", [("-fPIC",), ("-O2", "-fPIE"), ("-O2", "-g", "-fPIC")])
def test_objects(forkrepl: Run, tmp_path: Path, memory: str, flags: tuple[str, ...]) -> None:
    main = make_object(tmp_path / "main.o", MAIN, *flags)
    helper = make_object(tmp_path / "helper.o", HELPER, *flags)
    result = forkrepl("link", f"--memory={memory}", main, helper, "-lm", "--", "a", "b")
    assert (result.stdout, result.stderr, result.returncode) == ("3 b 16 87\n", "", 3)


@pytest.mark.parametrize("thin", [False, True])
def test_only_needed_members_of_an_archive_are_taken(
    forkrepl: Run, tmp_path: Path, thin: bool
) -> None:
    main = make_object(tmp_path / "main.o", MAIN)
    members = [
        make_object(tmp_path / "a_member_with_a_rather_long_name.o", HELPER),
        make_object(tmp_path / "unused.o", UNUSED),
    ]
    make_archive(tmp_path / "libhelper.a", *members, thin=thin)
    result = forkrepl("link", main, "-L", tmp_path, "-lhelper", "-l", "m")
    assert (result.stderr, result.returncode) == ("", 3)
    whole = forkrepl("link", "--whole-archive", main, "-L", tmp_path, "-lhelper", "-lm")
    assert whole.returncode == 1
    assert "undefined symbol: missing" in whole.stderr


def test_an_archive_serves_what_is_undefined_when_its_turn_comes(
    forkrepl: Run, tmp_path: Path
) -> None:
    main = make_object(tmp_path / "main.o", MAIN)
    archive = make_archive(tmp_path / "libhelper.a", make_object(tmp_path / "helper.o", HELPER))
    result = forkrepl("link", archive, main, "-lm")
    assert result.returncode == 1
    assert "undefined symbol: helper" in result.stderr


def test_members_that_need_each_other(forkrepl: Run, tmp_path: Path) -> None:
    sources = {
        "one": "int two(void); int one(void) { return two(); }",
        "two": "int three(void); int two(void) { return three(); }",
        "three": "int three(void) { return 42; }",
    }
    members = [make_object(tmp_path / f"{name}.o", text) for name, text in sources.items()]
    archive = make_archive(tmp_path / "libchain.a", *members)
    main = make_object(tmp_path / "main.o", "int one(void); int main(void) { return one(); }")
    assert forkrepl("link", main, archive).returncode == 42


def test_constructors_destructors_and_exit(forkrepl: Run, tmp_path: Path) -> None:
    source = """
    #include <cstdio>
    #include <cstdlib>
    struct Noisy { ~Noisy() { std::puts("destroyed"); } } noisy;
    __attribute__((constructor(101))) void early() { std::puts("early"); }
    __attribute__((destructor)) void late() { std::puts("late"); }
    int main() { std::atexit([] { std::puts("handler"); }); std::exit(7); }
    """
    main = make_object(tmp_path / "main.o", source, language="c++")
    result = forkrepl("link", main)
    assert (result.stdout, result.returncode) == ("early\nhandler\ndestroyed\nlate\n", 7)


def test_another_entry(forkrepl: Run, tmp_path: Path) -> None:
    main = make_object(tmp_path / "main.o", "int start(void) { return 5; }")
    assert forkrepl("link", "--entry", "start", main).returncode == 5
    result = forkrepl("link", main)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("forkrepl: error: nothing defines main")


def test_a_fatal_signal_and_an_exception(forkrepl: Run, tmp_path: Path) -> None:
    crash = make_object(tmp_path / "crash.o", "int main(void) { __builtin_trap(); }")
    result = forkrepl("link", crash)
    assert (result.returncode, "SIGILL" in result.stderr) == (132, True)
    throws = make_object(tmp_path / "throws.o", "int main() { throw 1; }", language="c++")
    result = forkrepl("link", throws)
    assert (result.returncode, "SIGABRT" in result.stderr) == (134, True)  # as natively


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["nothing.o"], 1, "cannot read nothing.o"),
        (["text.o"], 1, "text.o: not an ELF object file: it is text"),
        (["damaged.a"], 1, "damaged.a"),
        (["-lno_such_library"], 1, "no library no_such_library"),
        ([], 2, "nothing to link"),
        (["--nonsense", "text.o"], 2, "--nonsense"),
        (["-l"], 2, "-l"),
    ],
)
def test_bad_input(
    forkrepl: Run, tmp_path: Path, arguments: list[str], status: int, message: str
) -> None:
    (tmp_path / "text.o").write_text("this is text\n")
    (tmp_path / "damaged.a").write_bytes(b"!<arch>\n/" + b"x" * 100)
    result = forkrepl("link", *arguments)
    assert (result.returncode, result.stdout) == (status, "")
    assert message in result.stderr
