"""A text of many lines as inputs, one after another: the same for scripts and ``%load``."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

from repl.input.command_lines import CommandLines
from repl.input.completeness import InputSplitter
from repl.input.source import Source


def lines_of(text: str) -> Iterator[str]:
    """The lines, each with its newline: ``str.splitlines`` knows too many ends."""
    return iter(io.StringIO(text, newline="\n"))


def split_inputs(lines: Iterable[str], name: str, commands: CommandLines) -> Iterator[Source]:
    """Each input as soon as it is known to be complete; diagnostics name ``name``."""
    splitter = InputSplitter(commands)
    for number, line in enumerate(lines):
        if number == 0:
            line = line.removeprefix("\ufeff")  # a byte order mark
            if line.startswith("#!"):
                line = "\n"  # for the kernel, not for Clang
        for script_input in splitter.feed(line):
            yield Source(script_input.text, name, script_input.line)
    for script_input in splitter.finish():
        yield Source(script_input.text, name, script_input.line)


def with_upcoming(
    sources: Iterator[Source], commands: CommandLines
) -> Iterator[tuple[Source, Source | None]]:
    """Each input with the next, where that may be compiled ahead: what it means must
    not depend on what the first one does when it runs, such as writing a header."""
    current = next(sources, None)
    while current is not None:
        following = next(sources, None)
        ahead = following is not None and not (
            commands.is_command(following.text)
            or commands.is_command(current.text)
            or "#" in following.text
        )
        yield current, following if ahead else None
        current = following
