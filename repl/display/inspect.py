"""From a type and an address to the nodes of a value."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from msgspec.structs import replace

from repl.display.characters import until_nul, whole_characters
from repl.display.dynamic_class import whole_object
from repl.display.limits import TO_BE_READ, Limits
from repl.display.memory import Memory, Unreadable
from repl.display.names import shortened_type
from repl.display.nodes import (
    Cut,
    Node,
    Numbers,
    Pointer,
    Problem,
    Record,
    Sequence,
    String,
)
from repl.display.objects import Corrupt, LayoutError, Object
from repl.display.pointers import data_member_pointer, function_name, member_function_pointer
from repl.display.program_view import ProgramView
from repl.display.readers import find_readers
from repl.display.records import bit_field, by_fields
from repl.display.scalars import HEXADECIMAL, SCALARS, scalar
from repl.display.text import WIDTH, render
from repl.display.type_table import UNKNOWN_COUNT
from repl.display.types import Field, ValueType
from runtime.addresses import ExecutorAddress

_NUMBERS = frozenset(["bool", "int", "float", "char"])
_MANY = 10_000  # elements
_STRING_PIECE = 1024  # bytes
_REGISTERS = frozenset(["__m128i", "__m256i", "__m512i"])  # integers of whatever size
_PATTERN = ValueType("int", HEXADECIMAL, 8, bits=64)
_NUMBER_SIZES = frozenset([1, 2, 4, 8])


def inspect(type_: ValueType, address: ExecutorAddress, view: ProgramView, limits: Limits) -> Node:
    """What the object at ``address`` is, as far as ``limits`` allow.

    Never fails because of what the program's memory holds: that becomes a Problem.
    What ``view`` raises, as when the program has ended, is passed on.
    """
    return Inspector(view, limits).inspect(type_, address)


def format_value(
    type_: ValueType,
    address: ExecutorAddress,
    view: ProgramView,
    limits: Limits = TO_BE_READ,
    width: int = WIDTH,
) -> str:
    """``(type) value``, on more than one line if it does not fit into ``width`` columns."""
    prefix = f"({shortened_type(type_.name)}) "
    text = render(inspect(type_, address, view, limits), len(prefix), width)
    return prefix.rstrip() + text if text.startswith("\n") else prefix + text


class Inspector:
    """Inspects one value, and all that it consists of.

    Readers (``libstdcxx/``) use ``sequence``, ``contiguous``, ``string`` and ``point``
    to make nodes, and ``Object.show`` for the parts.
    """

    def __init__(self, view: ProgramView, limits: Limits) -> None:
        self.view = view
        self.memory = Memory(view.read, view.known)
        self.limits = limits
        self._nodes_left = limits.nodes
        self._depth = 0
        self._is_followed = False  # a pointer is, to an object that is shown
        self._around: list[tuple[int, ValueType]] = []  # the records that this one is in

    @property
    def is_exhausted(self) -> bool:
        """Whether the limit of nodes for one value has been reached."""
        return self._nodes_left <= 0

    def inspect(self, type_: ValueType, address: int, *, is_whole: bool = False) -> Node:
        """The node of an object; a Problem if it cannot be read or makes no sense.

        ``is_whole``: what it is a base class's part of, if it is, is shown already."""
        if self.is_exhausted or self._depth >= self.limits.depth:
            return Cut()
        self._nodes_left -= 1
        self._depth += type_.kind not in SCALARS  # which have no parts
        try:
            if not is_whole and (whole := whole_object(Object(type_, address, self))) is not None:
                return self._of_derived(whole)
            return self._inspect(type_, address)
        except (Unreadable, Corrupt) as problem:
            return Problem(str(problem))
        finally:
            self._depth -= type_.kind not in SCALARS

    def inspect_field(self, record: Object, field: Field) -> Node:
        """A member of a record, bit-fields included."""
        if field.width is None:
            return self.inspect(field.type, record.address + field.offset // 8)
        try:
            return scalar(field.type, bit_field(self.memory, record.address, field))
        except Unreadable as problem:
            return Problem(str(problem))

    def _inspect(self, type_: ValueType, address: int) -> Node:
        if type_.kind in SCALARS and type_.kind != "enum":
            return scalar(type_, self.memory.read(address, type_.size))
        match type_.kind:
            case "enum" | "record":
                return self._of_class(type_, address)
            case "pointer" | "function pointer":
                return self._pointer(type_, address)
            case "member pointer":
                return data_member_pointer(type_, self.memory.read(address, type_.size))
            case "member function pointer":
                data = self.memory.read(address, type_.size)
                return member_function_pointer(type_, data, self.view)
            case "reference":
                return self._reference(type_, address)
            case "array":
                return self._array(type_, address)
            case "incomplete":
                return Problem(f"incomplete type, at {address:#x}")
            case _:
                return Problem(f"at {address:#x}")

    def _of_derived(self, whole: Object) -> Node:
        """An object that is known by a base class of its."""
        node = self._inspect(whole.type, whole.address)
        return replace(node, dynamic_type=whole.type.name) if isinstance(node, Record) else node

    def _of_class(self, type_: ValueType, address: int) -> Node:
        with self._entered(type_, address) as refused:
            if refused is not None:
                return refused
            if type_.printer == "overload":
                shown = self.view.show(type_, ExecutorAddress(address))
                if shown is not None:
                    return shown
            shown = self._by_reader(type_, address)
            if shown is None and type_.printer in ("stream", "range"):
                shown = self.view.show(type_, ExecutorAddress(address))
            if shown is not None:
                return shown
            if type_.kind == "enum":
                return scalar(type_, self.memory.read(address, type_.size))
            return by_fields(Object(type_, address, self))

    def _by_reader(self, type_: ValueType, address: int) -> Node | None:
        for reader in find_readers(type_):
            try:
                return reader.show(Object(type_, address, self))
            except LayoutError:  # another library, or another version of it
                continue
        return None

    @contextmanager
    def _entered(self, type_: ValueType, address: int) -> Iterator[Node | None]:
        """Within an object; gives what to say instead if it is around already."""
        if (address, type_) in self._around:
            yield Cut(f"{address:#x}")
        else:
            self._around.append((address, type_))
            try:
                yield None
            finally:
                self._around.pop()

    def _pointer(self, type_: ValueType, address: int) -> Node:
        target = ExecutorAddress(int.from_bytes(self.memory.read(address, type_.size), "little"))
        if type_.kind == "function pointer":
            return Pointer(target, function_name(target, self.view))
        if type_.element is None or not target:
            return Pointer(target)
        if type_.element.kind == "char":
            return self.c_string(type_.element, target)
        return self._pointer_to_class(type_.element, target)

    def _pointer_to_class(self, class_: ValueType, target: ExecutorAddress) -> Pointer:
        """What it points at is shown if only that tells which class it is of. What such an
        object points at itself is not: that may be all that there is."""
        if self._is_followed or whole_object(Object(class_, target, self)) is None:
            return Pointer(target)
        self._is_followed = True
        try:
            return self.point(class_, target)
        finally:
            self._is_followed = False

    def _reference(self, type_: ValueType, address: int) -> Node:
        target = int.from_bytes(self.memory.read(address, type_.size), "little")
        if type_.element is None or type_.element.kind == "other":
            return Pointer(ExecutorAddress(target), function_name(target, self.view))
        return self.inspect(type_.element, target)

    def _array(self, type_: ValueType, address: int) -> Node:
        element = type_.element
        if element is None:
            return Cut()
        if type_.count == UNKNOWN_COUNT:
            return Problem(f"array of unknown length, at {address:#x}")
        if element.kind == "char":
            data = self.memory.read(address, self._shown(type_.count, element) * element.size)
            text = until_nul(data, element.size)
            if text is not None:
                return self._text(text, element, is_complete=True)
            return self._text(data, element, len(data) == type_.count * element.size)
        if type_.name.removeprefix("const ") in _REGISTERS:
            element = _PATTERN
        return self.contiguous(element, address, type_.count)

    def _shown(self, count: int, character: ValueType) -> int:
        """How many characters to read: a few more than are shown, to end with a whole one."""
        return min(count, self.limits.characters + 4)

    # For readers.

    def c_string(self, character: ValueType, address: int) -> Node:
        """Characters up to the one that is zero."""
        limit = self.limits.characters * character.size
        wanted = min(_STRING_PIECE, limit + character.size)
        data = b""
        while len(data) <= limit:
            piece = self.memory.read_some(address + len(data), wanted)
            text = until_nul(piece, character.size)
            if text is not None:
                return self._text(data + text, character, is_complete=True)
            if len(piece) < wanted:
                # It ends where memory does: no string, just a pointer.
                return Pointer(ExecutorAddress(address), "<not a readable string>")
            data += piece
        return self._text(data, character, is_complete=False)

    def string(self, character: ValueType, address: int, count: int) -> Node:
        """So many characters; a ``basic_string`` may be one of anything else, too."""
        if character.kind != "char":
            return self.contiguous(character, address, count)
        shown = self._shown(count, character)
        data = self.memory.read(address, shown * character.size) if shown else b""
        return self._text(data, character, shown == count)

    def _text(self, data: bytes, character: ValueType, is_complete: bool) -> String:
        most = min(self.limits.characters * character.size, len(data))
        shown = whole_characters(data, most) if character.size == 1 else data[:most]
        return String(shown, character, is_cut=not is_complete or len(shown) < len(data))

    def contiguous(self, element: ValueType, address: int, count: int) -> Node:
        """Elements side by side."""
        numbers = self._numbers(element, address, count)
        if numbers is not None:
            return numbers
        shown = min(count, self.limits.elements)
        if shown > _MANY:  # or a length that cannot be would mean a very long list of problems
            self.memory.read(address + shown * element.size - 1, 1)
        addresses = (address + at * element.size for at in range(count))
        return self.sequence(element, addresses, count)

    def _numbers(self, element: ValueType, address: int, count: int) -> Numbers | None:
        """Numbers, also in nested arrays if all of these are shown."""
        shape = [count]
        while (row := _row(element)) is not None:
            element = row[0]
            shape.append(row[1])
        is_number = element.kind in _NUMBERS and element.size in _NUMBER_SIZES
        if not is_number or len(shape) > self.limits.depth:
            return None
        total = math.prod(shape)
        is_nested = len(shape) > 1
        if is_nested and (
            element.kind == "char" or total > min(self.limits.elements, self._nodes_left)
        ):
            return None
        shown = min(total, self.limits.elements, self._nodes_left)
        self._nodes_left -= shown
        data = self.memory.read(address, shown * element.size)
        return Numbers(data, element, tuple(shape), address)

    def sequence(self, element: ValueType, addresses: Iterable[int], count: int | None) -> Node:
        """Elements at these addresses, of which no more are asked for than are shown."""
        items: list[Node] = []
        for address in addresses:
            if len(items) == self.limits.elements or self.is_exhausted:
                return Sequence(tuple(items), count, is_cut=True)
            items.append(self.inspect(element, address))
        return Sequence(tuple(items), count)

    def point(self, target: ValueType, address: int, note: str = "") -> Pointer:
        """A pointer, with what it points at if that is an object."""
        is_object = address and target.size and target.kind not in ("incomplete", "other")
        node = self.inspect(target, address) if is_object else None
        return Pointer(ExecutorAddress(address), note, node)


def _row(type_: ValueType) -> tuple[ValueType, int] | None:
    """The elements of an array and their number, also of ``std::array``."""
    if type_.kind == "array" and type_.element is not None:
        return type_.element, max(type_.count, 0)
    match type_.qualified, type_.arguments:
        case "std::array", (ValueType() as element, int(count)):
            return element, count
        case _:
            return None
