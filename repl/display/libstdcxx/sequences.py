"""Sequence containers, their adaptors, and spans."""

from __future__ import annotations

from collections.abc import Iterator

from repl.display.libstdcxx.reader import Reader, after, checked_size
from repl.display.nodes import Node, Plain, Sequence
from repl.display.objects import Corrupt, LayoutError, Object
from repl.display.types import ValueType

_DYNAMIC_EXTENT = (1 << 64) - 1
_DEQUE_BUFFER = 512  # bytes, or one element if that is larger


def _vector(vector: Object) -> Node:
    element = vector.argument(0)
    storage = vector["_M_impl"]
    if element.kind == "bool":
        return _bits(storage)
    start = storage["_M_start"].word()
    finish = storage["_M_finish"].word()
    count = count_between(start, finish, element)
    if storage["_M_end_of_storage"].word() < finish:
        raise Corrupt("the capacity is less than the size")
    return vector.inspector.contiguous(element, start, count)


def count_between(start: int, finish: int, element: ValueType) -> int:
    """How many elements there are between two addresses. Raises Corrupt."""
    if finish < start or (start == 0 and finish):
        raise Corrupt(f"begins at {start:#x}, ends at {finish:#x}")
    if not element.size:
        raise LayoutError("elements without a size")
    count, rest = divmod(finish - start, element.size)
    if rest:
        raise Corrupt(f"{finish - start} bytes of elements with {element.size}")
    return checked_size(count)


def _bits(storage: Object) -> Node:
    """``vector<bool>``: words of 64 bits."""
    start, finish = storage["_M_start"], storage["_M_finish"]
    address = start["_M_p"].word()
    count = 8 * (finish["_M_p"].word() - address) + finish["_M_offset"].integer()
    if count < 0:
        raise Corrupt(f"size {count}")
    return packed_bits(storage, address, count)


def packed_bits(near: Object, address: int, count: int) -> Sequence:
    """So many ``bool``, each of which is a bit."""
    inspector = near.inspector
    shown = min(checked_size(count), inspector.limits.elements)
    data = inspector.memory.read(address, (shown + 7) // 8) if shown else b""
    values = [data[at // 8] >> at % 8 & 1 for at in range(shown)]
    items = tuple(Plain("true", True) if each else Plain("false", False) for each in values)
    return Sequence(items, count)


def _array(array: Object) -> Node:
    return array.inspector.contiguous(array.argument(0), array.address, array.number(1))


def _list(list_: Object) -> Node:
    header = list_["_M_impl"]["_M_node"]
    count = checked_size(header["_M_size"].integer())
    element = list_.argument(0)
    addresses = linked(header, header.word(), header.address, 16, element, count)
    return list_.inspector.sequence(element, addresses, count)


def linked(
    head: Object,
    node: int,
    end: int,
    links: int,
    element: ValueType,
    count: int | None,
    next_at: int = 0,
) -> Iterator[int]:
    """Addresses of the elements of linked nodes, which have ``links`` bytes before the element,
    and among these, at ``next_at``, the address of the next node."""
    seen: set[int] = set()
    while node != end:
        if count is not None and len(seen) == count:
            raise Corrupt(f"{count} elements expected, there are more")
        if node in seen or not node:
            raise _ends_early(count, len(seen))
        seen.add(node)
        yield node + after(links, element)
        node = head.at(node, element).word(next_at)
    if count is not None and len(seen) < count:
        raise _ends_early(count, len(seen))


def _ends_early(count: int | None, seen: int) -> Corrupt:
    if count is None:
        return Corrupt(f"the list comes back to itself after {seen} elements")
    return Corrupt(f"{count} elements expected, list ends after {seen}")


def _forward_list(list_: Object) -> Node:
    head = list_["_M_impl"]["_M_head"]
    element = list_.argument(0)
    addresses = linked(head, head.word(), 0, 8, element, None)
    return list_.inspector.sequence(element, addresses, None)


def _deque(deque: Object) -> Node:
    storage = deque["_M_impl"]
    start, finish = storage["_M_start"], storage["_M_finish"]
    element = deque.argument(0)
    if not element.size:
        raise LayoutError("elements without a size")
    per_buffer = max(_DEQUE_BUFFER // element.size, 1)
    first_node, last_node = start["_M_node"].word(), finish["_M_node"].word()
    map_, map_size = storage["_M_map"].word(), storage["_M_map_size"].integer()
    if not map_ <= first_node <= last_node < map_ + 8 * checked_size(map_size):
        raise Corrupt("its buffers are not in its map")
    before = (start["_M_cur"].word() - start["_M_first"].word()) // element.size
    after_ = (finish["_M_cur"].word() - finish["_M_first"].word()) // element.size
    count = (last_node - first_node) // 8 * per_buffer + after_ - before
    if not (0 <= before < per_buffer and 0 <= after_ < per_buffer and count >= 0):
        raise Corrupt(f"size {count}")

    def addresses() -> Iterator[int]:
        for at in range(before, before + count):
            buffer = deque.at(first_node + 8 * (at // per_buffer), element).word()
            yield buffer + at % per_buffer * element.size

    return deque.inspector.sequence(element, addresses(), count)


def _adaptor(adaptor: Object) -> Node:
    return adaptor["c"].show()


def _span(span: Object) -> Node:
    count = span.number(1) % (1 << 64)
    if count == _DYNAMIC_EXTENT:
        count = span["_M_extent"]["_M_extent_value"].integer()
    element = span.argument(0)
    return span.inspector.contiguous(element, span["_M_ptr"].word(), checked_size(count))


def _initializer_list(list_: Object) -> Node:
    count = checked_size(list_.any("_M_len", "__size_").integer())
    begin = list_.any("_M_array", "__begin_").word()
    return list_.inspector.contiguous(list_.argument(0), begin, count)


def _valarray(array: Object) -> Node:
    count = checked_size(array["_M_size"].integer())
    return array.inspector.contiguous(array.argument(0), array["_M_data"].word(), count)


def _bitset(bitset: Object) -> Node:
    count = bitset.number(0)
    if not count:
        return Plain("0b", 0)
    shown = min(count, bitset.inspector.limits.characters)
    data = bitset.inspector.memory.read(bitset.address, (shown + 7) // 8)
    value = int.from_bytes(data, "little") & ((1 << shown) - 1)
    digits = f"{value:0{shown}b}"
    if shown < count:  # the highest bits come first
        return Plain(f"...{digits} ({count} bits)", value, is_cut=True)
    return Plain(f"0b{digits}", value)


READERS = {
    "std::vector": Reader(_vector, 1),
    "std::array": Reader(_array, 1),
    "std::list": Reader(_list, 1),
    "std::forward_list": Reader(_forward_list, 1),
    "std::deque": Reader(_deque, 1),
    "std::stack": Reader(_adaptor, 2),
    "std::queue": Reader(_adaptor, 2),
    "std::priority_queue": Reader(_adaptor, 2),
    "std::span": Reader(_span, 1),
    "std::initializer_list": Reader(_initializer_list, 1),
    "std::valarray": Reader(_valarray, 1),
    "std::bitset": Reader(_bitset),
}
