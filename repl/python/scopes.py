"""Namespaces of C++ as Python's objects: ``session.gbl`` and ``gbl.std``."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from repl.clang.flags import is_c
from repl.errors import ShellError
from repl.python.bridge import Bridge
from repl.python.classes import Classes
from repl.python.errors import UnknownNameError
from repl.python.functions import CppFunction
from repl.python.variables import Variable

if TYPE_CHECKING:
    from repl.clang.protocol import Declaration
    from repl.python.declared import State
    from repl.python.turns import Turns
    from repl.session.live_session import LiveSession

_BUILT_IN = {
    "bool", "char", "short", "int", "long", "float", "double",
}  # fmt: skip


class Scope:
    """What is declared in a namespace: functions, classes, variables, enumerators, namespaces,
    macros that are constants. A variable is read and assigned as an attribute."""

    def __init__(self, bridge: Bridge, name: str) -> None:
        """``name``: such as ``std``; empty for what is global."""
        object.__setattr__(self, "_bridge", bridge)
        object.__setattr__(self, "_name", name)
        object.__setattr__(self, "_state", None)
        object.__setattr__(self, "_cached", {})
        object.__setattr__(self, "_namespaces", {})
        object.__setattr__(self, "__cpp_name__", name)

    _bridge: Bridge
    _name: str
    _state: State | None
    _cached: dict[str, Any]
    _namespaces: dict[str, Scope]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        with self._bridge.turns.take():
            cached = self._cached
            if self._state is not self._bridge.declared.state:
                cached.clear()
                object.__setattr__(self, "_state", self._bridge.declared.state)
            if name not in cached:
                cached[name] = self._find(name)
            found = cached[name]
        return found.read() if isinstance(found, Variable) else found

    def __setattr__(self, name: str, value: Any) -> None:
        with self._bridge.turns.take():
            self._variable(name).write(value)

    def _variable(self, name: str) -> Variable:
        found = self._find(name)
        if not isinstance(found, Variable):
            raise UnknownNameError(f"{self._qualified(name)} is not a variable")
        return found

    def _qualified(self, name: str) -> str:
        return f"{self._name}::{name}" if self._name else name

    def _find(self, name: str) -> Any:
        bridge, qualified = self._bridge, self._qualified(name)
        found = bridge.declared.find(qualified)
        if not found:
            if not self._name and name in _BUILT_IN:
                return bridge.classes.built_in(name)
            if "<" in qualified:  # in an instance of a template, which Clang knows as such
                with suppress(UnknownNameError):
                    return bridge.classes.named(f"::{qualified}")
                if bridge.declared.type_named(f"decltype(::{qualified})") is not None:
                    return Variable(bridge, f"::{qualified}")
            raise UnknownNameError(
                f"nothing is declared as {qualified}"
                + bridge.declared.similar(name, bridge.declared.names() if not self._name else [])
            )
        return self._made_of(found, qualified)

    def _made_of(self, found: tuple[Declaration, ...], name: str) -> Any:
        bridge = self._bridge
        kinds = {each.kind for each in found}
        if "namespace" in kinds:
            return self._namespaces.setdefault(name, Scope(bridge, name))
        if "function" in kinds:
            return CppFunction(bridge, f"::{name}")
        if "variable" in kinds:
            return Variable(bridge, f"::{name}")
        if "enumerator" in kinds:
            return bridge.constant(f"::{name}")
        if "macro" in kinds:
            return bridge.constant(name)
        if "type" in kinds:
            type_ = next(each for each in found if each.kind == "type")
            if type_.declaration.startswith("template"):
                return bridge.classes.template(name)
            return bridge.classes.named(f"::{name}")
        return Variable(bridge, f"::{name}")

    def __dir__(self) -> list[str]:
        with self._bridge.turns.take():
            return sorted({*super().__dir__(), *self._bridge.names_in(self._name)})

    def __repr__(self) -> str:
        return f"<C++ namespace {self._name}>" if self._name else "<all that is declared in C++>"


def global_scope(live: LiveSession, turns: Turns) -> Scope:
    """``Session.gbl``. Raises ShellError for a session in C."""
    if is_c(live.options.compiler_flags):
        raise ShellError("gbl needs a session in C++: headers of C can be included there")
    bridge = Bridge(live, turns)
    bridge.classes = Classes(bridge)
    return Scope(bridge, "")
