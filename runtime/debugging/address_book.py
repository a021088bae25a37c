"""What is at an address: code and data of the units that are loaded, and of those that
were."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from operator import itemgetter

from msgspec import Struct

from runtime.addresses import NULL, RX, AddressRange, Protection
from runtime.debugging.symbolizer import Place, describe
from runtime.errors import printable
from runtime.linker.link import LinkedUnit
from runtime.objects import elf
from runtime.objects.demangle import demangle
from runtime.objects.placed_object import PlacedObject

_MOST_FREED = 4096  # units


class Thing(Struct, frozen=True):
    """What is at an address. ``description``: in words, such as ``a variable of In[5]
    (count+4)``; ``protection``: what may be done to it."""

    description: str
    protection: Protection


class AddressBook:
    """The memory of units. The first lookup after a change takes time that grows with
    their number: they are for crashes."""

    def __init__(self) -> None:
        self._units: dict[int, LinkedUnit] = {}
        self._by_start: list[tuple[int, AddressRange, LinkedUnit]] | None = []  # None: out of date
        self._freed: deque[tuple[str, list[AddressRange]]] = deque(maxlen=_MOST_FREED)

    def add(self, number: int, unit: LinkedUnit) -> None:
        """Note where a unit is, which has just been loaded."""
        self._units[number] = unit
        self._by_start = None

    def remove(self, number: int) -> None:
        """Note that a unit is no longer loaded; what it had at its addresses is remembered."""
        unit = self._units.pop(number)
        self._by_start = None
        self._freed.append((_unit_name(unit), unit.allocation.ranges))

    def describe(self, address: int) -> list[Place]:
        """Where code comes from: see ``symbolizer.describe``. Empty if it is not a unit's."""
        unit, range_ = self._find(address)
        if unit is None or range_.protection != RX:
            return []
        owner = _owner(unit, address)
        return describe(owner, address) if owner else [Place(_unit_name(unit))]

    def thing_at(self, address: int) -> Thing | None:
        """What a unit has, or had, at an address."""
        unit, range_ = self._find(address)
        if unit is not None:
            return Thing(_describe_memory(unit, range_, address), range_.protection)
        for name, ranges in reversed(self._freed):  # of a range that is used again: the last
            if any(range_.holds(address) for range_ in ranges):
                return Thing(f"the freed memory of {name}", Protection.NONE)
        return None

    def symbol_at(self, address: int) -> str | None:
        """The symbol of a function or variable of a loaded unit's that begins there."""
        unit, _ = self._find(address)
        owner = _owner(unit, address) if unit else None
        for kind in (elf.STT_FUNC, elf.STT_OBJECT):
            found = owner.symbol_at(address, kind) if owner else None
            if found is not None and found[1] == 0:
                return found[0]
        common = _common_variable(unit, address) if unit else None
        return common[0] if common is not None and common[1] == 0 else None

    def _find(self, address: int) -> tuple[LinkedUnit | None, AddressRange]:
        if self._by_start is None:
            found = [
                (range_.address, range_, unit)
                for unit in self._units.values()
                for range_ in unit.allocation.ranges
            ]
            self._by_start = sorted(found, key=itemgetter(0))
        index = bisect_right(self._by_start, address, key=itemgetter(0)) - 1
        if index >= 0:
            _, range_, unit = self._by_start[index]
            if range_.holds(address):
                return unit, range_
        return None, AddressRange(NULL, 0, Protection.NONE)


def _unit_name(unit: LinkedUnit) -> str:
    return printable(unit.objects[0].name) if unit.objects else ""


def _owner(unit: LinkedUnit, address: int) -> PlacedObject | None:
    return next((placed for placed in unit.objects if placed.holds(address)), None)


def _describe_memory(unit: LinkedUnit, range_: AddressRange, address: int) -> str:
    owner = _owner(unit, address)
    name = printable(owner.name) if owner else _unit_name(unit)
    if range_.protection == RX:
        return f"the code of {name}"
    variable = owner.symbol_at(address, elf.STT_OBJECT) if owner else None
    if variable is None:
        variable = _common_variable(unit, address)
    what = "a variable" if range_.protection & Protection.WRITE else "a constant"
    if variable is None:
        return f"{what} of {name}"
    symbol, offset = variable
    return f"{what} of {name} ({demangle(symbol)}{f'+{offset}' if offset else ''})"


def _common_variable(unit: LinkedUnit, address: int) -> tuple[str, int] | None:
    """A tentative definition, which lies in no section of its file."""
    for name, definition in unit.definitions.items():
        if not definition.is_function and 0 <= address - definition.address < definition.size:
            return name, address - definition.address
    return None
