"""Variables of C++ as attributes: those of a namespace, and static ones of a class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from repl.python.arrays import CppArray
from repl.python.objects import Unnamed
from repl.python.sites import Site, assignments
from runtime.errors import LinkError

if TYPE_CHECKING:
    from repl.python.bridge import Bridge


class Variable:
    """By its whole name."""

    def __init__(self, bridge: Bridge, name: str) -> None:
        self._bridge = bridge
        self._name = name
        self._read = Site(f"({name})", observes=True)
        self._write = Site(*assignments(name, "$0"), is_strict=True)

    def read(self) -> Any:
        """Its value, or a proxy of the object."""
        try:
            value = self._bridge.evaluate(self._read, ())
        except LinkError:
            # A constant within a class that is defined nowhere has a value, but no place.
            return self._constant()
        if isinstance(value, (CppArray, Unnamed)):
            value._cpp_expression = self._name  # its type may have no name
        return value

    def _constant(self) -> Any:
        site = Site(f"static_cast<decltype({self._name})>({self._name})", observes=True)
        value = self._bridge.evaluate(site, ())
        self._read = site
        return value

    def write(self, value: Any) -> None:
        """Assign to it."""
        self._bridge.evaluate(self._write, (value,))


class Static:
    """A static variable of a class, of which each object has it, too."""

    def __init__(self, bridge: Bridge, name: str, doc: str) -> None:
        self._variable = Variable(bridge, name)
        self.__doc__ = doc

    def __get__(self, instance: Any, owner: type[Any]) -> Any:
        return self._variable.read()

    def __set__(self, instance: Any, value: Any) -> None:
        self._variable.write(value)
