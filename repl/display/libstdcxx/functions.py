"""What has its type erased: function objects and ``std::any``. Which type it is can be
seen from the name of the function that manages it."""

from __future__ import annotations

import struct
from collections.abc import Callable

from repl.display.brackets import with_depth
from repl.display.characters import PLAIN_CHARACTER
from repl.display.libstdcxx.reader import Reader
from repl.display.memory import Unreadable
from repl.display.names import as_users_write
from repl.display.nodes import Labelled, Node, Plain, Problem
from repl.display.objects import Object
from repl.display.pointers import function_name
from repl.display.scalars import scalar
from repl.display.types import ValueType


def _function(function: Object) -> Node:
    manager = function["_M_manager"].word()
    if not manager:
        return Plain("empty", None)
    symbol = function.symbol_at(manager)
    arguments = template_arguments(symbol, "std::_Function_handler<")
    name = arguments[1] if len(arguments) > 1 else ""
    return target(function, function["_M_functor"].word(), name)


def _move_only_function(function: Object) -> Node:
    invoker = function["_M_invoke"].word()
    if not invoker:
        return Plain("empty", None)
    symbol = function.symbol_at(invoker)
    names = template_arguments(symbol, "::_S_invoke<")
    if not names:  # since GCC 16, as a reference to what is called
        names = template_arguments(symbol, "::_S_call_storage<")
    name = names[0].removesuffix("&").removesuffix(" const") if names else ""
    return target(function, function["_M_storage"].word(), name)


def target(function: Object, stored: int, name: str) -> Node:
    """What a function object calls: ``stored`` is the first word of it, ``name`` its type's."""
    called = function_name(stored, function.inspector.view) if "(*)" in name else ""
    return Plain(called or (f"<{as_users_write(name)}>" if name else "<a function>"), name)


def template_arguments(symbol: str, opening: str) -> list[str]:
    """What is between the brackets that ``opening`` ends with, at the commas outside of
    others."""
    _, found, rest = symbol.partition(opening)
    arguments: list[str] = []
    for _, text, depth in with_depth(f"<{rest}" if found else "", "<([{"):
        if depth == 0 and arguments:
            break
        if depth == 0 or (depth == 1 and text == ","):
            arguments.append("")
        else:
            arguments[-1] += text
    return [each.strip() for each in arguments]


def _any(any_: Object) -> Node:
    manager = any_["_M_manager"].word()
    if not manager:
        return Plain("empty", None)
    symbol = any_.symbol_at(manager)
    storage = any_["_M_storage"]
    for opening, is_local in (("_Manager_internal<", True), ("_Manager_external<", False)):
        arguments = template_arguments(symbol, opening)
        if arguments:
            address = storage.address if is_local else storage.word()
            return shown_by_name(arguments[0], any_, address)
    return Problem("a value of unknown type")


def shown_by_name(name: str, near: Object, address: int) -> Labelled:
    """An object of which only the name of its type is known: what the most usual types
    have, else ``...``."""
    written = as_users_write(name)
    known = _KNOWN.get(_LIBCXX_STRING if name.startswith(_LIBCXX_STRING) else written)
    return Labelled(written, _read(known, near, address))


def _read(known: Callable[[Object, int], Node] | None, near: Object, address: int) -> Node:
    if known is None:
        return Plain("...", None)
    try:
        return known(near, address)
    except Unreadable as problem:
        return Problem(str(problem))


def _number(type_: ValueType) -> Callable[[Object, int], Node]:
    return lambda near, address: scalar(type_, near.inspector.memory.read(address, type_.size))


def _c_string(near: Object, address: int) -> Node:
    return near.inspector.c_string(PLAIN_CHARACTER, near.at(address, PLAIN_CHARACTER).word())


def _cxx_string(near: Object, address: int) -> Node:
    pointer, length = struct.unpack("<QQ", near.inspector.memory.read(address, 16))
    return near.inspector.string(PLAIN_CHARACTER, pointer, length)


def _libcxx_string(near: Object, address: int) -> Node:
    data = near.inspector.memory.read(address, 24)
    if data[0] & 1:  # a long one
        length, pointer = struct.unpack("<QQ", data[8:])
        return near.inspector.string(PLAIN_CHARACTER, pointer, length)
    return near.inspector.string(PLAIN_CHARACTER, address + 1, data[0] >> 1)


def _integers(*names: str, size: int, signed: bool) -> dict[str, Callable[[Object, int], Node]]:
    return {
        name: _number(ValueType("int", name, size, bits=8 * size, signed=signed)) for name in names
    }


_LIBCXX_STRING = "std::__1::basic_string<char,"  # to users it is a std::string, too

_KNOWN: dict[str, Callable[[Object, int], Node]] = {
    "bool": _number(ValueType("bool", "bool", 1, bits=8)),
    "char": _number(PLAIN_CHARACTER),
    **_integers("short", size=2, signed=True),
    **_integers("unsigned short", size=2, signed=False),
    **_integers("int", size=4, signed=True),
    **_integers("unsigned int", size=4, signed=False),
    **_integers("long", "long long", size=8, signed=True),
    **_integers("unsigned long", "unsigned long long", size=8, signed=False),
    "float": _number(ValueType("float", "float", 4)),
    "double": _number(ValueType("float", "double", 8)),
    "char const*": _c_string,
    "char*": _c_string,
    "std::string": _cxx_string,
    _LIBCXX_STRING: _libcxx_string,
}

READERS = {
    "std::function": Reader(_function),
    "std::move_only_function": Reader(_move_only_function),
    "std::copyable_function": Reader(_move_only_function),
    "std::any": Reader(_any),
}
