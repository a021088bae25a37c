"""What a worker, which has no Clang, is likely to do with the objects that a function gives or
takes: it is compiled, and asked of Clang, before the function is sent."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

from repl.python.classes import CppClass
from repl.python.containers import reading_sites
from repl.python.errors import CallError, UnknownNameError
from repl.python.objects import object_argument
from repl.python.spelling import Argument, HasArgument

if TYPE_CHECKING:
    from repl.clang.protocol import Declaration
    from repl.python.bridge import Bridge
    from repl.python.sites import Site

_DEPTH = 3  # of objects within objects
_MOST_MEMBERS = 24


class Example(HasArgument):
    """An object of a class, of which there need not be one: it can be prepared for."""

    __slots__ = ("_cpp_type",)

    def __init__(self, type_name: str) -> None:
        self._cpp_type = type_name

    def _cpp_argument(self) -> Argument:
        return object_argument(self._cpp_type, 0)


def example_of(bridge: Bridge, type_name: str) -> Example | None:
    """None for what is no class."""
    try:
        found = bridge.classes.named(type_name)
    except UnknownNameError:
        return None
    return Example(found.__cpp_name__) if isinstance(found, CppClass) else None


def prepare_result(bridge: Bridge, function: str) -> None:
    """Know what a function returns, if it is one function."""
    found = bridge.declared.result_of(function)
    if found is not None:
        _prepare_found(bridge, found, _DEPTH, of_const=False)


def _prepare_found(bridge: Bridge, found: Declaration, depth: int, *, of_const: bool) -> None:
    """``of_const``: it is a part of what is constant."""
    if found.declaration == "enum":
        bridge.declared.enumerator(found.type.removeprefix("const "), 0)
    elif found.declaration == "class" and found.size and depth:
        is_const = of_const or found.type.startswith("const ")
        plain = found.type.removeprefix("const ")
        _prepare_class(bridge, plain, f"const {plain}" if is_const else plain, depth)


def _prepare_class(bridge: Bridge, plain: str, name: str, depth: int) -> None:
    """Reading an object and what is in it, and destroying it. ``plain``: without ``const``."""
    cls: Any = None
    with suppress(UnknownNameError):
        cls = bridge.classes.named(plain)
    if not isinstance(cls, CppClass):
        return
    bridge.declared.value_type(name)
    _prepare(bridge, bridge.delete(name), (1 << 40,))
    example = Example(name)
    for site, arguments in reading_sites(cls._cpp_all_names()):
        _prepare(bridge, site, (example, *arguments))
    parts = [f"{plain}::value_type", f"{plain}::mapped_type"]
    for member in islice(cls._cpp_members(), _MOST_MEMBERS):
        _prepare(bridge, member.read, (example,))
        parts.append(f"decltype({plain}::{member.__name__})")
    for each in parts:
        _prepare_part(bridge, each, depth - 1, of_const=name != plain)


def _prepare_part(bridge: Bridge, type_: str, depth: int, *, of_const: bool) -> None:
    with suppress(UnknownNameError):
        bridge.classes.is_plain(type_)  # iteration asks for it
    found = bridge.declared.type_named(f"__remove_pointer(__remove_reference_t({type_}))")
    if found is not None:
        _prepare_found(bridge, found, depth, of_const=of_const)


def _prepare(bridge: Bridge, site: Site, arguments: Sequence[Any]) -> None:
    with suppress(CallError):
        bridge.prepare(site, arguments)
