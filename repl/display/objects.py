"""Objects in the program, for those who know what their members mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from repl.display.nodes import Node
from repl.display.types import Base, ValueType
from runtime.addresses import ExecutorAddress

if TYPE_CHECKING:
    from repl.display.inspect import Inspector


class LayoutError(Exception):
    """A class does not have the members that it was expected to have."""


class Corrupt(Exception):
    """What an object's memory holds cannot be."""

    def __init__(self, what: str) -> None:
        super().__init__(f"corrupt: {what}")


class Object(Struct, frozen=True):
    """An object of a type at an address, which need not be readable.

    Methods raise LayoutError if the type is not as expected, and Unreadable.
    """

    type: ValueType
    address: int
    inspector: Inspector

    def __getitem__(self, name: str) -> Object:
        """A member, also of a base class or an anonymous union."""
        return self.any(name)

    def any(self, *names: str) -> Object:
        """The member that has one of these names: libraries call the same thing differently."""
        for name in names:
            if (found := self._find(name)) is not None:
                return found
            # LLVM's library has __data_ today, and had __data for some classes before.
            if name.startswith("__") and name.endswith("_"):
                older = self._find(name.removesuffix("_"))
                if older is not None:
                    return older
        raise LayoutError(f"{self.type.name} has no member {' or '.join(names)}")

    def _find(self, name: str) -> Object | None:
        for field in self.type.fields:
            member = self.of(field.type, field.offset // 8)
            if field.name == name:
                return member
            if not field.name and (inner := member._find(name)) is not None:
                return inner
        for base in self.type.bases:
            if base.vtable_offset is None:
                inner = self.of(base.type, base.offset)._find(name)
                if inner is not None:
                    return inner
        return None

    def of(self, type_: ValueType, offset: int = 0) -> Object:
        """The object of another type, ``offset`` bytes from here."""
        return Object(type_, self.address + offset, self.inspector)

    def at(self, address: int, type_: ValueType) -> Object:
        """The object of a type at another address."""
        return Object(type_, address, self.inspector)

    def symbol_at(self, address: int) -> str:
        """What begins at an address of the program; empty if nobody knows."""
        return self.inspector.view.symbol(ExecutorAddress(address)) or ""

    def bases(self) -> Iterator[Object]:
        """The direct bases that are not virtual."""
        for base in self.type.bases:
            if base.vtable_offset is None:
                yield self.of(base.type, base.offset)

    def base(self, base: Base) -> Object:
        """A base class's part; where a virtual one is, the object knows itself."""
        if base.vtable_offset is None:
            return self.of(base.type, base.offset)
        table = self.word()
        offset = int.from_bytes(
            self.inspector.memory.read(table + base.vtable_offset, 8), "little", signed=True
        )
        return self.of(base.type, offset)

    def argument(self, number: int) -> ValueType:
        """A template argument that is a type."""
        found = self._argument(number)
        if not isinstance(found, ValueType):
            raise LayoutError(f"argument {number} of {self.type.name} is no type")
        return found

    def number(self, number: int) -> int:
        """A template argument that is an integer."""
        found = self._argument(number)
        if not isinstance(found, int):
            raise LayoutError(f"argument {number} of {self.type.name} is no number")
        return found

    def _argument(self, number: int) -> ValueType | int | None:
        if number >= len(self.type.arguments):
            raise LayoutError(f"{self.type.name} has too few arguments")
        return self.type.arguments[number]

    def integer(self) -> int:
        """Its value, if it is an integer or a pointer."""
        size = self.type.size
        if not 0 < size <= 16:
            raise LayoutError(f"{self.type.name} is no integer")
        data = self.inspector.memory.read(self.address, size)
        return int.from_bytes(data, "little", signed=self.type.signed)

    def word(self, offset: int = 0) -> int:
        """The eight bytes there, as a pointer."""
        return int.from_bytes(self.inspector.memory.read(self.address + offset, 8), "little")

    def show(self) -> Node:
        """The node that shows this object."""
        return self.inspector.inspect(self.type, self.address)
