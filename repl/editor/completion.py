"""What Tab completes: code, commands and their arguments, names of files and libraries."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from repl.editor.code_answers import CompletionItem
from repl.editor.code_source import CodeSource
from repl.editor.signature import without_noise
from repl.input.command_lines import CommandLines
from repl.input.command_syntax import CommandSyntax

_IDENTIFIER = re.compile(r"[^\W\d]\w*\Z")
_INCLUDE = re.compile(r"\s*#\s*(?:include|include_next|import|embed)\b.*?(?P<name>[^/<\"\s]*)\Z")
_NOT_ASKED = re.compile(
    r"(?:~|\b\d[\w.']*)\Z"
)  # destructors, and in a number Clang knows all names
_BEGINS_COMMAND = re.compile(r"[ \t]*(?:%|\.[A-Za-z]*)")
_LAST_WORD = re.compile(r"\S*\Z")

_LIBRARY = re.compile(r"lib(?P<name>.+?)\.(?:a|so(?:\.[\d.]+)?)\Z")
_MOST_FILES = 500


class Choice(NamedTuple):
    """What may stand at the cursor, for those who have another editor: ``text`` in the place of
    the last ``typed`` characters before it; ``about``: its kind and more."""

    text: str
    typed: int
    about: str


class InputCompleter(Completer):
    """``commands``: what is one, and what may stand in it. ``library_folders``: where the
    libraries are, when it is asked."""

    def __init__(
        self,
        commands: CommandLines,
        source: CodeSource | None,
        library_folders: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self._library_folders = library_folders
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

    async def choices(self, text: str, cursor: int) -> list[Choice]:
        """The same, without prompt_toolkit's words."""
        found = await self._complete(Document(text, cursor))
        return [Choice(e.text, -e.start_position, e.display_meta_text) for e in found]

    async def _complete(self, document: Document) -> list[Completion]:
        before = document.text_before_cursor
        if "\n" not in before and self._commands.is_command(before):
            return await self._complete_command(document, before)
        if _BEGINS_COMMAND.fullmatch(before):
            return self._command_names(before.lstrip(), before.lstrip()[0])
        return await self._complete_code(document.text, document.cursor_position)

    async def _complete_command(self, document: Document, before: str) -> list[Completion]:
        name, begin = self._commands.name_end(before)
        given = before[begin:]
        if name == "?":
            names = self._command_names(given, "%") + self._command_names(given, "")
            text = document.text.replace("?", " ", 1)
            return names + await self._complete_code(text, document.cursor_position)
        if name not in ("", "!") and not before[begin - 1].isspace():
            return self._command_names(name, name[:1])
        command = self._commands.find(name)
        if command is None:  # or `v?`
            return []
        word = _last_word(given)
        match command.completes_after(given):
            case "option":
                return _options(command, word)
            case "command":
                return self._command_names(given, "%" if given.startswith("%") else "")
            case "file":
                return await asyncio.to_thread(_files, word)
            case "library":
                return await asyncio.to_thread(_libraries, word, self._library_folders())
            case "variable":
                return _variables(word)
            case "code" | "name":
                begin += command.code_offset(given)  # blanks before it are no code
                text = " " * begin + document.text[begin:]
                return await self._complete_code(text, document.cursor_position)
            case "":
                return []

    def _command_names(self, typed: str, sign: str) -> list[Completion]:
        """``sign``: what the names begin with; "" leaves the `%` away."""
        names = {
            name if sign else name[1:]: each.summary
            for each in self._commands.table
            for name in (each.name, *each.aliases)
            if name.startswith(sign or "%")
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
    found = []
    try:
        root = os.path.expanduser(folder + "/") if "/" in typed else "."
        with os.scandir(root) as entries:
            for entry in islice(entries, _MOST_FILES * 10):
                is_wanted = entry.name.startswith(begin)
                if is_wanted and (begin.startswith(".") or not entry.name.startswith(".")):
                    found.append(entry.name + ("/" if entry.is_dir() else ""))
    except (OSError, ValueError):  # ValueError: a NUL has been typed, or what no file has
        return []
    return [Completion(name, -len(begin)) for name in sorted(found)[:_MOST_FILES]]


def _options(command: CommandSyntax, typed: str) -> list[Completion]:
    """Of a command, with what each does."""
    return [
        Completion(each.name, -len(typed), display_meta=each.means)
        for each in command.options
        if each.name.startswith(typed)
    ]


def _variables(typed: str) -> list[Completion]:
    """Completions of the environment's variables."""
    return [Completion(name, -len(typed)) for name in sorted(os.environ) if name.startswith(typed)]


def _libraries(typed: str, folders: Sequence[str]) -> list[Completion]:
    """Names as `%lib` and `-l` take them."""
    if "/" in typed:
        return _files(typed)
    names = set()
    for folder in folders:
        try:
            entries = os.listdir(folder)
        except OSError:
            continue
        matches = (_LIBRARY.match(entry) for entry in entries)
        names |= {match["name"] for match in matches if match}
    wanted = sorted(name for name in names if name.startswith(typed))
    return [Completion(name, -len(typed), display_meta="library") for name in wanted[:_MOST_FILES]]
