"""Smart pointers."""

from __future__ import annotations

from msgspec.structs import replace

from repl.display.libstdcxx.reader import Reader
from repl.display.libstdcxx.wrappers import tuple_elements
from repl.display.nodes import Node, Plain, Pointer
from repl.display.objects import Corrupt, LayoutError, Object
from runtime.addresses import ExecutorAddress

# Of _Sp_counted_base, after its virtual table: owners, and observers.
_OWNERS = 8


def _unique(pointer: Object) -> Node:
    parts = tuple_elements(pointer["_M_t"]["_M_t"])
    stored = next(parts, None)
    if stored is None:
        raise LayoutError("no pointer")
    return owner(pointer, stored.word(), "")


def owner(pointer: Object, address: int, note: str) -> Node:
    """A smart pointer that leads to an address."""
    target = pointer.argument(0)
    if target.kind == "array":  # T[], of unknown length
        return Pointer(ExecutorAddress(address), note, is_owner=True)
    return replace(pointer.inspector.point(target, address, note), is_owner=True)


def _shared(pointer: Object) -> Node:
    return shared(pointer, pointer["_M_ptr"].word(), _owners(pointer))


def shared(pointer: Object, address: int, count: int | None) -> Node:
    """One that ``count`` share; None: it has no control block."""
    if count is None:
        return owner(pointer, address, "")
    if count < 1:
        raise Corrupt(f"use count {count}")
    return owner(pointer, address, f"(use count {count})")


def _weak(pointer: Object) -> Node:
    count = _owners(pointer)
    if count is None:
        return Plain("nullptr", None)
    if count == 0:
        return Plain("expired", None)
    return shared(pointer, pointer["_M_ptr"].word(), count)


def _owners(pointer: Object) -> int | None:
    """How many share what it points at; None without a control block."""
    block = pointer["_M_refcount"]["_M_pi"].word()
    if not block:
        return None
    data = pointer.inspector.memory.read(block + _OWNERS, 4)
    return int.from_bytes(data, "little", signed=True)


READERS = {
    "std::unique_ptr": Reader(_unique, 1),
    "std::shared_ptr": Reader(_shared, 1),
    "std::weak_ptr": Reader(_weak, 1),
}
