"""Values of expressions as Python objects, for ``Session.value``."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from repl.display.inspect import inspect
from repl.display.limits import COMPLETE
from repl.display.nodes import Labelled, Node, Numbers
from repl.display.program_view import ProgramView
from repl.display.python_values import dtype_of_numbers, to_python
from repl.display.types import ValueType
from runtime.addresses import ExecutorAddress
from runtime.errors import ExecutorError

if TYPE_CHECKING:
    from numpy.typing import NDArray


SharedBytes = Callable[[ExecutorAddress, int], "NDArray[Any] | None"]
"""The memory that the program has there, if it is shared."""

_LARGE = 1 << 16  # bytes: not to be read for nothing


class _AsItIs:
    """A ``ProgramView`` in which the user's printers, which make text, are not asked."""

    def __init__(self, view: ProgramView) -> None:
        self.read = view.read
        self.known = view.known
        self.symbol = view.symbol

    def show(self, type_: ValueType, address: ExecutorAddress) -> Node | None:
        """See ``ProgramView``."""
        return None


class _Shapes(_AsItIs):
    """One in which shared memory is zero, as it is not looked at: only where numbers are, and how
    many, is asked for."""

    def __init__(self, view: ProgramView, shared: SharedBytes) -> None:
        super().__init__(view)
        self._shared = shared
        self._known_to_view = view.known
        self.known = self._zeros

    def _zeros(self, address: ExecutorAddress, size: int) -> bytes:
        if size > _LARGE and self._shared(address, size) is not None:
            return bytes(size)
        return self._known_to_view(address, size)


def shared_value(
    type_: ValueType, address: ExecutorAddress, view: ProgramView, shared: SharedBytes
) -> Any:
    """As ``python_value``, but numbers side by side in shared memory are an array of that memory,
    not a copy."""
    try:
        node = inspect(type_, address, _Shapes(view, shared), COMPLETE)
    except ExecutorError as error:
        raise ValueError(str(error)) from error
    while isinstance(node, Labelled):
        node = node.node
    if isinstance(node, Numbers):
        memory = shared(ExecutorAddress(node.address), math.prod(node.shape) * node.type.size)
        if memory is not None:
            array = memory.view(dtype_of_numbers(node)).reshape(node.shape)
            array.setflags(write=not node.type.name.startswith("const "))
            return array
    return python_value(type_, address, view)


def python_value(type_: ValueType, address: ExecutorAddress, view: ProgramView) -> Any:
    """See ``to_python``. Raises ValueError for what cannot be read, and says why."""
    try:
        return to_python(inspect(type_, address, _AsItIs(view), COMPLETE))
    except ExecutorError as error:
        raise ValueError(str(error)) from error
    except ValueError as error:
        raise ValueError(f"{type_.name}: {error}") from None
