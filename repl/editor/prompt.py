"""The interactive prompt: reads inputs from a terminal."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from prompt_toolkit import PromptSession, print_formatted_text
from prompt_toolkit.application import Application, create_app_session, run_in_terminal
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import FormattedText, StyleAndTextTuples
from prompt_toolkit.input import Input
from prompt_toolkit.layout.processors import HighlightMatchingBracketProcessor, Processor
from prompt_toolkit.output import ColorDepth, Output
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.utils import is_dumb_terminal

from repl.editor.code_source import CodeSource
from repl.editor.completion import InputCompleter
from repl.editor.fragments import LongLines
from repl.editor.highlighting import InputLexer
from repl.editor.history import history_path, open_history
from repl.editor.keys import EditingKeys
from repl.editor.options import PromptOptions
from repl.editor.paste import PastedInputs
from repl.editor.signature import SignatureHelp
from repl.editor.suggestions import HistorySuggestions
from repl.editor.theme import load_style, resolve_theme
from repl.input.command_lines import CommandLines


class _PlainOutput(Vt100_Output):
    """For TERM=dumb: prompt_toolkit prints plainly there, but for the cursor."""

    def show_cursor(self) -> None:
        """Nothing."""

    def hide_cursor(self) -> None:
        """Nothing."""


class Prompt:
    """Reads inputs from a terminal.

    `commands`: what is one, and what Tab completes in it.
    `source`: who knows about code; None: nobody. `library_folders`: where libraries are that
    Tab completes. `describe`: what to say of an exception while somebody types. `input` and
    `output` default to the terminal.
    `warning` says what is wrong with the history file, if anything.
    """

    warning: str | None

    def __init__(
        self,
        options: PromptOptions,
        *,
        colour: bool,
        commands: CommandLines,
        source: CodeSource | None = None,
        library_folders: Callable[[], Sequence[str]] = tuple,
        describe: Callable[[Exception], str] = repr,
        input: Input | None = None,
        output: Output | None = None,
    ) -> None:
        self.warning = None
        self._told = ""  # the last warning: a full disk is not told at each input
        self._options = options
        self._colour = colour and resolve_theme(options.theme) != "none"
        self._source = source
        self._library_folders = library_folders
        self._describe = describe
        self._told_mishap = ""
        self._history_file = history_path(options)
        self._pasted = PastedInputs()
        self._waiting: list[str] = []  # inputs that have been submitted together with others
        self._keys = EditingKeys(options, commands, source, self._pasted)
        self._plain: Output | None = None
        if output is None and is_dumb_terminal():
            self._plain = _PlainOutput.from_pty(sys.stdout, term="dumb")
        with self._terminal():
            self._session = self._create_session(commands, input, output)
        self._signature_help = self._follow_buffer()

    def read(self, number: int, text: str = "", offered: str = "") -> str:
        """Prompt for input `number` and return what is submitted; raise EOFError at Ctrl-D.

        `text` is there already, to be edited; `offered` comes if Tab is pressed. Of a session
        that was pasted the inputs are returned one after another.
        """
        message: StyleAndTextTuples = [("class:prompt", f"In[{number}]: ")]
        if self._waiting:
            return self._show_waiting(message)
        self._keys.offered = offered
        while True:
            try:
                self._session.app.erase_when_done = False
                with self._terminal():
                    submitted = self._session.prompt(
                        message,
                        default=text,
                        pre_run=self._catch_mishaps,
                        set_exception_handler=False,
                    )
                inputs = self._pasted.inputs_in(submitted)
                if len(inputs) == 1:
                    return inputs[0]
                self._waiting = list(inputs)
                return self._show_waiting(message)
            except KeyboardInterrupt:  # Ctrl-C drops what has been typed
                text = ""
            finally:
                if self._signature_help is not None:
                    self._signature_help.hide()

    def forget_waiting(self) -> int:
        """Return no more of what was submitted together: how many inputs that were."""
        count = len(self._waiting)
        self._waiting.clear()
        return count

    def _catch_mishaps(self) -> None:
        """What is raised by a key, a completion or a colour ends neither the input nor the
        session; prompt_toolkit itself would show a traceback and wait."""
        asyncio.get_running_loop().set_exception_handler(self._tell_mishap)

    def _tell_mishap(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        words = self._describe(error) if isinstance(error, Exception) else str(context["message"])
        if words != self._told_mishap:  # or each key would tell it
            self._told_mishap = words
            run_in_terminal(lambda: print(words, file=sys.stderr, flush=True))

    def _show_waiting(self, message: StyleAndTextTuples) -> str:
        """The next input that waits, shown as if it had been typed."""
        text = self._waiting.pop(0)
        width = len(message[0][1])
        first, *others = text.split("\n")
        parts: StyleAndTextTuples = [*message, ("", first)]
        for line in others:
            parts += [("", "\n"), *_continuation(width, 1, 0), ("", line)]
        if not self._colour or self._plain is not None:
            print("".join(part[1] for part in parts), flush=True)
        else:
            print_formatted_text(
                FormattedText(parts), style=self._session.style, output=self._session.output
            )
        return text

    def _terminal(self) -> AbstractContextManager[object]:
        """Where prompt_toolkit writes if it is not told: it prints plainly only there."""
        return create_app_session(output=self._plain) if self._plain else nullcontext()

    def _create_session(
        self, commands: CommandLines, input: Input | None, output: Output | None
    ) -> PromptSession[str]:
        options, colour = self._options, self._colour
        processors: list[Processor] = [LongLines()]
        if colour:  # before that, or it would look for brackets in what is not shown
            processors.insert(0, HighlightMatchingBracketProcessor("()[]{}"))
        session: PromptSession[str] = PromptSession(
            history=open_history(self._history_file, self._warn),
            multiline=True,
            vi_mode=options.vi_mode,
            completer=InputCompleter(commands, self._source, self._library_folders),
            complete_while_typing=options.complete_while_typing,
            auto_suggest=HistorySuggestions() if options.suggestions else None,
            key_bindings=self._keys.bindings(),
            lexer=InputLexer(commands) if colour else None,
            input_processors=processors,
            style=load_style(options.theme),
            include_default_pygments_style=False,
            color_depth=None if colour else ColorDepth.DEPTH_1_BIT,
            prompt_continuation=_continuation,
            enable_suspend=True,
            mouse_support=options.mouse,
            input=input,
            output=output,
        )
        _end_when_interrupted(session.app)
        # Up finds what begins as the input does. PromptSession's own option for it would
        # switch completion while typing off.
        session.default_buffer.enable_history_search = Condition(lambda: True)
        return session

    def _follow_buffer(self) -> SignatureHelp | None:
        """Have changes of the text given up old questions and lead to new ones."""
        source, buffer = self._source, self._session.default_buffer
        if source is None or self._plain is not None:
            return None
        buffer.on_text_changed += lambda _: source.cancel("complete")
        if not self._options.signature_help:
            return None
        signature_help = SignatureHelp(source, self._show_toolbar)
        buffer.on_text_changed += signature_help.follow
        buffer.on_cursor_position_changed += signature_help.follow
        return signature_help

    def _show_toolbar(self, is_needed: bool) -> None:
        """A toolbar without text would be an empty line."""
        assert self._signature_help is not None  # who else calls it
        self._session.bottom_toolbar = self._signature_help.lines if is_needed else None

    def _warn(self, error: OSError) -> None:
        reason = error.strerror or str(error)
        warning = f"history is not kept: {self._history_file}: {reason}"
        if warning != self._told:
            self.warning = self._told = warning


def _end_when_interrupted(app: Application[str]) -> None:
    """An interrupt while a key is handled ends the prompt as Ctrl-C does. By itself it would end
    prompt_toolkit's loop at once, and what is typed while that goes would be lost."""
    keys = app.key_processor
    process_keys = keys.process_keys

    def process() -> None:
        try:
            process_keys()
        except KeyboardInterrupt:
            keys.reset()
            keys.empty_queue()
            if not app.is_done:
                app.exit(exception=KeyboardInterrupt(), style="class:aborting")

    keys.process_keys = process  # type: ignore[method-assign]


def _continuation(width: int, line_number: int, wrap_count: int) -> StyleAndTextTuples:
    """The prompt of a further line, as wide as the first; blank before a soft-wrapped part."""
    return [("class:continuation", "" if wrap_count else "...: ".rjust(width))]
