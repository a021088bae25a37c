"""Values that stay after their input: the symbols by which later inputs find them.

The platform library keeps one copy of bytes and one object (``native/value_capture.c``)
until the next of its kind; the symbol of the one before goes then. What has gone with
its unit is gone.
"""

from __future__ import annotations

from msgspec import Struct

from runtime.addresses import USER_SPACE_END, ExecutorAddress
from runtime.linker.symbols import Definition, JITDylib
from runtime.protocol.wire import Keep, Value
from runtime.units.unit_journal import LoadedUnit


class KeptValue(Struct, frozen=True):
    """A value of ``size`` bytes that ``unit`` has made, by its symbol."""

    unit: LoadedUnit
    name: str
    definition: Definition
    size: int

    def holds(self, other: KeptValue) -> bool:
        """Whether another value is this one, or a part of it."""
        offset = other.definition.address - self.definition.address
        return 0 <= offset < max(self.size, 1)


Group = tuple[KeptValue, ...]
"""A value that is kept, and later ones that are parts of it. Or nothing."""


class ValueNoted(Struct, frozen=True):
    """An entry of the journal: what was kept in one of the ways before."""

    keep: Keep
    before: Group


class KeptValues:
    """The last ones, in ``dylib``. A symbol goes with its unit, too."""

    def __init__(self, dylib: JITDylib) -> None:
        self._dylib = dylib
        self._last: dict[Keep, Group] = {Keep.BYTES: (), Keep.HELD: ()}

    def add(self, unit: LoadedUnit, name: str, value: Value) -> ValueNoted | None:
        """A unit has made a value, which displaces another if it has to be kept."""
        if value.keep == Keep.NOT_KEPT or value.kept >= USER_SPACE_END:
            return None  # no code can refer to what is beyond
        definition = Definition(ExecutorAddress(value.kept), unit.number, weak=False)
        kept = KeptValue(unit, name, definition, value.size)
        group: Group = ()
        if value.keep == Keep.OBJECT:
            keep, group = self._group_of(kept)
        else:
            keep = value.keep
            self._withdraw(self._last[keep])
        self._define(kept)
        if keep is None:
            return None
        noted = ValueNoted(keep, self._last[keep])
        self._last[keep] = (*group, kept)
        return noted

    def undo(self, entry: ValueNoted) -> None:
        """Undo ``add``: the process has gone back to before it."""
        self._last[entry.keep] = entry.before
        for kept in entry.before:
            if kept.name not in kept.unit.linked.definitions:
                self._define(kept)

    def _group_of(self, part: KeptValue) -> tuple[Keep | None, Group]:
        for keep, group in self._last.items():
            if group and group[0].holds(part):
                return keep, group
        return None, ()

    def _define(self, kept: KeptValue) -> None:
        kept.unit.linked.definitions[kept.name] = kept.definition
        self._dylib.define(kept.unit.number, kept.name, kept.definition)

    def _withdraw(self, group: Group) -> None:
        for kept in group:
            if kept.unit.linked.definitions.pop(kept.name, None) is not None:
                self._dylib.undefine(kept.unit.number, kept.name)
