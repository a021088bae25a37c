"""What a reader is."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from repl.display.nodes import Node
from repl.display.objects import Corrupt, Object
from repl.display.types import ValueType
from runtime.addresses import USER_SPACE_END


class Reader(Struct, frozen=True):
    """``show`` makes the node of an object; it may raise LayoutError, Corrupt and
    Unreadable. ``shown``: so many of the first template arguments are the types of
    what is shown inside; None for all."""

    show: Callable[[Object], Node]
    shown: int | None = 0

    def parts(self, type_: ValueType) -> list[ValueType]:
        """The types of what it shows inside an object of this type."""
        arguments = type_.arguments[: self.shown]
        return [each for each in arguments if isinstance(each, ValueType)]


def after(offset: int, type_: ValueType) -> int:
    """Where a member of this type comes after ``offset`` bytes."""
    return (offset + type_.align - 1) & -max(type_.align, 1)


def checked_size(size: int, what: str = "size") -> int:
    """A number of elements or bytes. Raises Corrupt if there is no memory for so many."""
    if not 0 <= size < USER_SPACE_END:
        raise Corrupt(f"{what} {size}")
    return size
