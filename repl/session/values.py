"""Values of expressions as Python objects, for ``Session.value``."""

from __future__ import annotations

from typing import Any

from repl.display.inspect import inspect
from repl.display.limits import COMPLETE
from repl.display.nodes import Node
from repl.display.program_view import ProgramView
from repl.display.python_values import to_python
from repl.display.types import ValueType
from runtime.addresses import ExecutorAddress
from runtime.errors import ExecutorError


class _AsItIs:
    """A ``ProgramView`` in which the user's printers, which make text, are not asked."""

    def __init__(self, view: ProgramView) -> None:
        self.read = view.read
        self.known = view.known
        self.symbol = view.symbol

    def show(self, type_: ValueType, address: ExecutorAddress) -> Node | None:
        """See ``ProgramView``."""
        return None


def python_value(type_: ValueType, address: ExecutorAddress, view: ProgramView) -> Any:
    """See ``to_python``. Raises ValueError for what cannot be read, and says why."""
    try:
        return to_python(inspect(type_, address, _AsItIs(view), COMPLETE))
    except ExecutorError as error:
        raise ValueError(str(error)) from error
    except ValueError as error:
        raise ValueError(f"{type_.name}: {error}") from None
