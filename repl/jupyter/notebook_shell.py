"""The shell of a notebook: values have other forms besides their text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from repl.commands.context import Shell
from repl.display.inspect import inspect
from repl.errors import ShellError
from repl.input.source import Source
from repl.jupyter.own_forms import own_forms
from repl.jupyter.tables import table_of
from repl.session.debugging import Attach, NothingRuns
from repl.session.steps import Result

if TYPE_CHECKING:
    from repl.display.program_view import ProgramView
    from repl.display.types import ValueType
    from runtime.addresses import ExecutorAddress


_COMPOUND = ("record", "array")


class NotebookShell(Shell):
    """``last_text``: the last value of the cell, as text; ``bundle``: other forms that it has, and
    ``is_compound``: it may have more. ``begin_c``: starts a session for cells in C. ``attach``: for
    inputs that run under a debugger."""

    begin_c: Callable[[], NotebookShell] | None = None
    shell_of_c: NotebookShell | None = None
    attach: Attach | None = None
    last_text: str | None = None
    is_compound: bool = False
    bundle: dict[str, Any] = {}  # noqa: RUF012 (msgspec copies it)

    def beside(self) -> NotebookShell:
        """The shell of the cells in C, which starts with the first of them."""
        if self.is_c or self.begin_c is None:
            raise ShellError("%%c: this notebook is one in C")
        self.shell_of_c = self.shell_of_c or self.begin_c()
        return self.shell_of_c

    def run(self, source: Source, upcoming: Sequence[Source] = ()) -> Result[str]:
        """See ``Shell``."""
        if self.attach is not None:
            with suppress(NothingRuns):
                debugging, compiler = self.session.extensions.debugging, self.session.compiler
                return debugging.run(source, compiler, self.show, self.attach)
        return super().run(source, upcoming)

    def begin_cell(self) -> None:
        """Nothing has been shown yet."""
        self.last_text = None
        self.bundle, self.is_compound = {}, False

    def take_bundle(self) -> dict[str, Any]:
        """What the last value looks like besides its text, once."""
        bundle, self.bundle = self.bundle, {}
        is_compound, self.is_compound = self.is_compound, False
        return bundle | own_forms(self) if is_compound else bundle

    def show(self, type_: ValueType, address: ExecutorAddress, view: ProgramView) -> str:
        """See ``Shell``."""
        self.last_text = super().show(type_, address, view)
        if type_.kind in _COMPOUND:
            self.is_compound = True
            table = table_of(inspect(type_, address, view, self.session.options.limits))
            if table is not None:
                self.bundle = {"text/html": table.html()}
        return self.last_text
