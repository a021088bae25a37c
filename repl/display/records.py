"""Classes, structs and unions by their members."""

from __future__ import annotations

from repl.display.memory import Memory, Unreadable
from repl.display.names import as_users_write, shortened_type
from repl.display.nodes import Cut, Member, Node, Problem, Record
from repl.display.objects import Object
from repl.display.readers import find_readers
from repl.display.type_information import dynamic_type
from repl.display.types import Field, ValueType


def by_fields(record: Object) -> Node:
    """All bases and fields of an object, private ones too."""
    members = _members(record, is_whole=True, depth=0)
    most = record.inspector.limits.elements
    return Record(
        record.type.name,
        tuple(members[:most]),
        _other_class(record),
        is_lambda=record.type.is_lambda,
        is_cut=len(members) > most,
    )


def _members(record: Object, is_whole: bool, depth: int) -> list[Member]:
    """``depth``: of bases and anonymous members, around this one."""
    found: list[Member] = []
    for base in record.type.bases:
        # Virtual bases are shown once, by the class that is the whole object.
        if base.vtable_offset is not None and not is_whole:
            continue
        try:
            node = _base(record.base(base), depth)
        except Unreadable as problem:
            node = Problem(str(problem))
        if node != Record(base.type.name, ()):
            found.append(Member(f"<{_base_name(base.type)}>", node))
    for field in record.type.fields:
        found += _field_members(record, field, depth)
    return found


def _base_name(class_: ValueType) -> str:
    """Clang names a type as it has met it first, which may have been a constant."""
    return shortened_type(class_.name.removeprefix("const "))


def _base(part: Object, depth: int) -> Node:
    if part.type.printer or find_readers(part.type):
        return part.inspector.inspect(part.type, part.address, is_whole=True)
    if depth >= part.inspector.limits.depth:
        return Cut()
    return Record(part.type.name, tuple(_members(part, is_whole=False, depth=depth + 1)))


def _field_members(record: Object, field: Field, depth: int) -> list[Member]:
    if field.name:
        return [Member(f".{field.name}", record.inspector.inspect_field(record, field))]
    # An anonymous struct or union: its members are the record's.
    if depth >= record.inspector.limits.depth:
        return [Member(".(anonymous)", Cut())]
    return _members(record.of(field.type, field.offset // 8), is_whole=True, depth=depth + 1)


def _other_class(record: Object) -> str:
    """The name of the object's own class, if it is another than its type."""
    if not record.type.is_dynamic:
        return ""
    name = as_users_write(dynamic_type(record))
    known = record.type.name.removeprefix("const ")
    return name if name and name.replace(" ", "") != known.replace(" ", "") else ""


def bit_field(memory: Memory, address: int, field: Field) -> bytes:
    """The value of a bit-field, as the bytes of its type. Raises Unreadable."""
    width = field.width or 0
    start = field.offset % 8
    data = memory.read(address + field.offset // 8, (start + width + 7) // 8)
    value = int.from_bytes(data, "little") >> start & ((1 << width) - 1)
    if field.type.signed and width and value >> (width - 1):
        value -= 1 << width
    size = field.type.size
    return (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")
