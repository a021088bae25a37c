"""What there is besides the session: what has been typed, how to print, what comes next."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from repl.clang.diagnostics import shorten
from repl.clang.flags import is_c
from repl.configuration.settings import Settings
from repl.display.inspect import format_value
from repl.display.text import WIDTH
from repl.input.source import Source
from runtime.errors import printable_lines

if TYPE_CHECKING:
    from repl.display.program_view import ProgramView
    from repl.display.types import ValueType
    from repl.session.live_session import LiveSession
    from repl.session.steps import Result
    from runtime.addresses import ExecutorAddress


DEFAULT_SETTINGS = Settings()

_NARROWEST = 20  # columns: on fewer, values are no more readable on more lines


class LogEntry(Struct):
    """An input as it was typed, or a line of a script.

    ``number``: what the prompt calls it. ``ran``: the inputs that it gave to Clang:
    itself, if it is no command. ``seconds``: all that it took.
    """

    number: int
    source: Source
    ran: list[Source] = []
    seconds: float = 0.0

    @property
    def text(self) -> str:
        """The input without its last line end."""
        return self.source.text.rstrip("\n")

    @property
    def code(self) -> str:
        """What Clang got, each input with the end of its last line; empty if nothing."""
        return "".join(source.text.rstrip("\n") + "\n" for source in self.ran)


class Shell(Struct):
    """What commands work with.

    ``run_input``: carries out an input, a command or code, and prints what comes of it, as
    the loop around the session does; the sequence is what comes next.
    ``colour``: output may have colours. ``has_prompt``: somebody types; then ``next_input``
    is what the next prompt has to be edited, and ``correction`` what it offers instead of the
    last input. ``loading``: the files that ``%load`` is reading, each named in the one before
    it. ``previous_folder``: for ``%cd -``. ``told_edits``: the files that the user knows to
    have been edited, with the new text. ``shows_all_messages``: of Clang's, as a compiler does;
    ``last_messages``: the last ones, all.
    """

    session: LiveSession
    run_input: Callable[[Shell, Source, Sequence[Source]], None]
    colour: bool = False
    settings: Settings = DEFAULT_SETTINGS
    log: list[LogEntry] = []
    has_prompt: bool = False
    next_input: str | None = None
    correction: str = ""
    loading: list[str] = []
    libraries: list[str] = []
    previous_folder: str | None = None
    told_edits: dict[str, bytes] = {}
    shows_all_messages: bool = False
    last_messages: str = ""

    @property
    def is_c(self) -> bool:
        """Whether the inputs are C, not C++."""
        return is_c(self.session.options.compiler_flags)

    def library_folders(self) -> list[str]:
        """Where libraries are looked for: see there."""
        from runtime.objects.library_folders import library_folders  # only when it is Tab's turn

        return library_folders(self.session.options.library_folders)

    @property
    def width(self) -> int:
        """The width of the terminal, in columns."""
        from shutil import get_terminal_size  # slow to import

        return get_terminal_size().columns

    def show(self, type_: ValueType, address: ExecutorAddress, view: ProgramView) -> str:
        """A value as text that fits the terminal: see ``Session.run``."""
        width = max(min(self.width, WIDTH), _NARROWEST) if self.has_prompt else WIDTH
        return format_value(type_, address, view, self.session.options.limits, width)

    def run(self, source: Source, upcoming: Sequence[Source] = ()) -> Result[str]:
        """Run code: see ``Session.run``."""
        return self.session.run(source, upcoming, inspect=self.show)

    def messages(self, brief: str, full: str) -> str:
        """What is to be printed of what Clang says; ``%errors`` shows all of it from now on."""
        self.last_messages = full
        if self.shows_all_messages:
            return shorten(full)
        can_be_asked = self.session.options.recover  # an input that fails is not the end
        is_cut = "... and " in brief.rpartition("\n")[2]  # behind what resets a colour
        return brief + ("; `%errors` shows all" if is_cut and can_be_asked else "")

    def tell_warnings(self, result: Result[Any]) -> None:
        """Print Clang's warnings about an input, if it has any."""
        if result.warnings:
            warnings = self.messages(result.warnings, result.all_warnings)
            shown = printable_lines(warnings, keeps_colours=self.colour)
            print(shown, file=sys.stderr, flush=True)

    def begin_entry(self, source: Source) -> LogEntry:
        """An input comes; what a file of ``%load`` has counts as part of that command."""
        if self.loading:
            return self.log[-1]
        entry = LogEntry(source.number or len(self.log) + 1, source)
        self.log.append(entry)
        return entry

    def entry(self, number: str) -> LogEntry | None:
        """The newest input of that number, which may have any number of digits."""
        wanted = number.lstrip("0")
        return next((e for e in reversed(self.log) if str(e.number) == wanted), None)

    def take_next_input(self) -> str:
        """The text that the next prompt begins with, which is handed out once."""
        text, self.next_input = self.next_input, None
        return text or ""

    def take_correction(self) -> str:
        """What was probably meant by the last input, for one prompt."""
        text, self.correction = self.correction, ""
        return text
