"""Members that share their place with an empty object, as an allocator."""

from __future__ import annotations

from repl.display.objects import LayoutError, Object


def member(value: Object, *names: str) -> Object:
    """The member that has one of these names. Before version 20 of the library it was the first
    of a pair, whose other half may be empty, and had another name."""
    found = value.any(*names)
    if found.type.qualified != "std::__compressed_pair":
        return found
    first = next(found.bases(), None)
    if first is None:
        raise LayoutError(f"{found.type.name} has no halves")
    return first["__value_"]
