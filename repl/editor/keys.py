"""What keys do, beyond prompt_toolkit's own bindings (those of readline, or vi)."""

from __future__ import annotations

from prompt_toolkit.application import get_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import (
    Condition,
    emacs_insert_mode,
    emacs_mode,
    has_completions,
    has_focus,
    vi_insert_mode,
    vi_navigation_mode,
)
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys

from repl.editor.code_source import CodeSource
from repl.editor.external_editor import edit_externally
from repl.editor.options import PromptOptions
from repl.editor.paste import PastedInputs
from repl.editor.vi_registers import add_register_operators
from repl.input.command_lines import CommandLines
from repl.input.open_brackets import lines_outside_brackets, open_braces, unclosed_bracket

_LONGEST_INDENTED = 100_000  # characters: to find the depth all is read, 0.1 s


class EditingKeys:
    """The bindings for the input (the search field has its own).

    ``offered``: what Tab puts into an empty input, if anything.
    """

    offered = ""

    def __init__(
        self,
        options: PromptOptions,
        commands: CommandLines,
        source: CodeSource | None,
        pasted: PastedInputs,
    ) -> None:
        self._commands = commands
        self._source = source
        self._pasted = pasted
        self._indent = max(options.indent, 1)
        self._editor = options.editor

    def bindings(self) -> KeyBindings:
        """As prompt_toolkit wants them."""
        bindings = KeyBindings()
        editing = has_focus(DEFAULT_BUFFER)
        inserting = editing & (emacs_insert_mode | vi_insert_mode)

        @Condition
        def in_indentation() -> bool:
            return not get_app().current_buffer.document.current_line_before_cursor.strip()

        @Condition
        def is_offered() -> bool:
            return bool(self.offered) and not get_app().current_buffer.text

        bindings.add("enter", filter=editing)(self._submit_or_open_line)
        bindings.add("escape", "enter", filter=editing)(self._open_line)
        bindings.add("}", filter=inserting)(self._insert_closing_brace)
        bindings.add("tab", filter=inserting & in_indentation & ~has_completions)(
            self._insert_indent
        )
        bindings.add("tab", filter=inserting & is_offered)(self._insert_offered)
        bindings.add("s-tab", filter=inserting & ~has_completions)(self._dedent)
        bindings.add(Keys.BracketedPaste, filter=editing)(self._insert_paste)
        bindings.add("c-x", "c-e", filter=editing & emacs_mode)(self._edit_externally)
        bindings.add("v", filter=editing & vi_navigation_mode)(self._edit_externally)
        add_register_operators(bindings, editing)
        bindings.add("f2", filter=editing)(self._edit_externally)
        return bindings

    def _submit_or_open_line(self, event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.complete_state is not None and buffer.complete_state.current_completion:
            buffer.complete_state = None  # takes what the menu has chosen
        elif len(inputs := self._pasted.inputs_in(buffer.text)) > 1:
            _submit_separately(event, inputs)
        elif self._should_submit(buffer.document):
            buffer.validate_and_handle()
        else:
            self._open_line(event)

    def _should_submit(self, document: Document) -> bool:
        """In the middle of several lines Enter edits; at the end, or in a single line, it
        submits."""
        at_end = not document.text_after_cursor.strip()
        return (at_end or document.line_count == 1) and self._is_complete(document.text)

    def _is_complete(self, text: str) -> bool:
        text = self._after_last_command(text)
        if not text.strip():
            return True
        answer = self._source.is_complete(text) if self._source is not None else None
        return not unclosed_bracket(text) if answer is None else answer

    def _after_last_command(self, text: str) -> str:
        """What may still be incomplete: code, also that of a command."""
        begins = [
            row
            for row, line in lines_outside_brackets(text)
            if self._commands.is_command(line) and (not row or self._commands.is_known(line))
        ]
        if not begins:
            return text
        text = "\n".join(text.split("\n")[begins[-1] :])
        code = self._commands.code_offset(text)
        return text[code:] if code is not None else text.partition("\n")[2]

    def _open_line(self, event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        buffer.insert_text("\n" + self._indentation(buffer))

    def _indentation(self, buffer: Buffer) -> str:
        """The white space for a line opened at the cursor."""
        if len(buffer.text) > _LONGEST_INDENTED:
            return ""
        depth = open_braces(buffer.document.text_before_cursor)
        if buffer.document.text_after_cursor.lstrip(" ").startswith("}"):
            depth -= 1
        return " " * (self._indent * depth)

    def _insert_closing_brace(self, event: KeyPressEvent) -> None:
        """Insert `}`; as the first character of a line, align it with the block it closes."""
        buffer = event.current_buffer
        start = buffer.document.current_line_before_cursor
        if start and start.isspace() and len(buffer.text) <= _LONGEST_INDENTED:
            before = buffer.document.text_before_cursor[: -len(start)]
            surplus = len(start) - self._indent * max(open_braces(before) - 1, 0)
            buffer.delete_before_cursor(max(surplus, 0))
        buffer.insert_text(event.data)

    def _insert_indent(self, event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        column = len(buffer.document.current_line_before_cursor)
        buffer.insert_text(" " * (self._indent - column % self._indent))

    def _insert_offered(self, event: KeyPressEvent) -> None:
        event.current_buffer.insert_text(self.offered)

    def _dedent(self, event: KeyPressEvent) -> None:
        """Take blanks from the beginning of the line, to the next multiple of the width."""
        buffer = event.current_buffer
        line = buffer.document.current_line
        blanks = len(line) - len(line.lstrip(" "))
        surplus = (blanks - 1) % self._indent + 1 if blanks else 0
        cursor = buffer.cursor_position
        begin = cursor + buffer.document.get_start_of_line_position()
        text = buffer.text[:begin] + buffer.text[begin + surplus :]
        buffer.document = Document(text, max(cursor - surplus, begin))

    def _edit_externally(self, event: KeyPressEvent) -> None:
        edit_externally(event.current_buffer, self._editor)

    def _insert_paste(self, event: KeyPressEvent) -> None:
        event.current_buffer.insert_text(self._pasted.take(event.data))


def _submit_separately(event: KeyPressEvent, inputs: list[str]) -> None:
    """Submit several inputs: the history has each, and each is shown when it is run."""
    buffer = event.current_buffer
    for each in inputs:
        buffer.history.append_string(each)
    event.app.erase_when_done = True
    event.app.exit(result=buffer.text)
    buffer.reset()
