"""The interactive prompt: multi-line editing, history, highlighting and paste clean-up.

The only module that knows prompt_toolkit; it takes about 50 ms to import, so others import it
when they are about to prompt.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.application import create_app_session, get_app
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import Condition, emacs_insert_mode, has_focus, vi_insert_mode
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout.processors import HighlightMatchingBracketProcessor
from prompt_toolkit.lexers import PygmentsLexer
from prompt_toolkit.output import ColorDepth, Output
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.styles import Style
from prompt_toolkit.utils import is_dumb_terminal
from pygments.lexers.c_cpp import CppLexer

from repl.completeness import is_complete, open_braces

_INDENT = 4

# Names of the terminal's own colours only, which its user has made readable on light or dark.
_STYLE = Style.from_dict(
    {
        "prompt": "ansigreen bold",
        "continuation": "ansigreen",
        "auto-suggestion": "ansibrightblack",
        "matching-bracket.cursor": "bold underline",
        "matching-bracket.other": "bold underline",
        "pygments.comment": "ansibrightblack italic",
        "pygments.comment.preproc": "noitalic ansimagenta",
        "pygments.comment.preprocfile": "noitalic ansigreen",
        "pygments.keyword": "ansiblue bold",
        "pygments.keyword.type": "ansicyan nobold",
        "pygments.literal.string": "ansigreen",
        "pygments.literal.number": "ansimagenta",
        "pygments.name.function": "ansiblue",
        "pygments.name.class": "ansicyan",
        "pygments.error": "ansired",
    }
)

_PASTED_PROMPT = re.compile(
    r"(?:In ?\[\d+\]:|[ \t]*\.\.\.:|>>>|\.\.\.|clang-repl(?:>|\.\.\.)|\[cling\][$!](?: \?)?)"
    r"(?: |$)"
)


def strip_pasted_prompts(text: str) -> str:
    """Remove the prompts of a pasted session, if every line that is not blank begins with one."""
    lines = text.split("\n")
    matches = [_PASTED_PROMPT.match(line) for line in lines]
    if not all(match or not line.strip() for match, line in zip(matches, lines, strict=True)):
        return text
    return "\n".join(
        line[match.end() :] if match else line for match, line in zip(matches, lines, strict=True)
    )


class _CommandCompleter(Completer):
    """Completes the names of commands, at the start of the input only."""

    def __init__(self, commands: Sequence[str]) -> None:
        self._commands = sorted(commands)

    def get_completions(self, document: Document, event: CompleteEvent) -> Iterable[Completion]:
        typed = document.text_before_cursor
        if typed:
            for command in self._commands:
                if command.startswith(typed):
                    yield Completion(command, start_position=-len(typed))


class _GuardedFileHistory(FileHistory):
    """A history file that may fail at any time (disk full, folder gone) without ending the prompt.

    `on_error` is told; entries go on being kept in memory.
    """

    def __init__(self, path: Path, on_error: Callable[[OSError], None]) -> None:
        super().__init__(str(path))
        self._on_error = on_error

    def load_history_strings(self) -> Iterable[str]:
        try:
            yield from super().load_history_strings()
        except OSError as error:
            self._on_error(error)

    def store_string(self, string: str) -> None:
        try:
            super().store_string(string)
        except OSError as error:
            self._on_error(error)


class _PlainOutput(Vt100_Output):
    """For TERM=dumb: prompt_toolkit prints plainly there, but for the cursor."""

    def show_cursor(self) -> None:
        """Nothing."""

    def hide_cursor(self) -> None:
        """Nothing."""


def _create_private(path: Path) -> None:
    """Make sure that `path` can be read and appended to; a new file is its owner's alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600))


