"""Iterators of containers: what they point at. Whether one is at the end cannot be
known in general; then it shows what is in memory there."""

from __future__ import annotations

from repl.display.libstdcxx.reader import Reader, after
from repl.display.nodes import Node, Plain
from repl.display.objects import LayoutError, Object
from repl.display.types import ValueType

_LIST_LINKS, _FORWARD_LINK, _TREE_LINKS = 16, 8, 32
_PARENT = 8  # in a node of a tree, after its colour
_RED = 0


def _normal(iterator: Object) -> Node:
    """That of vectors, strings and spans: a pointer."""
    container = iterator.argument(1)
    if not container.arguments or not isinstance(container.arguments[0], ValueType):
        raise LayoutError("a container without elements")
    return iterator.inspector.point(container.arguments[0], iterator["_M_current"].word())


def _deque(iterator: Object) -> Node:
    return iterator.inspector.point(iterator.argument(0), iterator["_M_cur"].word())


def _list(iterator: Object) -> Node:
    return _at_node(iterator, iterator["_M_node"].word(), _LIST_LINKS)


def _forward_list(iterator: Object) -> Node:
    return _at_node(iterator, iterator["_M_node"].word(), _FORWARD_LINK)


def _tree(iterator: Object) -> Node:
    node = iterator["_M_node"].word()
    if node:
        at = iterator.at(node, iterator.type)
        parent = at.word(_PARENT)
        # The header is the red one of the two nodes that are each other's parents.
        is_header = not parent or (
            at.word() % 256 == _RED and iterator.at(parent, iterator.type).word(_PARENT) == node
        )
        if is_header:
            return Plain("end", None)
    return _at_node(iterator, node, _TREE_LINKS)


def _hashed(iterator: Object) -> Node:
    return _at_node(iterator, iterator["_M_cur"].word(), _FORWARD_LINK)


def _at_node(iterator: Object, node: int, links: int) -> Node:
    if not node:
        return Plain("end", None)
    target = iterator.argument(0)
    return iterator.inspector.point(target, node + after(links, target))


def _bit(iterator: Object) -> Node:
    """Of ``vector<bool>``: a word, and a bit in it."""
    word = iterator.at(iterator["_M_p"].word(), iterator.type).word()
    is_set = word >> iterator["_M_offset"].integer() % 64 & 1
    return Plain("true", True) if is_set else Plain("false", False)


def _bit_reference(reference: Object) -> Node:
    """What ``vector<bool>::operator[]`` gives: a word, and a mask."""
    word = reference.at(reference["_M_p"].word(), reference.type).word()
    is_set = word & reference["_M_mask"].word()
    return Plain("true", True) if is_set else Plain("false", False)


READERS = {
    "__gnu_cxx::__normal_iterator": Reader(_normal, 2),
    "std::_Deque_iterator": Reader(_deque, 1),
    "std::_List_iterator": Reader(_list, 1),
    "std::_List_const_iterator": Reader(_list, 1),
    "std::_Fwd_list_iterator": Reader(_forward_list, 1),
    "std::_Fwd_list_const_iterator": Reader(_forward_list, 1),
    "std::_Rb_tree_iterator": Reader(_tree, 1),
    "std::_Rb_tree_const_iterator": Reader(_tree, 1),
    "std::__detail::_Node_iterator": Reader(_hashed, 1),
    "std::__detail::_Node_const_iterator": Reader(_hashed, 1),
    "std::_Bit_iterator": Reader(_bit),
    "std::_Bit_const_iterator": Reader(_bit),
    "std::_Bit_reference": Reader(_bit_reference),
}
