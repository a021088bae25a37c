"""What the display asks of the user's program."""

from __future__ import annotations

from typing import Protocol

from repl.display.nodes import Node
from repl.display.types import ValueType
from runtime.addresses import ExecutorAddress


class ProgramView(Protocol):
    """A program whose values are printed."""

    def read(self, address: ExecutorAddress, size: int) -> bytes:
        """Up to ``size`` bytes of its memory; fewer (or none) where that cannot be read."""

    def known(self, address: ExecutorAddress, size: int) -> bytes:
        """The same without asking the program: none, or all of them."""

    def symbol(self, address: ExecutorAddress) -> str | None:
        """The demangled name of the function or variable that begins there, or None."""

    def show(self, type_: ValueType, address: ExecutorAddress) -> Node | None:
        """What the user's own printer says of an object; None if there is no printer."""
