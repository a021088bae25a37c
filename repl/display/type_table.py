"""Types of values as the frontend describes them: a table, as they refer to one another.

Types are named by their index in it, because they may do so in circles.
``frontend_process/type_table.cpp`` and ``record_layout.cpp`` make it; ``ValueType`` is made of it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

UNKNOWN_COUNT = -1
"""Of the elements of ``int a[]``."""

Kind = Literal[
    "array",
    "bfloat",
    "bits",
    "bool",
    "char",
    "complex",
    "enum",
    "float",
    "float128",
    "function pointer",
    "incomplete",
    "int",
    "long double",
    "member function pointer",
    "member pointer",
    "nullptr",
    "other",
    "pointer",
    "record",
    "reference",
]
Index = Annotated[int, Meta(ge=0)]


class FieldEntry(Struct, frozen=True):
    """A member of a record. ``offset`` in bits; ``width``: of a bit-field."""

    name: str
    offset: int
    type: Index
    width: int | None = None


class BaseEntry(Struct, frozen=True):
    """A base class: ``offset`` in bytes, or ``vtable_offset`` of a virtual one."""

    type: Index
    offset: int = 0
    vtable_offset: int | None = None


class ArgumentEntry(Struct, frozen=True):
    """Of a template: a type, an integer in decimal (it may have any size), or neither."""

    type: Index | None = None
    value: str | None = None


class TypeEntry(Struct, frozen=True):
    """A type; ``ValueType`` says what the fields mean. ``bits``: None for all of its bytes;
    ``vtable``: the linker's name of a class's virtual table."""

    kind: Kind
    name: str
    size: int
    align: int = 1
    bits: int | None = None
    signed: bool = False
    count: int = UNKNOWN_COUNT
    element: Index | None = None
    owner: Index | None = None
    enumerators: tuple[tuple[str, str], ...] = ()
    qualified: str = ""
    is_union: bool = field(default=False, name="union")
    is_dynamic: bool = field(default=False, name="dynamic")
    is_lambda: bool = field(default=False, name="lambda")
    bases: tuple[BaseEntry, ...] = ()
    fields: tuple[FieldEntry, ...] = ()
    arguments: tuple[ArgumentEntry, ...] = ()
    vtable: str = ""
    point: int = 0
    derived: tuple[Index, ...] = ()


class TypeTable(Struct, frozen=True):
    """``root``: the type that is meant."""

    root: Index
    types: tuple[TypeEntry, ...]
