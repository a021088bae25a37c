"""What a class says itself that it can be converted to: ``int(x)``, ``float(x)``, ``str(x)``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from repl.python.errors import CallError
from repl.python.sites import Site

if TYPE_CHECKING:
    from collections.abc import Callable

    from repl.python.bridge import Bridge

_PREFIX = "operator "
_INTEGERS = (
    "long long", "long", "unsigned long long", "unsigned long", "int", "unsigned int", "short",
    "unsigned short", "signed char", "unsigned char",
)  # fmt: skip
_FLOATING = ("long double", "double", "float")
_TEXTS = {
    "const char *": "$0.operator const char *()",
    "char *": "$0.operator char *()",
    "basic_string": "static_cast<::std::string>($0)",
    "basic_string_view": "static_cast<::std::string_view>($0)",
}


def conversion_methods(bridge: Bridge, names: set[str]) -> dict[str, Callable[..., Any]]:
    """For a class; ``names``: of its members, those of its bases included. Of several numbers the
    widest counts."""
    methods: dict[str, Callable[..., Any]] = {}
    targets = {name.removeprefix(_PREFIX) for name in names if name.startswith(_PREFIX)}
    integers = [each for each in _INTEGERS if each in targets]
    floating = [each for each in _FLOATING if each in targets]
    if integers or floating:
        methods["__int__"] = _number(bridge, int, integers + floating)
        methods["__float__"] = _number(bridge, float, floating + integers)
    if {"real", "imag"} <= names:
        methods["__complex__"] = lambda self: complex(self.real(), self.imag())
    texts = [spelled for each, spelled in _TEXTS.items() if each in targets]
    if texts:
        methods["__str__"] = _text(bridge, Site(*texts, most=1))
    return methods


def _number(
    bridge: Bridge, make: Callable[[Any], int | float], targets: list[str]
) -> Callable[..., Any]:
    site = Site(*(f"$0.operator {each}()" for each in targets), most=1)
    return lambda self: make(bridge.evaluate(site, (self,)))


def _text(bridge: Bridge, site: Site) -> Callable[..., Any]:
    def text(self: Any) -> str:
        try:
            value = bridge.evaluate(site, (self,))
        except CallError:  # to a view of other characters
            value = bridge.value_of(self)
        return value if isinstance(value, str) else repr(self)

    return text
