"""Arguments that no command can mean anything by."""

from __future__ import annotations

from repl.commands.catalogue import BY_ALIAS, COMMANDS
from tests.support.program import TIMEOUT, Run

ODD = [
    b"a\0b",
    b"~\0",
    b"./\0",
    b"~\xff\xfe",
    b"\xff" * 300,
    b"\xed\xa0\x80",
    b"9" * 5000,
    b"kept " + b"9" * 5000,
    b"a::" * 1000 + b"b",
    b"-O" + b"9" * 5000,
    b"%s%n",
    b"--",
    b"\x1b[31m",
]


NOT_TRIED = ("!", "%quit", "%undo", "%rewind", "%reset", "%timeit", "%run")
"""They end or take back what the test needs, or take their time; ``!--`` is C++."""


def test_are_errors_of_one_command(forkrepl: Run) -> None:
    """None is met by an exception that nobody has thought of (``forkrepl`` sees to that)."""
    lines = [b"int kept = 5;", b"!a\0b"]
    for name in [*COMMANDS, *BY_ALIAS]:
        command = COMMANDS.get(name) or BY_ALIAS[name]
        if command.operands and command.name not in NOT_TRIED:
            blank = b"" if name == "?" else b" "
            lines += [name.encode() + blank + odd for odd in ODD]
    done = forkrepl(input=b"\n".join([*lines, b"kept * 111", b""]), timeout=10 * TIMEOUT)
    assert done.stdout.splitlines()[-1] == "(int) 555"
