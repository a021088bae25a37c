"""What has been typed in this session, and the screen."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from repl.commands.context import LogEntry, Shell
from repl.errors import ShellError
from repl.input.command_syntax import Arguments, WrongUsage
from repl.terminal.terminal import can_redraw

_RANGE = re.compile(r"(\d{1,9})?(-)?(\d{1,9})?")


def in_range(shell: Shell, text: str) -> list[LogEntry]:
    """The entries of ``3``, ``3-7``, ``3-`` or ``-7``. Raises WrongUsage."""
    match = _RANGE.fullmatch(text)
    if match is None or not (match[1] or match[3]):
        raise WrongUsage(f"takes a range of inputs such as 3 or 3-7, not '{text}'")
    first = int(match[1] or 1)
    last = int(match[3]) if match[3] else 10**9 if match[2] else first
    found = [entry for entry in shell.log if first <= entry.number <= last]
    if not found:
        raise ShellError(f"there is no input {text} (the last one is {shell.log[-1].number})")
    return found


def run_history(shell: Shell, arguments: Arguments) -> str:
    """``%history``."""
    wanted, options = arguments.text, arguments.options
    entries = in_range(shell, wanted) if wanted else shell.log[:-1]
    if shell.has_prompt and not options and wanted.isdecimal():
        shell.next_input = entries[-1].text
        return ""
    chosen = (entry for entry in entries if options.get("-g", "") in entry.text)
    return "\n".join(_listed(chosen, "-n" in options, "-t" in options))


def _listed(entries: Iterator[LogEntry], numbered: bool, timed: bool) -> Iterator[str]:
    for entry in entries:
        head = f"{entry.number:4}: " if numbered else ""
        head += f"{entry.seconds:8.3f} s  " if timed else ""
        for row, line in enumerate(entry.text.split("\n")):
            yield (" " * len(head) if row else head) + line


def run_clear(shell: Shell, arguments: Arguments) -> str:
    """``%clear``."""
    if can_redraw(sys.stdout):
        sys.stdout.write("\x1b[H\x1b[2J\x1b[3J")
        sys.stdout.flush()
    return ""
