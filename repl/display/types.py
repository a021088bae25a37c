"""Types of values: the frontend's table of them with its indices followed."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from repl.display.names import as_users_write
from repl.display.type_table import ArgumentEntry, Kind, TypeEntry, TypeTable
from repl.errors import MalformedMessage
from runtime.objects.demangle import demangle


class Field(Struct, frozen=True):
    """A member of a record. ``offset`` in bits; ``width``: of a bit-field, else None;
    ``name`` is empty for an anonymous struct or union, whose members are the record's."""

    name: str
    type: ValueType
    offset: int
    width: int | None = None


class Base(Struct, frozen=True):
    """A base class. ``offset`` in bytes; of a virtual base, that is in the virtual
    table, ``vtable_offset`` bytes from its address point (Itanium C++ ABI, 2.5.2)."""

    type: ValueType
    offset: int
    vtable_offset: int | None = None


class ValueType(Struct, eq=False):
    """A C or C++ type, as far as it matters for showing its values.

    ``count``: of an array's elements, or UNKNOWN_COUNT.
    ``index``: in its table; ``size`` and ``align`` in bytes; ``bits``: of an integer.
    ``element``: of an array, a complex number or a reference; of a pointer to
    characters or to a polymorphic class, those. ``owner``: of a member pointer, the class.
    ``qualified``: the name of a class or enum without template arguments and inline
    namespaces, ``std::vector``; empty if others cannot name it.
    ``arguments``: of templates of the C++ library; packs are spliced in. An argument
    is a type, an integer, or None for what else there is.
    ``vtable``: the name of a class's virtual table, as people write it, and ``point``: how many
    bytes after its beginning the objects point; ``derived``: classes that an object of this
    type may really be of.
    ``printer``: who prints it: None, "overload", "stream" or "range".
    """

    kind: Kind
    name: str
    size: int
    index: int = 0
    align: int = 1
    bits: int = 0
    signed: bool = False
    count: int = 0
    element: ValueType | None = None
    owner: ValueType | None = None
    enumerators: tuple[tuple[str, int], ...] = ()
    qualified: str = ""
    is_union: bool = False
    is_dynamic: bool = False
    is_lambda: bool = False
    bases: tuple[Base, ...] = ()
    fields: tuple[Field, ...] = ()
    arguments: tuple[ValueType | int | None, ...] = ()
    vtable: str = ""
    point: int = 0
    derived: tuple[ValueType, ...] = ()
    printer: str | None = None

    @staticmethod
    def from_table(table: TypeTable) -> ValueType:
        """The type that a table is about. Raises MalformedMessage if its indices lead nowhere."""
        types = [_without_links(index, entry) for index, entry in enumerate(table.types)]
        try:
            for type_, entry in zip(types, table.types, strict=True):
                _link(type_, entry, types.__getitem__)
            return types[table.root]
        except IndexError:
            raise MalformedMessage("malformed message: a type that is not in its table") from None

    def __repr__(self) -> str:  # the default one never ends for recursive types
        return f"<{self.kind} {self.name}>"


def _without_links(index: int, entry: TypeEntry) -> ValueType:
    return ValueType(
        kind=entry.kind,
        name=as_users_write(entry.name),
        size=entry.size,
        index=index,
        align=entry.align,
        bits=8 * entry.size if entry.bits is None else entry.bits,
        signed=entry.signed,
        count=entry.count,
        enumerators=tuple((name, int(value)) for name, value in entry.enumerators),
        qualified=entry.qualified,
        is_union=entry.is_union,
        is_dynamic=entry.is_dynamic,
        is_lambda=entry.is_lambda,
        vtable=entry.vtable and demangle(entry.vtable),
        point=entry.point,
    )


def _link(type_: ValueType, entry: TypeEntry, find: Callable[[int], ValueType]) -> None:
    if entry.element is not None:
        type_.element = find(entry.element)
    if entry.owner is not None:
        type_.owner = find(entry.owner)
    type_.bases = tuple(
        Base(find(base.type), base.offset, base.vtable_offset) for base in entry.bases
    )
    type_.fields = tuple(
        Field(each.name, find(each.type), each.offset, each.width) for each in entry.fields
    )
    type_.derived = tuple(map(find, entry.derived))
    type_.arguments = tuple(_argument(each, find) for each in entry.arguments)
    if type_.qualified == "__gnu_cxx::__normal_iterator":
        type_.name = _iterator_name(type_)


def _iterator_name(type_: ValueType) -> str:
    """Users write ``std::vector<int>::iterator``."""
    match type_.arguments:
        case (ValueType() as pointer, ValueType() as container):
            is_const = pointer.name.startswith("const ")
            return f"{container.name}::{'const_iterator' if is_const else 'iterator'}"
        case _:
            return type_.name


def _argument(entry: ArgumentEntry, find: Callable[[int], ValueType]) -> ValueType | int | None:
    if entry.type is not None:
        return find(entry.type)
    return None if entry.value is None else int(entry.value)
