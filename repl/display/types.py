"""Types of values, as the frontend describes them.

The description is a table, because types refer to one another and may do so in
circles: ``{"root": 0, "types": [{"kind": ..., "name": ..., "size": ...}, ...]}``.
Types are named by their index in it. ``frontend_process/type_table.cpp`` and
``record_layout.cpp`` make it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from repl.display.names import as_users_write

UNKNOWN_COUNT = -1
"""Of the elements of ``int a[]``."""


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

    ``kind``: one of bool, int, char, float, bfloat, long double, float128, nullptr,
    complex, enum, pointer, function pointer, member pointer, member function pointer,
    reference, array, record, incomplete, other.
    ``count``: of an array's elements, or UNKNOWN_COUNT.
    ``index``: in its table; ``size`` and ``align`` in bytes; ``bits``: of an integer.
    ``element``: of an array, a complex number or a reference; of a pointer to
    characters, those. ``owner``: of a member pointer, the class.
    ``qualified``: the name of a class or enum without template arguments and inline
    namespaces, ``std::vector``; empty if others cannot name it.
    ``arguments``: of templates of the C++ library; packs are spliced in. An argument
    is a type, an integer, or None for what else there is.
    ``printer``: who prints it: None, "overload", "stream" or "range".
    """

    kind: str
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
    printer: str | None = None

    @staticmethod
    def from_json(description: dict[str, Any]) -> ValueType:
        """The type of the value; the frontend is trusted to be ours."""
        entries = description["types"]
        table = [_without_links(index, entry) for index, entry in enumerate(entries)]
        for type_, entry in zip(table, entries, strict=True):
            _link(type_, entry, table.__getitem__)
        root: int = description["root"]
        return table[root]

    def __repr__(self) -> str:  # the default one never ends for recursive types
        return f"<{self.kind} {self.name}>"


def _without_links(index: int, entry: dict[str, Any]) -> ValueType:
    return ValueType(
        kind=entry["kind"],
        name=as_users_write(entry["name"]),
        size=entry["size"],
        index=index,
        align=entry.get("align", 1),
        bits=entry.get("bits", 8 * entry["size"]),
        signed=entry.get("signed", False),
        count=entry.get("count", UNKNOWN_COUNT),
        enumerators=tuple((name, int(value)) for name, value in entry.get("enumerators", [])),
        qualified=entry.get("qualified", ""),
        is_union=entry.get("union", False),
        is_dynamic=entry.get("dynamic", False),
        is_lambda=entry.get("lambda", False),
    )


def _link(type_: ValueType, entry: dict[str, Any], find: Callable[[int], ValueType]) -> None:
    if "element" in entry:
        type_.element = find(entry["element"])
    if "owner" in entry:
        type_.owner = find(entry["owner"])
    type_.bases = tuple(
        Base(find(base["type"]), base.get("offset", 0), base.get("vtable_offset"))
        for base in entry.get("bases", [])
    )
    type_.fields = tuple(
        Field(field["name"], find(field["type"]), field["offset"], field.get("width"))
        for field in entry.get("fields", [])
    )
    type_.arguments = tuple(_argument(each, find) for each in entry.get("arguments", []))
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


def _argument(entry: dict[str, Any], find: Callable[[int], ValueType]) -> ValueType | int | None:
    if "type" in entry:
        return find(entry["type"])
    return int(entry["value"]) if "value" in entry else None