class Prompt:
    """Reads inputs from a terminal.

    `history_file`: None keeps the history in memory. `commands`: names for Tab to complete, with
    their leading `%`. `input` and `output` default to the terminal. `warning` says what is wrong
    with the history file, if anything.
    """

    warning: str | None

    def __init__(
        self,
        *,
        history_file: Path | None,
        colour: bool,
        vi_mode: bool = False,
        commands: Sequence[str] = (),
        input: Input | None = None,
        output: Output | None = None,
    ) -> None:
        self.warning = None
        self._plain: Output | None = None
        if output is None and is_dumb_terminal():
            self._plain = _PlainOutput.from_pty(sys.stdout, term="dumb")
        self._history_file = history_file
        with self._terminal():
            self._session = self._create_session(colour, vi_mode, commands, input, output)

    def _terminal(self) -> AbstractContextManager[object]:
        """Where prompt_toolkit writes if it is not told: it prints plainly only there."""
        return create_app_session(output=self._plain) if self._plain else nullcontext()

    def _create_session(
        self,
        colour: bool,
        vi_mode: bool,
        commands: Sequence[str],
        input: Input | None,
        output: Output | None,
    ) -> PromptSession[str]:
        return PromptSession(
            history=self._open_history(),
            multiline=True,
            vi_mode=vi_mode,
            completer=_CommandCompleter(commands),
            complete_while_typing=False,
            auto_suggest=AutoSuggestFromHistory(),
            key_bindings=_key_bindings(),
            lexer=PygmentsLexer(CppLexer) if colour else None,
            input_processors=[HighlightMatchingBracketProcessor("()[]{}")] if colour else None,
            style=_STYLE,
            include_default_pygments_style=False,
            color_depth=None if colour else ColorDepth.DEPTH_1_BIT,
            prompt_continuation=_continuation,
            enable_open_in_editor=True,
            enable_suspend=True,
            input=input,
            output=output,
        )

    def _open_history(self) -> History:
        if self._history_file is None:
            return InMemoryHistory()
        try:
            _create_private(self._history_file)
        except OSError as error:
            self._warn(error)
            return InMemoryHistory()
        return _GuardedFileHistory(self._history_file, self._warn)

    def _warn(self, error: OSError) -> None:
        reason = error.strerror or str(error)
        self.warning = f"history is not kept: {self._history_file}: {reason}"

    def read(self, number: int) -> str:
        """Prompt for input `number` and return what is submitted; raise EOFError at Ctrl-D."""
        message: StyleAndTextTuples = [("class:prompt", f"In[{number}]: ")]
        while True:
            try:
                with self._terminal():
                    return self._session.prompt(message)
            except KeyboardInterrupt:  # Ctrl-C drops what has been typed
                continue


def _continuation(width: int, line_number: int, wrap_count: int) -> StyleAndTextTuples:
    """The prompt of a further line, as wide as the first; blank before a soft-wrapped part."""
    return [("class:continuation", "" if wrap_count else "...: ".rjust(width))]


def _indentation(buffer: Buffer) -> str:
    """The white space for a line opened at the cursor."""
    depth = open_braces(buffer.document.text_before_cursor)
    if buffer.document.text_after_cursor.lstrip(" ").startswith("}"):
        depth -= 1
    return " " * (_INDENT * depth)


def _should_submit(document: Document) -> bool:
    """In the middle of several lines Enter edits; at the end, or in a single line, it submits."""
    at_end = not document.text_after_cursor.strip()
    return (at_end or document.line_count == 1) and is_complete(document.text)


def _submit_or_open_line(event: KeyPressEvent) -> None:
    buffer = event.current_buffer
    if _should_submit(buffer.document):
        buffer.validate_and_handle()
    else:
        _open_line(event)


def _open_line(event: KeyPressEvent) -> None:
    buffer = event.current_buffer
    buffer.insert_text("\n" + _indentation(buffer))


def _insert_closing_brace(event: KeyPressEvent) -> None:
    """Insert `}`; as the first character of a line, align it with the block it closes."""
    buffer = event.current_buffer
    start = buffer.document.current_line_before_cursor
    if start and start.isspace():
        before = buffer.document.text_before_cursor[: -len(start)]
        surplus = len(start) - _INDENT * max(open_braces(before) - 1, 0)
        buffer.delete_before_cursor(max(surplus, 0))
    buffer.insert_text(event.data)


def _insert_paste(event: KeyPressEvent) -> None:
    pasted = event.data.replace("\r\n", "\n").replace("\r", "\n")
    event.current_buffer.insert_text(strip_pasted_prompts(pasted))


def _insert_indent(event: KeyPressEvent) -> None:
    buffer = event.current_buffer
    column = len(buffer.document.current_line_before_cursor)
    buffer.insert_text(" " * (_INDENT - column % _INDENT))


def _key_bindings() -> KeyBindings:
    bindings = KeyBindings()
    editing = has_focus(DEFAULT_BUFFER)  # not in the search field
    inserting = editing & (emacs_insert_mode | vi_insert_mode)

    @Condition
    def in_indentation() -> bool:
        return not get_app().current_buffer.document.current_line_before_cursor.strip()

    bindings.add("enter", filter=editing)(_submit_or_open_line)
    bindings.add("escape", "enter", filter=editing)(_open_line)
    bindings.add("}", filter=inserting)(_insert_closing_brace)
    bindings.add("tab", filter=inserting & in_indentation)(_insert_indent)
    bindings.add(Keys.BracketedPaste, filter=editing)(_insert_paste)
    return bindings
