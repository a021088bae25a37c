"""Lines with commands among lines of code, as they may be pasted into the prompt."""

from __future__ import annotations

from collections.abc import Iterator

from repl.clang.compiler import Compiler
from repl.commands import COMMAND_LINES
from repl.input.open_brackets import lines_outside_brackets
from repl.input.source import Source


def split_at_commands(source: Source, compiler: Compiler) -> Iterator[Source]:
    """The commands of an input and the code between them; itself if there are none.

    Each part is to be run before the next is asked for: it may decide how that is parsed.
    """
    lines = source.text.split("\n")
    begin = 0
    while begin < len(lines):
        end = _end_of_part(lines[begin:], compiler) + begin
        text = "\n".join(lines[begin:end])
        if text.strip():
            # One that is all there is stays as it was typed.
            yield (
                source
                if begin == 0 and end == len(lines)
                else Source(text, source.name, source.line + begin)
            )
        begin = end


def _end_of_part(lines: list[str], compiler: Compiler) -> int:
    """How many lines the first part has."""
    text = "\n".join(lines)
    code_begins = 0
    if COMMAND_LINES.is_command(lines[0]):
        code = COMMAND_LINES.code_offset(text)
        if code is None:
            return 1
        code_begins = code
    for row, line in lines_outside_brackets(" " * code_begins + text[code_begins:]):
        if row and COMMAND_LINES.is_command(line):
            before = "\n".join(lines[:row])[code_begins:]
            if not _goes_on(before, line, compiler):
                return row
    return len(lines)


def _goes_on(code: str, line: str, compiler: Compiler) -> bool:
    """Whether a line that looks like a command is the next one of an expression."""
    rest = compiler.input_ends(code.encode("utf-8", "surrogateescape")).rest
    if rest in ("value", "open"):
        return not COMMAND_LINES.is_known(line)
    return rest == "incomplete"
