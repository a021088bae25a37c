"""What commands take: how the lines of all of them are taken apart, and what Tab completes."""

from __future__ import annotations

import pytest

from repl.commands import COMMAND_LINES, COMMANDS
from repl.input.command_syntax import WrongUsage


@pytest.mark.parametrize(
    ("name", "text", "options", "operands"),
    [
        ("%restart", "", {}, []),
        ("%load", "my file.cpp", {}, ["my file.cpp"]),
        ("%load", "-n file.cpp", {}, ["-n file.cpp"]),
        ("%save", "-f a.cpp 3-7", {"-f": ""}, ["a.cpp", "3-7"]),
        ("%save", "a.cpp -3 -f", {"-f": ""}, ["a.cpp", "-3"]),
        ("%history", "-n -g two -t -7", {"-n": "", "-g": "two", "-t": ""}, ["-7"]),
        ("%history", "-g -n", {"-g": "-n"}, []),
        ("%vars", "a  b c", {}, ["a", "b", "c"]),
        ("%time", "-n 5", {}, ["-n 5"]),
        ("%timeit", "-n 10 -r3  f(1, 2)", {"-n": "10", "-r": "3"}, ["f(1, 2)"]),
        ("%timeit", "-r\t2 a\n -n 5", {"-r": "2"}, ["a\n -n 5"]),
        ("%timeit", "-x", {}, ["-x"]),
        ("%timeit", "-x - 5", {}, ["-x - 5"]),
        ("%timeit", "-number", {}, ["-number"]),
        ("%timeit", "-1", {}, ["-1"]),
        ("%timeit", "--n", {}, ["--n"]),
    ],
)
def test_arguments(name: str, text: str, options: dict[str, str], operands: list[str]) -> None:
    arguments = COMMANDS[name].parse(text)
    assert (arguments.options, arguments.operands) == (options, operands)
    if COMMANDS[name].takes_code:
        assert text[COMMANDS[name].code_offset(text) :] == operands[0]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("%restart", "now or never", "takes no argument, not 'now or never'"),
        ("%load", "", "needs the name of a file with inputs"),
        ("%save", "-f", "needs the name of a file"),
        ("%save", "-x a.cpp", "has no option '-x'"),
        ("%save", "-force a.cpp", "has no option '-force'"),
        ("%save", "a.cpp 3 4", "takes nothing after RANGE, not '4'"),
        ("%history", "3 -z", "has no option '-z'"),
        ("%history", "-g", "needs TERM after -g"),
        ("%timeit", "-n", "needs a number after -n"),
        ("%timeit", "-n x", "needs a number after -n"),
        ("%timeit", "-n " + "9" * 5000, "needs a number after -n"),
        ("%timeit", "-q 5 x", "has no option '-q'"),
        ("%timeit", "-n 5", "needs code"),
    ],
)
def test_wrong_arguments(name: str, text: str, message: str) -> None:
    with pytest.raises(WrongUsage) as raised:
        COMMANDS[name].parse(text)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("%load", "my fi", "file"),
        ("%save", "", "file"),
        ("%save", "-", "option"),
        ("%save", "-f a", "file"),
        ("%save", "a.cpp ", ""),
        ("%history", "-", "option"),
        ("%history", "-g -", ""),
        ("%vars", "a b ", "name"),
        ("%timeit", "-", "option"),
        ("%timeit", "-va", "code"),
        ("%timeit", "-n ", ""),
        ("%timeit", "-n 5 ", "code"),
        ("%timeit", "f(a, b", "code"),
        ("%restart", "", ""),
        (".I", "../in", "file"),
    ],
)
def test_what_is_completed(name: str, text: str, expected: str) -> None:
    command = COMMAND_LINES.find(name)
    assert command is not None
    assert command.completes_after(text) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("%time f();", "f();"),
        ("  %timeit -n 5 -r 2 f(", "f("),
        ("%timeit -n 5 -r", "-r"),  # it is still being typed
        ("%timeit", ""),
        ("%type\nint", "int"),
        ("%timer f(", None),
        ("%load f(", None),
        ("f(", None),
    ],
)
def test_where_code_begins(text: str, code: str | None) -> None:
    begin = COMMAND_LINES.code_offset(text)
    assert (None if begin is None else text[begin:]) == code
