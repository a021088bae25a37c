"""The prelude: inputs that are run before the first prompt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pexpect

from tests.support.configuration import configure
from tests.support.program import PROGRAM, TIMEOUT, OpenShell, Run

PRELUDE = """\
#include <cstdio>
int twice(int x) { return 2 * x; }
int wrong = missing;
throw 42;
int counter = 1;
*(volatile int *)0 = 1;
std::puts("hello");
"""


def test_of_a_session(open_shell: OpenShell, tmp_path: Path) -> None:
    path = configure(tmp_path, PRELUDE, "prelude.cpp")
    configure(tmp_path, "#error C only\n", "prelude.c")
    shell = open_shell("-q", XDG_CONFIG_HOME=str(tmp_path))
    greeting = shell.greeting
    assert f"{path}:3:13: error: use of undeclared identifier 'missing'" in greeting
    assert "uncaught exception of type int" in greeting
    assert f"{path}:4 is not in force; the rest of the file is" in greeting
    assert (
        "SIGSEGV: write to address 0x0 (null pointer)\r\n  at forkrepl/prelude.cpp:6:" in greeting
    )
    assert greeting.endswith("hello\r\n")
    assert greeting.count("error:") == 1

    assert shell.run("twice(++counter)") == "(int) 4\n"
    assert "there are 1" in shell.run("%undo 2")
    assert shell.run("%undo") == ""
    assert "nothing to undo" in shell.run("%undo")
    assert shell.run("int mine = 1;") == ""
    assert shell.run("%rewind") == ""
    assert "only of 1 ago" in shell.run("%rewind 2")
    assert shell.run("%rewind") == ""
    assert "there is nothing to go back to" in shell.run("%rewind")
    assert "SIGSEGV" in shell.run("*(volatile int *)0 = 1;")
    assert shell.run("twice(++counter)") == "(int) 4\n"

    assert shell.run("%restart") == ""
    assert shell.run("counter") == "(int) 1\n"
    assert shell.run("%reset").endswith("hello\n")
    assert "undeclared identifier 'mine'" in shell.run("mine")
    assert shell.run("twice(++counter)") == "(int) 4\n"
    assert shell.leave() == 0


def test_of_a_c_session(open_shell: OpenShell, tmp_path: Path) -> None:
    configure(tmp_path, "int size = sizeof('a');\n", "prelude.c")
    configure(tmp_path, "#error C++ only\n", "prelude.cpp")
    shell = open_shell("-q", "-xc", XDG_CONFIG_HOME=str(tmp_path))
    assert shell.run("size") == "(int) 4\n"
    assert shell.leave() == 0


def test_that_is_not_wanted_or_another_one(open_shell: OpenShell, tmp_path: Path) -> None:
    configure(tmp_path, "int n = 1;\n", "prelude.cpp")
    (tmp_path / "other.cpp").write_text("int m = 41;\n%nonsense\n%lib m\nint k = m + 1;\n")
    shell = open_shell("-q", "--startup-file=no", XDG_CONFIG_HOME=str(tmp_path))
    assert "undeclared identifier 'n'" in shell.run("n")
    shell = open_shell(
        "-q", "-i", "--startup-file=other.cpp", "-c", "int l = k;", XDG_CONFIG_HOME=str(tmp_path)
    )
    assert "unknown command %nonsense" in shell.greeting
    assert shell.run("l") == "(int) 42\n"
    assert "undeclared identifier 'n'" in shell.run("n")


def test_that_ends_the_program_or_never_ends(environment: dict[str, str], tmp_path: Path) -> None:
    path = configure(tmp_path, "#include <stdlib.h>\nint n = 1;\nexit(7);\n", "prelude.cpp")
    environment["XDG_CONFIG_HOME"] = str(tmp_path)
    ended: Any = pexpect.spawn(
        str(PROGRAM), ["-q"], env=environment, encoding="utf-8", timeout=TIMEOUT
    )
    ended.expect(pexpect.EOF)
    ended.close()
    assert ended.exitstatus == 7

    loop = '#include <stdio.h>\nint n = 1;\n{ puts("go"); while (true) { } }\nint m;\n'
    configure(tmp_path, loop, "prelude.cpp")
    endless: Any = pexpect.spawn(
        str(PROGRAM), ["-q"], env=environment, encoding="utf-8", timeout=TIMEOUT
    )
    endless.expect_exact("go\r\n")
    endless.sendintr()
    endless.expect_exact("In[1]: ")
    assert "interrupted (SIGINT)" in endless.before
    assert f"{path}:3 is not in force; neither is the rest of the file" in endless.before
    endless.send("n\r")
    endless.expect_exact("(int) 1\r\n")
    endless.send("m\r")
    endless.expect_exact("undeclared identifier 'm'")
    endless.close(force=True)


def test_of_a_script(forkrepl: Run, tmp_path: Path) -> None:
    configure(tmp_path, "#error not for scripts\n", "prelude.cpp")
    (tmp_path / "mine.cpp").write_text("int n = 42;\n")
    (tmp_path / "wrong.cpp").write_text("int n = missing;\nint m = 1;\n")
    (tmp_path / "exit.cpp").write_text("#include <stdlib.h>\nexit(7);\n")
    (tmp_path / "quit.cpp").write_text("%quit\n")
    (tmp_path / "binary.cpp").write_bytes(b"int n;\0")
    home = str(tmp_path)
    result = forkrepl("-c", "1", XDG_CONFIG_HOME=home)
    assert (result.stdout, result.stderr, result.returncode) == ("(int) 1\n", "", 0)
    assert forkrepl(input="1\n", XDG_CONFIG_HOME=home).stderr == ""
    result = forkrepl("--startup-file=mine.cpp", "-c", "n", XDG_CONFIG_HOME=home)
    assert (result.stdout, result.stderr, result.returncode) == ("(int) 42\n", "", 0)
    assert forkrepl("--startup-file=mine.cpp", input="n\n").stdout == "(int) 42\n"
    for name, status in ("exit.cpp", 7), ("quit.cpp", 0):
        result = forkrepl(f"--startup-file={name}", "-c", "1")
        assert (result.stdout, result.stderr, result.returncode) == ("", "", status)
    for name, message in (
        ("wrong.cpp", "wrong.cpp:1:9: error: use of undeclared identifier 'missing'"),
        ("binary.cpp", "binary.cpp is not run: it is a binary file"),
        ("nowhere.cpp", "cannot read nowhere.cpp: No such file or directory"),
    ):
        result = forkrepl(f"--startup-file={name}", "-c", "1")
        assert (result.stdout, result.returncode) == ("", 1)
        assert message in result.stderr
