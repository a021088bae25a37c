"""Maps and sets: red-black trees and hash tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from repl.display.libstdcxx.reader import Reader, after, checked_size
from repl.display.nodes import Mapping, Node
from repl.display.objects import Corrupt, Object
from repl.display.types import ValueType

# Of _Rb_tree_node_base: colour, parent, left, right.
_PARENT, _LEFT, _RIGHT, _NODE_BASE = 8, 16, 24, 32
_DEEPEST = 128  # a red-black tree of 2^64 nodes is as deep
_HASH_NODE_BASE = 8  # the next node


def in_order(near: Object, root: int, left: int, right: int, count: int) -> Iterator[int]:
    """The nodes of a tree, each read when it is needed. ``left`` and ``right``: where a node has
    the addresses of those below it."""
    found = 0
    pending: list[int] = []
    node = root
    while node or pending:
        while node:
            if len(pending) == _DEEPEST:
                raise Corrupt(f"{count} elements expected, the tree is too deep")
            pending.append(node)
            node = near.at(node, near.type).word(left)
        node = pending.pop()
        found += 1
        if found > count:
            raise Corrupt(f"{count} elements expected, there are more")
        yield node
        node = near.at(node, near.type).word(right)
    if found < count:
        raise Corrupt(f"{count} elements expected, tree ends after {found}")


def _tree_values(container: Object, value: ValueType) -> tuple[Iterator[int], int]:
    """Addresses of the values, which are aligned as ``value`` is, and their number."""
    tree = container["_M_t"]
    count = checked_size(tree["_M_impl"]["_M_node_count"].integer())
    root = tree["_M_impl"]["_M_header"].word(_PARENT)
    nodes = in_order(tree, root, _LEFT, _RIGHT, count)
    return (node + after(_NODE_BASE, value) for node in nodes), count


def hashed(table: Object, first: int, count: int) -> Iterator[int]:
    """The nodes of a hash table, which are one list."""
    seen: set[int] = set()
    node = first
    while node:
        if node in seen or len(seen) == count:
            raise Corrupt(f"{count} elements expected, there are more")
        seen.add(node)
        yield node
        node = table.at(node, table.type).word()
    if len(seen) < count:
        raise Corrupt(f"{count} elements expected, list ends after {len(seen)}")


def _hash_values(container: Object, value: ValueType) -> tuple[Iterator[int], int]:
    table = container["_M_h"]
    count = checked_size(table["_M_element_count"].integer())
    nodes = hashed(table, table["_M_before_begin"].word(), count)
    return (node + after(_HASH_NODE_BASE, value) for node in nodes), count


Values = Callable[[Object, ValueType], tuple[Iterator[int], int]]


def _set(values: Values) -> Callable[[Object], Node]:
    def show(container: Object) -> Node:
        element = container.argument(0)
        addresses, count = values(container, element)
        return container.inspector.sequence(element, addresses, count)

    return show


def _map(values: Values, is_multiple: bool) -> Callable[[Object], Node]:
    def show(container: Object) -> Node:
        key, value = container.argument(0), container.argument(1)
        aligned_most = max(key, value, key=lambda type_: type_.align)
        addresses, count = values(container, aligned_most)
        inspector = container.inspector
        items: list[tuple[Node, Node]] = []
        for address in addresses:
            if len(items) == inspector.limits.elements or inspector.is_exhausted:
                break
            mapped = address + after(key.size, value)
            items.append((inspector.inspect(key, address), inspector.inspect(value, mapped)))
        return Mapping(tuple(items), count, is_multiple)

    return show


def associative_readers(tree: Values, table: Values) -> dict[str, Reader]:
    """Those of all of them, by how the values of a tree and of a hash table are found."""
    readers: dict[str, Reader] = {}
    for prefix, values in (("", tree), ("unordered_", table)):
        for multiple in ("", "multi"):
            name = f"std::{prefix}{multiple}"
            readers[f"{name}set"] = Reader(_set(values), 1)
            readers[f"{name}map"] = Reader(_map(values, is_multiple=bool(multiple)), 2)
    return readers


READERS = associative_readers(_tree_values, _hash_values)
