"""Values that stay after their input: the symbols by which later inputs find them.

The platform library keeps some copies of bytes and some objects (``native/value_capture.c``)
until there are newer ones of the kind; their symbols go then. What has gone with its unit is
gone.
"""

from __future__ import annotations

from msgspec import Struct

from runtime.addresses import USER_SPACE_END, ExecutorAddress
from runtime.linker.symbols import Definition, JITDylib
from runtime.protocol.wire import Keep, Value
from runtime.units.unit_journal import LoadedUnit

_ADDRESSES = 1 << 64


class KeptValue(Struct, frozen=True):
    """A value of ``size`` bytes that ``unit`` has made. ``symbols``: what refers to it."""

    unit: LoadedUnit
    definition: Definition
    symbols: dict[str, Definition]
    size: int
    number: int = 0  # of the input, if it has one

    def holds(self, other: KeptValue) -> bool:
        """Whether another value is this one, or a part of it."""
        offset = other.definition.address - self.definition.address
        return 0 <= offset < max(self.size, 1)


Group = tuple[KeptValue, ...]
"""A value that is kept, and later ones that are parts of it. Or nothing."""


Groups = tuple[Group, ...]
"""What is kept in one of the ways, oldest first."""

_MOST: dict[Keep, int] = {
    Keep.BYTES: 1,
    Keep.HELD: 1,
    Keep.NUMBERED_BYTES: 100,
    Keep.NUMBERED_HELD: 8,
}
_MOST_BYTES: dict[Keep, int] = {Keep.NUMBERED_BYTES: 1 << 20}


class ValueNoted(Struct, frozen=True):
    """An entry of the journal: what was kept in one of the ways before."""

    keep: Keep
    before: Groups


class KeptValues:
    """The last ones, in ``dylib``. Symbols go with their unit, too."""

    def __init__(self, dylib: JITDylib) -> None:
        self._dylib = dylib
        self._last: dict[Keep, Groups] = dict.fromkeys(_MOST, ())

    def add(self, unit: LoadedUnit, name: str, value: Value, number: int = 0) -> ValueNoted | None:
        """A unit has made a value, which displaces others if it has to be kept.

        ``number``: of the input, if it can be asked for by that. Then there is a symbol for the
        value, and one for an array of which it is the element of that number.
        """
        if value.keep == Keep.NOT_KEPT or value.kept >= USER_SPACE_END:
            return None  # no code can refer to what is beyond
        definition = Definition(ExecutorAddress(value.kept), unit.number, weak=False)
        symbols = {name: definition}
        if number:
            symbols[f"{name}_of_{number}"] = definition
            begin = (value.kept - number * value.size) % _ADDRESSES
            if begin < USER_SPACE_END:
                address = ExecutorAddress(begin)
                symbols[f"{name}_at_{number}"] = definition._replace(address=address)
        kept = KeptValue(unit, definition, symbols, value.size, number)
        if value.keep == Keep.OBJECT:
            noted = self._add_to_group(kept)
        else:
            noted = self._add_group(kept, value.keep)
        self._define(kept)
        return noted

    def _add_to_group(self, part: KeptValue) -> ValueNoted | None:
        for keep, groups in self._last.items():
            for place, group in enumerate(groups):
                if group[0].holds(part):
                    self._last[keep] = (*groups[:place], (*group, part), *groups[place + 1 :])
                    return ValueNoted(keep, groups)
        return None

    def _add_group(self, kept: KeptValue, keep: Keep) -> ValueNoted:
        before = self._last[keep]
        after = (*before, (kept,))
        left = _how_many_stay(after, _MOST[keep], _MOST_BYTES.get(keep))
        for group in after[: len(after) - left]:
            self._withdraw(group)
        self._last[keep] = after[len(after) - left :]
        return ValueNoted(keep, before)

    def number_at(self, address: ExecutorAddress) -> int:
        """Of the input whose value is kept at an address; 0 if there is none, or it has none."""
        every = (each for groups in self._last.values() for group in groups for each in group)
        return next((each.number for each in every if each.definition.address == address), 0)

    def undo(self, entry: ValueNoted) -> None:
        """Undo ``add``: the process has gone back to before it."""
        self._last[entry.keep] = entry.before
        for group in entry.before:
            for kept in group:
                if not kept.symbols.keys() <= kept.unit.linked.definitions.keys():
                    self._define(kept)

    def _define(self, kept: KeptValue) -> None:
        for name, definition in kept.symbols.items():
            kept.unit.linked.definitions[name] = definition
            self._dylib.define(kept.unit.number, name, definition)

    def _withdraw(self, group: Group) -> None:
        for kept in group:
            for name in kept.symbols:
                if kept.unit.linked.definitions.pop(name, None) is not None:
                    self._dylib.undefine(kept.unit.number, name)


def _how_many_stay(groups: Groups, most: int, most_bytes: int | None) -> int:
    """As the platform library counts them: the newest, and older ones as far as they fit."""
    size = 0
    for count, group in enumerate(reversed(groups)):
        size += group[0].size
        if count == most or (count and most_bytes is not None and size > most_bytes):
            return count
    return len(groups)
