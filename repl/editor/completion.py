"""What Tab completes: code, commands and their arguments, names of files and libraries."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncGenerator, Iterable, Mapping
from itertools import islice

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from repl.editor.code_answers import CompletionItem
from repl.editor.code_source import CodeSource
from repl.editor.command_hint import CommandHint
from repl.editor.signature import without_noise
from repl.input.command_lines import is_command

_IDENTIFIER = re.compile(r"[^\W\d]\w*\Z")
_INCLUDE = re.compile(r"\s*#\s*(?:include|include_next|import|embed)\b.*?(?P<name>[^/<\"\s]*)\Z")
_NOT_ASKED = re.compile(
    r"(?:~|\b\d[\w.']*)\Z"
)  # destructors, and in a number Clang knows all names
_LAST_WORD = re.compile(r"\S*\Z")

_LIBRARY_FOLDERS = (
    "/usr/local/lib",
    "/usr/lib/x86_64-linux-gnu",
    "/lib/x86_64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
)
_LIBRARY = re.compile(r"lib(?P<name>.+?)\.so(?:\.[\d.]+)?\Z")
_MOST_FILES = 500


class InputCompleter(Completer):
    """``commands``: by their names, with the leading `%`."""

    def __init__(self, commands: Mapping[str, CommandHint], source: CodeSource | None) -> None:
        self._commands = commands
        self._source = source

    def get_completions(self, document: Document, event: CompleteEvent) -> Iterable[Completion]:
        """None: Clang has to be waited for, see ``get_completions_async``."""
        return ()

    async def get_completions_async(
        self, document: Document, event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        """What may stand at the cursor, best first."""
        for completion in await self._complete(document):
            yield completion

    async def _complete(self, document: Document) -> list[Completion]:
        before = document.text_before_cursor
        if "\n" not in before and is_command(before):
            return await self._complete_command(document, before)
        if before.lstrip() == "%":
            return self._command_names("%", "%")
        return await self._complete_code(document.text, document.cursor_position)

    async def _complete_command(self, document: Document, before: str) -> list[Completion]:
        typed = before.lstrip()
        name, blank, arguments = typed.partition(" ")
        word = _last_word(typed)
        if typed.startswith("!"):
            return await asyncio.to_thread(_files, word.lstrip("!"))
        if typed.startswith("?"):
            names = self._command_names(typed[1:], "%") + self._command_names(typed[1:], "")
            text = document.text.replace("?", " ", 1)
            return names + await self._complete_code(text, document.cursor_position)
        if not blank:
            return self._command_names(name, name[:1])
        hint = self._commands.get(name, CommandHint())
        match hint.argument:
            case "command":
                return self._command_names(arguments, "%" if arguments.startswith("%") else "")
            case "file" | "folder" | "shell":
                return await asyncio.to_thread(_files, word)
            case "library":
                return await asyncio.to_thread(_libraries, word)
            case "variable":
                return _variables(word)
            case "code" | "name":
                command = len(before) - len(arguments)  # blanks in its place are no code
                text = " " * command + document.text[command:]
                return await self._complete_code(text, document.cursor_position)
            case _:
                return []

    def _command_names(self, typed: str, sign: str) -> list[Completion]:
        """``sign``: what the names begin with; "" leaves the `%` away."""
        names = {
            name if sign else name[1:]: hint.summary
            for name, hint in self._commands.items()
            if name.startswith(("%", sign or "%"))
        }
        return [
            Completion(name, -len(typed), display_meta=summary)
            for name, summary in sorted(names.items())
            if name.startswith(typed)
        ]

    async def _complete_code(self, text: str, offset: int) -> list[Completion]:
        line = text[text.rfind("\n", 0, offset) + 1 : offset]
        if self._source is None or not line.strip() or _NOT_ASKED.search(line):
            return []
        include = _INCLUDE.match(line)
        word = include["name"] if include else _identifier(line)
        answer = await asyncio.wrap_future(self._source.ask("complete", text, offset))
        return [_completion(each, word) for each in answer.items if each.name.startswith(word)]


def _identifier(line: str) -> str:
    match = _IDENTIFIER.search(line)
    return match.group() if match else ""


def _last_word(text: str) -> str:
    match = _LAST_WORD.search(text)
    return match.group() if match else ""


def _completion(item: CompletionItem, word: str) -> Completion:
    declared = f"{item.type} {item.signature}"
    if item.signature and item.kind in ("function", "method", "constructor"):
        declared = f"{item.type} {item.name}{item.signature}"
    meta = f"{item.kind} {without_noise(declared).strip()}".strip()
    if item.overloads > 1:
        meta += f" (+{item.overloads - 1})"
    if item.doc:
        meta += f"  {item.doc}"
    return Completion(item.insert, -len(word), display=item.name, display_meta=meta)


def _files(typed: str) -> list[Completion]:
    """Names of files that begin as typed; folders end with a slash."""
    folder, _, begin = typed.rpartition("/")
    root = os.path.expanduser(folder + "/") if "/" in typed else "."
    found = []
    try:
        with os.scandir(root) as entries:
            for entry in islice(entries, _MOST_FILES * 10):
                is_wanted = entry.name.startswith(begin)
                if is_wanted and (begin.startswith(".") or not entry.name.startswith(".")):
                    found.append(entry.name + ("/" if entry.is_dir() else ""))
    except (OSError, ValueError):  # ValueError: a NUL has been typed
        return []
    return [Completion(name, -len(begin)) for name in sorted(found)[:_MOST_FILES]]


def _variables(typed: str) -> list[Completion]:
    """Completions of the environment's variables."""
    return [Completion(name, -len(typed)) for name in sorted(os.environ) if name.startswith(typed)]


def _libraries(typed: str) -> list[Completion]:
    """Names as `%lib` and `-l` take them."""
    if "/" in typed:
        return _files(typed)
    names = set()
    for folder in _LIBRARY_FOLDERS:
        try:
            entries = os.listdir(folder)
        except OSError:
            continue
        matches = (_LIBRARY.match(entry) for entry in entries)
        names |= {match["name"] for match in matches if match}
    wanted = sorted(name for name in names if name.startswith(typed))
    return [Completion(name, -len(typed), display_meta="library") for name in wanted[:_MOST_FILES]]
