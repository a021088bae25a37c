"""What notebooks ask about code: completion, help, whether it is complete.

They may ask while a cell runs: then Clang answers, but the program is not looked at.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

from repl.clang.code_questions import CodeQuestions
from repl.commands import COMMAND_LINES
from repl.commands.context import Shell
from repl.editor.call_site import find_call
from repl.editor.completion import InputCompleter
from repl.errors import ShellError
from repl.input.open_brackets import lines_outside_brackets
from repl.jupyter.help import describe_as_markdown, signatures_as_markdown
from repl.jupyter.magics import MAGICS
from runtime.errors import RuntimeFailure

_NAME_BEFORE = re.compile(r"(?:::)?~?(?:\w+::~?)*\w*\Z")
_NAME_AFTER = re.compile(r"\w*")
_MAGIC = re.compile(r"\s*%%(?P<name>[\w-]*)\Z")
_MOST_MATCHES = 2000


class Questions:
    """Answers as the protocol has them, about the session of a shell."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        compiler = shell.session.compiler
        self._source = CodeQuestions(compiler.scratch, compiler.input_ends)
        self._completer = InputCompleter(COMMAND_LINES, self._source, shell.library_folders)

    async def complete(self, code: str, cursor: int) -> dict[str, Any]:
        """A ``complete_reply``."""
        cursor = min(max(cursor, 0), len(code))
        reply: dict[str, Any] = {"status": "ok", "metadata": {}, "cursor_end": cursor}
        magic = _MAGIC.match(code[:cursor])
        if magic is not None:
            names = [name for name in MAGICS if name.startswith(magic["name"])]
            return {**reply, "matches": names, "cursor_start": cursor - len(magic["name"])}
        text, begin = _part_of(code, cursor)
        found = (await self._completer.choices(text, cursor - begin))[:_MOST_MATCHES]
        start = cursor - max((each.typed for each in found), default=0)
        unique = {code[start : cursor - each.typed] + each.text: each for each in found}
        types = [
            {
                "text": match,
                "start": start,
                "end": cursor,
                "type": _kind(each.about),
                "signature": each.about.partition(" ")[2],
            }
            for match, each in unique.items()
        ]
        metadata = {"_jupyter_types_experimental": types}
        return {**reply, "matches": list(unique), "cursor_start": start, "metadata": metadata}

    async def inspect(
        self, code: str, cursor: int, detail: int, is_at_rest: bool
    ) -> dict[str, Any]:
        """An ``inspect_reply``. ``is_at_rest``: no cell runs, so values can be looked at."""
        cursor = min(max(cursor, 0), len(code))
        text, begin = _part_of(code, cursor)
        offset = cursor - begin
        name = _name_at(text, offset)
        markdown = ""
        if name:
            describe = asyncio.to_thread(
                describe_as_markdown, self._shell, name, detail, is_at_rest=is_at_rest
            )
            try:
                markdown = await describe
            except (ShellError, RuntimeFailure):
                markdown = ""
        site = find_call(text, offset)
        if not markdown and site is not None:
            question = self._source.ask("signature", text[: site.argument], site.argument)
            answer = await asyncio.wrap_future(question)
            markdown = signatures_as_markdown(answer.signatures)
        data = {"text/markdown": markdown, "text/plain": markdown} if markdown else {}
        return {"status": "ok", "found": bool(markdown), "data": data, "metadata": {}}

    async def is_complete(self, code: str) -> dict[str, Any]:
        """An ``is_complete_reply``."""
        if not code.strip() or _MAGIC.match(code) or COMMAND_LINES.is_command(code):
            return {"status": "complete"}
        complete = await asyncio.to_thread(self._source.is_complete, code)
        if complete is None:
            return {"status": "unknown"}
        if not complete:
            last = code.rstrip("\n").rpartition("\n")[2]
            blanks = len(last) - len(last.lstrip())
            opens = last.rstrip().endswith(("{", "(", "[", ":"))
            return {"status": "incomplete", "indent": " " * (blanks + 4 * opens)}
        is_wrong = await asyncio.to_thread(self._source.is_wrong, code)
        return {"status": "invalid" if is_wrong else "complete"}


def _kind(meta: str) -> str:
    """As JupyterLab names it."""
    kind = meta.partition(" ")[0]
    return {"method": "function", "constructor": "function", "field": "property"}.get(kind, kind)


def _name_at(text: str, offset: int) -> str:
    """The name that the cursor is in or behind, or that is called just before it."""
    before = text[:offset]
    if before.endswith("(") and not _NAME_AFTER.match(text, offset).group():  # type: ignore[union-attr]
        before = before[:-1].rstrip()
        offset = len(before)
    begin = _NAME_BEFORE.search(before)
    after = _NAME_AFTER.match(text, offset)
    assert begin is not None
    assert after is not None
    name = begin.group() + after.group()
    is_number = name[:1].isdigit()
    return "" if is_number else name.removesuffix("::")


def _part_of(code: str, cursor: int) -> tuple[str, int]:
    """The part of a cell that the cursor is in, a command or code, and where it begins."""
    lines = code.split("\n")
    begin = start = 0
    row_before = 0
    for row, _ in lines_outside_brackets(code):
        start += sum(len(line) + 1 for line in lines[row_before:row])
        row_before = row
        if not row or not (COMMAND_LINES.is_command(lines[row]) or _is_line(code[begin:start])):
            continue
        if start > cursor:
            return code[begin : start - 1], begin
        begin = start
    return code[begin:], begin


def _is_line(text: str) -> bool:
    """Whether it is a command that ends with its line."""
    return COMMAND_LINES.is_command(text) and COMMAND_LINES.code_offset(text) is None
