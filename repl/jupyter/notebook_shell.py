"""The shell of a notebook: values have other forms besides their text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from repl.commands.context import Shell

if TYPE_CHECKING:
    from repl.display.program_view import ProgramView
    from repl.display.types import ValueType
    from runtime.addresses import ExecutorAddress


class NotebookShell(Shell):
    """``last_text``: the last value of the cell, as text."""

    last_text: str | None = None
    bundle: dict[str, Any] = {}  # noqa: RUF012 (msgspec copies it)

    def begin_cell(self) -> None:
        """Nothing has been shown yet."""
        self.last_text = None
        self.bundle = {}

    def take_bundle(self) -> dict[str, Any]:
        """What the last value looks like besides its text, once."""
        bundle, self.bundle = self.bundle, {}
        return bundle

    def show(self, type_: ValueType, address: ExecutorAddress, view: ProgramView) -> str:
        """See ``Shell``."""
        self.last_text = super().show(type_, address, view)
        return self.last_text
