"""The cases of a table in one session: what each shows, without a start for each.

After each case comes ``%reset``, which leaves nothing of it, and a command of the system's shell
that tells on both streams that it has ended. Places in the inputs, such as ``-:7:2``, count from
the first line of their case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.program import program_runner, user_environment

_TIMEOUT = 240.0  # s, for a whole table


@dataclass(frozen=True, slots=True)
class Shown:
    """What a case has shown. ``status``: of the whole session, 1 if an input of any case has
    failed."""

    stdout: str
    stderr: str
    status: int


class Together:
    """Runs each table once with the same options."""

    def __init__(self, folder: Path) -> None:
        self._run = program_runner(user_environment(folder), folder)
        self._known: dict[tuple[object, ...], dict[str, Shown | str]] = {}

    def __call__(self, table: Mapping[str, str], case: str, *options: str) -> Shown:
        """Of the case with this name, whose inputs are in the table. Fails if the session has
        ended in it or in an earlier one."""
        key = (options, *table.items())
        if key not in self._known:
            self._known[key] = self._shown(table, options)
        shown = self._known[key][case]
        assert isinstance(shown, Shown), shown
        return shown

    def _shown(self, table: Mapping[str, str], options: tuple[str, ...]) -> dict[str, Shown | str]:
        """Of the cases that came to their end; of the others, where the session was lost."""
        lines: list[str] = []
        before = []  # how many lines each has before it
        for number, text in enumerate(table.values()):
            end = _end(number)
            before.append(len(lines))
            lines += [*text.rstrip("\n").split("\n"), "%reset", f"!echo '{end}'; echo '{end}' >&2"]
        result = self._run("--no-cache", *options, input="\n".join([*lines, ""]), timeout=_TIMEOUT)
        found: dict[str, Shown | str] = {}
        stdout, stderr = result.stdout, result.stderr
        for number, name in enumerate(table):
            shown, ended, stdout = stdout.partition(f"{_end(number)}\n")
            told, ended_too, stderr = stderr.partition(f"{_end(number)}\n")
            if not (ended and ended_too):
                lost = f"the session was lost in {name!r}: {shown[-500:]}{told[-1000:]}"
                return dict.fromkeys(table, lost) | found
            found[name] = Shown(
                _from_line(before[number], shown),
                _from_line(before[number], told),
                result.returncode,
            )
        return found


def texts(table: Mapping[str, tuple[str, Any]]) -> dict[str, str]:
    """Of a table that says also what is expected."""
    return {case: text for case, (text, _) in table.items()}


def _from_line(before: int, text: str) -> str:
    return re.sub(r"(?<![\w-])-:(\d+)", lambda match: f"-:{int(match[1]) - before}", text)


def _end(number: int) -> str:
    return f"--- end of case {number} ---"
