"""Help, what is a command and what is not, and the history."""

from __future__ import annotations

import re

import pytest

from repl.commands import COMMAND_LINES, COMMANDS
from tests.support.program import OpenShell, Run, Shell, piped


def test_every_command_has_help(forkrepl: Run) -> None:
    lines = [f"%help {name}" for name in COMMANDS] + ["%help", ".?", ".? time", "%help nothing"]
    output, errors = piped(forkrepl, *lines)
    for command in COMMANDS.values():
        assert callable(command.implementation())
        help_text = f"{command.usage}\n    {command.summary}\n"
        assert " ".join(help_text.split()) in " ".join(output.split())  # it may go on in a line
        assert re.search(rf"^  {re.escape(command.usage)}", output, re.MULTILINE)
    assert errors == "no help for nothing: there is no such command (%help lists the commands)\n"
    assert {"%help", "%undo", "%lib", "%quit"} <= set(COMMANDS)  # as clang-repl has them


def test_the_list_fits_the_terminal(open_shell: OpenShell) -> None:
    shell = open_shell("--quiet", COLUMNS="80")
    assert max(map(len, shell.run("%help").splitlines())) <= 80
    assert shell.leave() == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%undo", True),
        ("  %undo", True),
        ("%:define X", False),
        ("?name", True),
        ("!ls", True),
        ("!./a", True),
        ("!(x)", False),
        ("! x", False),
        ("!", False),
        (".q", True),
        (".x file", True),
        (".xy", False),
        (".5 + 1", False),
        (".undo 2", True),
        (".undone", False),
        (".size()", False),
        ("int x;", False),
    ],
)
def test_what_is_a_command(text: str, expected: bool) -> None:
    assert COMMAND_LINES.is_command(text) is expected


def test_unknown_commands_and_wrong_arguments(forkrepl: Run) -> None:
    output, errors = piped(
        forkrepl,
        *("%memroy", "%qqqqq", "%undo x", "%undo 0", "%rewind 1 2", "%restart 1", "%reset 1"),
        *("%quit now", "%clear 1", "%clear", "%load", "%who 1", "%history -z", "%history 99", "3"),
        *("%history x", "%history -g", "%history 1 2"),
    )
    assert output == "(int) 3\n"
    for message in (
        "unknown command %memroy; did you mean %memory? (%help lists the commands)",
        "unknown command %qqqqq (%help lists the commands)",
        "%undo takes a number of inputs, not 'x'; usage: %undo [N]",
        "%undo takes a number of inputs, not '0'; usage: %undo [N]",
        "%rewind takes a number of inputs, not '1 2'; usage: %rewind [N]",
        "%restart takes no argument, not '1'; usage: %restart",
        "%reset takes no argument, not '1'; usage: %reset",
        "%quit takes no argument, not 'now'; usage: %quit",
        "%clear takes no argument, not '1'; usage: %clear",
        "%load needs the name of a file with inputs; usage: %load FILE",
        "%who takes no argument, not '1'; usage: %who",
        "%history has no option '-z'; usage: %history [-n] [-t] [-g TERM] [RANGE]",
        "there is no input 99",
        "%history takes a range of inputs such as 3 or 3-7, not 'x'",
        "%history needs TERM after -g; usage: %history [-n] [-t] [-g TERM] [RANGE]",
        "%history takes nothing after RANGE, not '2'",
    ):
        assert message in errors.splitlines() or any(
            line.startswith(message) for line in errors.splitlines()
        ), message


def test_a_wrong_command_is_a_scripts_failure(forkrepl: Run) -> None:
    result = forkrepl("-c", "%undo x\nint after = 1;\nafter\n")
    assert (result.returncode, result.stdout) == (1, "")


def test_history(shell: Shell) -> None:
    shell.run("int one = 1;")
    shell.run_lines("int two() {", "return 2; }")
    shell.run("missing")
    assert shell.run("%history") == "int one = 1;\nint two() {\n    return 2; }\nmissing\n"
    numbered = "   1: int one = 1;\n   2: int two() {\n          return 2; }\n"
    assert shell.run("%history -n 1-2") == numbered
    assert shell.run("%history -n -2") == numbered
    assert shell.run("%history -n -g miss") == "   3: missing\n"
    assert re.fullmatch(r" +\d+\.\d{3} s  missing\n", shell.run("%history -t 3"))
    assert shell.run("%hist 5-6") == "%history -n 1-2\n%history -n -2\n"
    assert shell.leave() == 0


def test_an_input_comes_again_to_be_edited(shell: Shell) -> None:
    shell.run("int one = 41;")
    shell.run("one")
    shell.run("%history 2")
    assert shell.run(" + 1") == "(int) 42\n"  # such a terminal does not show what is there
    assert shell.leave() == 0


def test_history_of_a_script(forkrepl: Run) -> None:
    output, _ = piped(
        forkrepl, "int a = 1;", "int f() {\nreturn a;\n}", "f()", "%history 2", "%history -n"
    )
    assert output == (
        "(int) 1\nint f() {\nreturn a;\n}\n"
        "   1: int a = 1;\n   2: int f() {\n      return a;\n      }\n"
        "   3: f()\n   4: %history 2\n"
    )
