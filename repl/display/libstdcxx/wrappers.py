"""What holds one value, or a few: pairs, tuples, optionals, variants and their kin."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from repl.display.libstdcxx.reader import Reader
from repl.display.nodes import Labelled, Node, Plain, Record, Sequence
from repl.display.objects import Corrupt, LayoutError, Object


def _pair(pair: Object) -> Node:
    return Sequence((pair["first"].show(), pair["second"].show()), 2, is_tuple=True)


def _tuple(tuple_: Object) -> Node:
    items = tuple(element.show() for element in tuple_elements(tuple_))
    return Sequence(items, len(items), is_tuple=True)


def tuple_elements(tuple_: Object) -> Iterator[Object]:
    """The elements of a ``std::tuple``. Each ``_Tuple_impl`` has one, in a base class
    ``_Head_base``, and the next ``_Tuple_impl``."""
    part = _base_named(tuple_, "std::_Tuple_impl") if tuple_.type.arguments else None
    if part is None and tuple_.type.arguments:
        raise LayoutError("a tuple without parts")
    while part is not None:
        head = _base_named(part, "std::_Head_base")
        if head is None:
            raise LayoutError("a part of a tuple without an element")
        # An empty class may be a base of it, and no member.
        element = head["_M_head_impl"] if head.type.fields else next(head.bases(), None)
        if element is None:
            raise LayoutError("a part of a tuple without an element")
        yield element
        part = _base_named(part, "std::_Tuple_impl")


def _base_named(object_: Object, name: str) -> Object | None:
    return next((base for base in object_.bases() if base.type.qualified == name), None)


def _optional(optional: Object) -> Node:
    payload = optional["_M_payload"]
    if not payload["_M_engaged"].integer():
        return Plain("nullopt", None)
    return payload["_M_payload"]["_M_value"].show()


def _variant(variant: Object) -> Node:
    return alternative(variant, variant["_M_index"], variant["_M_u"].address)


def alternative(variant: Object, index: Object, address: int) -> Node:
    """What is in a variant, at an address, if ``index`` says which it is."""
    number = index.integer() % (1 << 8 * index.type.size)
    if number == (1 << 8 * index.type.size) - 1:
        return Plain("valueless", None)
    if number >= len(variant.type.arguments):
        raise Corrupt(f"alternative {number} of {len(variant.type.arguments)}")
    type_ = variant.argument(number)
    node = variant.at(address, type_).show()
    if isinstance(node, Record) and not node.dynamic_type and not node.is_lambda:
        return replace(node, dynamic_type=type_.name)  # or nobody knows which it is
    return node


def _expected(expected: Object) -> Node:
    if not expected["_M_has_value"].integer():
        return Labelled("unexpected", expected["_M_unex"].show())
    if expected.argument(0).kind == "other":  # void
        return Plain("{}", None)
    return expected["_M_val"].show()


def _first_argument(wrapper: Object) -> Node:
    return wrapper.of(wrapper.argument(0)).show()


def _complex(number: Object) -> Node:
    return number["_M_value"].show()


def _reference(reference: Object) -> Node:
    return reference.at(reference.any("_M_data", "__f_").word(), reference.argument(0)).show()


READERS = {
    "std::pair": Reader(_pair, 2),
    "std::tuple": Reader(_tuple, None),
    "std::optional": Reader(_optional, 1),
    "std::variant": Reader(_variant, None),
    "std::expected": Reader(_expected, 2),
    "std::complex": Reader(_complex),
    "std::atomic": Reader(_first_argument, 1),
    "std::reference_wrapper": Reader(_reference, 1),
}
