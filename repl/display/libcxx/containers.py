"""Containers and strings."""

from __future__ import annotations

from collections.abc import Iterator

from repl.display.libcxx.compressed import member
from repl.display.libstdcxx.associative import associative_readers, hashed, in_order
from repl.display.libstdcxx.reader import Reader, after, checked_size
from repl.display.libstdcxx.sequences import count_between, linked, packed_bits
from repl.display.nodes import Node
from repl.display.objects import Corrupt, LayoutError, Object
from repl.display.types import ValueType

_DYNAMIC_EXTENT = (1 << 64) - 1
# Of nodes: the links, and how many bytes come before the value.
_LEFT, _RIGHT, _TREE_NODE = 0, 8, 25  # left, right, parent, colour
_HASH_NODE = 16  # next, hash
_LIST_NEXT, _LIST_NODE = 8, 16  # previous, next
_FORWARD_NODE = 8
# Of deques: bytes of a block, and elements of one if they are large.
_BLOCK, _LARGE, _FEWEST = 4096, 256, 16


def _vector(vector: Object) -> Node:
    element = vector.argument(0)
    start = vector["__begin_"].word()
    if element.kind == "bool":
        return packed_bits(vector, start, checked_size(vector["__size_"].integer()))
    finish = vector["__end_"].word()
    count = count_between(start, finish, element)
    if member(vector, "__cap_", "__end_cap_").word() < finish:
        raise Corrupt("the capacity is less than the size")
    return vector.inspector.contiguous(element, start, count)


def _string(string: Object) -> Node:
    character = string.argument(0)
    representation = member(string, "__rep_", "__r_")
    short, long = representation["__s"], representation["__l"]
    within = short["__data_"]
    # Whether it is a long one is a bit of the first byte, or in another ABI of the last.
    is_flag_first = within.address > short.address
    at = 0 if is_flag_first else long.type.size - 1
    (flags,) = string.inspector.memory.read(short.address + at, 1)
    is_long, length = (flags & 1, flags >> 1) if is_flag_first else (flags >> 7, flags & 127)
    pointer, most = within.address, within.type.count
    if is_long:
        pointer, most = long["__data_"].word(), (1 << 62) // character.size
        length = long["__size_"].integer()
    if not 0 <= length < most:
        raise Corrupt(f"length {length}")
    return string.inspector.string(character, pointer, length)


def _list(list_: Object) -> Node:
    end, element = list_["__end_"], list_.argument(0)
    count = checked_size(member(list_, "__size_", "__size_alloc_").integer())
    first = end.word(_LIST_NEXT)
    addresses = linked(end, first, end.address, _LIST_NODE, element, count, _LIST_NEXT)
    return list_.inspector.sequence(element, addresses, count)


def _forward_list(list_: Object) -> Node:
    head, element = member(list_, "__before_begin_"), list_.argument(0)
    addresses = linked(head, head.word(), 0, _FORWARD_NODE, element, None)
    return list_.inspector.sequence(element, addresses, None)


def _deque(deque: Object) -> Node:
    element = deque.argument(0)
    if not element.size:
        raise LayoutError("elements without a size")
    per_block = _BLOCK // element.size if element.size < _LARGE else _FEWEST
    blocks = deque["__map_"]
    begin, end = blocks["__begin_"].word(), blocks["__end_"].word()
    start, count = deque["__start_"].integer(), checked_size(member(deque, "__size_").integer())
    if not 0 <= begin <= end or start + count > (end - begin) // 8 * per_block:
        raise Corrupt(f"size {count}, from {start}, in {(end - begin) // 8} blocks")

    def addresses() -> Iterator[int]:
        for at in range(start, start + count):
            block = deque.at(begin + 8 * (at // per_block), element).word()
            yield block + at % per_block * element.size

    return deque.inspector.sequence(element, addresses(), count)


def _tree_values(container: Object, value: ValueType) -> tuple[Iterator[int], int]:
    tree = container["__tree_"]
    count = checked_size(member(tree, "__size_", "__pair3_").integer())
    root = member(tree, "__end_node_", "__pair1_").word()
    nodes = in_order(tree, root, _LEFT, _RIGHT, count)
    return (node + after(_TREE_NODE, value) for node in nodes), count


def _hash_values(container: Object, value: ValueType) -> tuple[Iterator[int], int]:
    table = container["__table_"]
    count = checked_size(member(table, "__size_", "__p2_").integer())
    nodes = hashed(table, member(table, "__first_node_", "__p1_").word(), count)
    return (node + after(_HASH_NODE, value) for node in nodes), count


def _span(span: Object) -> Node:
    count = span.number(1) % (1 << 64)
    if count == _DYNAMIC_EXTENT:
        count = span["__size_"].integer()
    return span.inspector.contiguous(span.argument(0), span["__data_"].word(), checked_size(count))


def _valarray(array: Object) -> Node:
    element, begin = array.argument(0), array["__begin_"].word()
    count = count_between(begin, array["__end_"].word(), element)
    return array.inspector.contiguous(element, begin, count)


READERS = {
    **associative_readers(_tree_values, _hash_values),
    "std::vector": Reader(_vector, 1),
    "std::basic_string": Reader(_string),
    "std::list": Reader(_list, 1),
    "std::forward_list": Reader(_forward_list, 1),
    "std::deque": Reader(_deque, 1),
    "std::span": Reader(_span, 1),
    "std::valarray": Reader(_valarray, 1),
}
