"""``%run``, ``%edit``, ``!`` and cling's ``.L`` and ``.x`` (``%load``: see test_load_command)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.support.program import OpenShell, Run, Shell, piped


def test_run(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "program.cpp").write_text(
        "#include <cstdio>\nint n = 5;\n"
        'int main(int argc, char **argv) { printf("%s %d\\n", argv[1], LEVEL); return argc; }\n'
    )
    result = forkrepl(
        "-DLEVEL=7",
        input="int n = 1;\n%run program.cpp 'two words' 2\nn\n%run\n%run nowhere.cpp\n"
        "%run 'open\n%undo\n%undo\n",
    )
    assert result.stdout == "two words 7\nexit status 3\n(int) 1\n"
    assert "%run needs the name of a file; usage: %run FILE [ARGS]" in result.stderr
    assert "cannot read nowhere.cpp" in result.stderr
    assert "%run cannot make words of that: no closing quotation" in result.stderr


def test_shell_commands(forkrepl: Run) -> None:
    output, errors = piped(
        forkrepl,
        *("bool b = true;", "!(b)", "!echo out; echo err >&2", "!exit 3", "!kill -9 $$"),
        *("!nosuchcommand7", "!read line; echo got $line", "b"),
    )
    assert output.splitlines() == [
        *("(bool) false", "out", "exit status 3", "ended by SIGKILL (Killed)"),
        *("exit status 127", "got", "(bool) true"),  # our standard input is not theirs
    ]
    assert "err\n" in errors
    without = forkrepl(input="!echo x\nint n = 2;\nn\n", SHELL="/nonexistent/shell")
    assert without.stderr == "cannot start /nonexistent/shell: No such file or directory\n"
    assert without.stdout == "(int) 2\n"


def test_interrupting_a_shell_command(shell: Shell, tmp_path: Path) -> None:
    # One program, not a list of commands: between two of them sh loses an interrupt.
    program = tmp_path / "wait.py"
    program.write_text(
        "import signal, time\n"
        "signal.signal(signal.SIGINT, signal.SIG_DFL)\n"
        "print('begun', flush=True)\n"
        "time.sleep(100)\n"
    )
    shell.run("int n = 1;")
    shell.type(f"!{sys.executable} {program}")
    shell.child.expect_exact("begun\r\n")
    shell.child.sendintr()
    assert "SIGINT" in shell.wait_for_next_prompt()
    assert shell.run("n") == "(int) 1\n"
    assert shell.leave() == 0


def test_cling(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "macro.cpp").write_text("int macro(int a = 4) { return a; }\nint other = 8;\n")
    (tmp_path / "plain.cpp").write_text("int plain_one = 6;\n")
    output, errors = piped(
        forkrepl,
        *(".L macro.cpp", "other", ".undo 2", ".x macro.cpp", ".x macro.cpp(9)"),
        *(".x plain.cpp", "plain_one", ".L libz.so.1", ".x", ".L", ".x nowhere.cpp", ".q", "other"),
    )
    assert output.splitlines() == ["(int) 8", "(int) 4", "(int) 9", "(int) 6"]
    assert ".x needs a file; usage: .x FILE[(ARGS)]" in errors
    assert "cannot read nowhere.cpp" in errors


def editor(folder: Path, script: str) -> str:
    path = folder / "editor"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    return os.fspath(path)


def test_edit(open_shell: OpenShell, tmp_path: Path) -> None:
    program = editor(tmp_path, 'cat "$1" >> seen; sed -i \'s/one/two/; s/1/2/\' "$1"')
    shell = open_shell("--quiet", EDITOR=program)
    shell.run("int one = 1;")
    assert shell.run("%edit") == ""
    assert shell.run("two") == "(int) 2\n"
    assert shell.run("%edit 1") == ""
    shell.run("int f() { return 1; }")
    assert shell.run("%edit f") == ""
    assert shell.run("f()") == "(int) 2\n"
    (tmp_path / "file.cpp").write_text("int of_file = 1;\n")
    assert shell.run("%edit file.cpp") == ""
    assert shell.run("of_file") == "(int) 2\n"
    assert (tmp_path / "file.cpp").read_text() == "int of_file = 2;\n"  # itself
    assert shell.run("%edit") == "(int) 2\n"  # the last input
    assert (tmp_path / "seen").read_text() == (
        "int one = 1;\nint one = 1;\nint f() { return 1; }\nint of_file = 1;\nof_file\n"
    )
    assert "no input declares nothing" in shell.run("%edit nothing")
    assert "there is no input 99" in shell.run("%edit 99")
    assert list((tmp_path / "tmp").glob("forkrepl-*")) == []
    assert shell.leave() == 0


def test_editors_that_fail(forkrepl: Run, tmp_path: Path) -> None:
    program = editor(tmp_path, "exit 4")
    result = forkrepl(input="int n = 1;\n%edit\nn\n", EDITOR=program)
    assert f"%edit: nothing is run: {program} ended with exit status 4" in result.stderr
    assert result.stdout == "(int) 1\n"
    result = forkrepl(input="%edit\n", VISUAL="/nonexistent/editor")
    assert result.stderr == "cannot start /nonexistent/editor: No such file or directory\n"
    program = editor(tmp_path, ': > "$1"; echo "int k = ;" > "$1"')
    result = forkrepl(input="%edit\n", EDITOR=program)
    assert "%edit:1:9: error: expected expression" in result.stderr
    assert "%edit stopped at %edit:1" in result.stderr
