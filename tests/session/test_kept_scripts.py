"""Lists of inputs that were compiled before: run again they do the same, without Clang."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.support.program import Completed, Run

VALUES = """#include <cstdio>
#include <string>
#include <vector>
int n = 3;
n + 1
std::vector<std::string>{"a", "b"}
_.size()
struct P { int x = 1; double y = 2; } p;
p
auto twice = [](int k) { return 2 * k; };
twice(n)
static int calls = 0;
int call() { return ++calls; }
call();
call()
printf("printed\\n");
std::string("text")
int late();
int early() { return late(); }
int late() { return 8; }
early()
if (n == 3) { puts("three"); }

"""


class Script:
    """A file, and the cache in which it may be."""

    def __init__(self, folder: Path, forkrepl: Run) -> None:
        self.file = folder / "script.cpp"
        self.cache = folder / "cache"
        self._forkrepl = forkrepl

    def write(self, text: str, name: str = "script.cpp") -> None:
        path = self.file.parent / name
        path.write_text(text)
        os.utime(path, (time.time() - 30,) * 2)

    def run(self, *options: str) -> Completed:
        return self._forkrepl(*options, str(self.file), XDG_CACHE_HOME=str(self.cache))

    @property
    def entries(self) -> list[Path]:
        folder = self.cache / "forkrepl" / "scripts"
        return sorted(folder.iterdir()) if folder.exists() else []

    def was_used(self) -> bool:
        """Whether running it uses an entry."""
        for path in self.entries:
            os.utime(path, (0, 0))
        self.run()
        return any(path.stat().st_mtime > 0 for path in self.entries)


@pytest.fixture
def script(tmp_path: Path, forkrepl: Run) -> Script:
    return Script(tmp_path, forkrepl)


@pytest.mark.parametrize("level", ["-O0", "-O2"])
def test_the_second_run_does_the_same(script: Script, level: str) -> None:
    script.write(VALUES)
    first = script.run(level)
    assert first.returncode == 0
    assert "(int) 8" in first.stdout
    assert len(script.entries) == 1
    for path in script.entries:
        os.utime(path, (0, 0))
    second = script.run(level)
    assert (second.stdout, second.stderr) == (first.stdout, first.stderr)
    assert [path.stat().st_mtime > 0 for path in script.entries] == [True]


def test_warnings_are_told_again(script: Script) -> None:
    script.write("int f(int n) { return n / 0; }\n2\n")
    first, second = script.run(), script.run()
    assert "division by zero" in first.stderr
    assert (first.stdout, first.stderr) == (second.stdout, second.stderr)
    assert script.was_used()


def test_an_edited_header_counts(script: Script) -> None:
    script.write("int n = 1;\n", "mine.h")
    script.write('#include "mine.h"\nn\n')
    assert script.run().stdout == "(int) 1\n"
    assert script.was_used()
    script.write("int n = 5555;\n", "mine.h")
    assert script.run().stdout == "(int) 5555\n"


def test_what_a_script_writes_and_includes_is_not_kept(script: Script) -> None:
    header = script.file.parent / "made.h"
    script.write(
        "#include <fstream>\n"
        f'{{ std::ofstream("{header}") << "int n = 4;\\n"; }}\n'
        f'#include "{header}"\nn\n'
    )
    assert script.run().stdout == "(int) 4\n"
    assert script.entries == []


NOT_KEPT = {
    "an error": "int n = 1;\nint m = nosuch;\n",
    "an exception": "int n = 1;\nthrow n;\n",
    "a crash": "int n = 1;\n*(volatile int *)0 = n;\n",
    "a command": "int n = 1;\n%vars\n",
    "the time of day": "const char *now = __TIME__;\n",
    "a printer": (
        "#include <string>\nstruct P {};\n"
        'std::string forkrepl_print(const P &) { return "mine"; }\nP{}\n'
    ),
}


@pytest.mark.parametrize("case", NOT_KEPT)
def test_what_cannot_be_kept(script: Script, case: str) -> None:
    script.write(NOT_KEPT[case])
    first, second = script.run(), script.run()
    assert (first.stdout, first.returncode) == (second.stdout, second.returncode)
    assert script.entries == []


def test_a_failure_of_a_kept_script(script: Script) -> None:
    """What it does may depend on what is outside of it."""
    script.write('#include <cstdlib>\nint n = 1;\nif (getenv("FAIL")) throw n;\nn\n')
    assert script.run().stdout == "(int) 1\n"
    assert script.was_used()
    failed = script._forkrepl(str(script.file), XDG_CACHE_HOME=str(script.cache), FAIL="1")
    assert (failed.stdout, failed.returncode) == ("", 1)
    assert failed.stderr == f"uncaught exception of type int: 1\n  at {script.file.name}:3:21\n"


def test_damage_and_other_flags(script: Script) -> None:
    script.write("int n = 1;\nn\n")
    script.run()
    script.run("-O1")
    assert len(script.entries) == 2
    for path in script.entries:
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert script.run().stdout == "(int) 1\n"
    script.run("--no-cache")
    assert script.was_used()
