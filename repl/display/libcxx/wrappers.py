"""What holds one value, or a few; pointers that own; what has its type erased."""

from __future__ import annotations

from repl.display.libcxx.compressed import member
from repl.display.libstdcxx.functions import shown_by_name, target, template_arguments
from repl.display.libstdcxx.ownership import owner, shared
from repl.display.libstdcxx.reader import Reader
from repl.display.libstdcxx.wrappers import alternative
from repl.display.nodes import Labelled, Node, Plain, Problem, Sequence
from repl.display.objects import LayoutError, Object

_VTABLE = "vtable for std::__1::__function::__func<"
_TO_ADDRESS_POINT = 16  # bytes of a virtual table before where objects point
_OWNERS = 8  # of a control block: how many there are besides one


def _tuple(tuple_: Object) -> Node:
    items: list[Node] = []
    if tuple_.type.arguments:
        for leaf in tuple_["__base_"].bases():
            if leaf.type.qualified != "std::__tuple_leaf":
                raise LayoutError("a part of a tuple that is none")
            # An empty class may be a base of it, and no member.
            element = leaf["__value_"] if leaf.type.fields else next(leaf.bases(), None)
            if element is None:
                raise LayoutError("a part of a tuple without an element")
            items.append(element.show())
    return Sequence(tuple(items), len(items), is_tuple=True)


def _optional(optional: Object) -> Node:
    if not optional["__engaged_"].integer():
        return Plain("nullopt", None)
    return optional["__val_"].show()


def _variant(variant: Object) -> Node:
    held = variant["__impl_"]
    return alternative(variant, held["__index"], held["__data"].address)


def _expected(expected: Object) -> Node:
    held = expected["__repr_"]["__v"]
    if not held["__has_val_"].integer():
        return Labelled("unexpected", held["__union_"]["__v"]["__unex_"].show())
    if expected.argument(0).kind == "other":  # void
        return Plain("{}", None)
    return held["__union_"]["__v"]["__val_"].show()


def _complex(number: Object) -> Node:
    real, imaginary = number["__re_"].show(), number["__im_"].show()
    match real, imaginary:
        case Plain(text=a, value=int(x) | float(x)), Plain(text=b, value=int(y) | float(y)):
            sign = "-" if b.startswith("-") else "+"
            return Plain(f"{a} {sign} {b.removeprefix('-')}i", complex(x, y))
        case _:
            return Sequence((real, imaginary), 2, is_tuple=True)


def _unique(pointer: Object) -> Node:
    return owner(pointer, member(pointer, "__ptr_").word(), "")


def _shared(pointer: Object) -> Node:
    return shared(pointer, pointer["__ptr_"].word(), _owners(pointer))


def _weak(pointer: Object) -> Node:
    count = _owners(pointer)
    if count is None:
        return Plain("nullptr", None)
    return shared(pointer, pointer["__ptr_"].word(), count) if count else Plain("expired", None)


def _owners(pointer: Object) -> int | None:
    block = pointer["__cntrl_"].word()
    if not block:
        return None
    data = pointer.inspector.memory.read(block + _OWNERS, 8)
    return int.from_bytes(data, "little", signed=True) + 1


def _function(function: Object) -> Node:
    callee = function["__f_"]["__f_"].word()
    if not callee:
        return Plain("empty", None)
    held = function.at(callee, function.type)
    arguments = template_arguments(held.symbol_at(held.word() - _TO_ADDRESS_POINT), _VTABLE)
    return target(function, held.word(8), arguments[0] if arguments else "")


def _any(any_: Object) -> Node:
    handler = any_["__h_"].word()
    if not handler:
        return Plain("empty", None)
    symbol = any_.symbol_at(handler)
    storage = any_["__s_"]
    for opening, is_local in (("_SmallHandler<", True), ("_LargeHandler<", False)):
        arguments = template_arguments(symbol, opening)
        if arguments:
            address = storage.address if is_local else storage.word()
            return shown_by_name(arguments[0], any_, address)
    return Problem("a value of unknown type")


READERS = {
    "std::tuple": Reader(_tuple, None),
    "std::optional": Reader(_optional, 1),
    "std::variant": Reader(_variant, None),
    "std::expected": Reader(_expected, 2),
    "std::complex": Reader(_complex),
    "std::unique_ptr": Reader(_unique, 1),
    "std::shared_ptr": Reader(_shared, 1),
    "std::weak_ptr": Reader(_weak, 1),
    "std::function": Reader(_function),
    "std::any": Reader(_any),
}
