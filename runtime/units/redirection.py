"""Functions whose new version takes their place: a jump at the old entry.

Code that was linked before, pointers to functions and virtual tables have the address of the
old version. It stays where it is, and begins with a jump to the new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from msgspec import Struct

from runtime.addresses import ExecutorAddress, align_up
from runtime.executor_client.interface import Patch
from runtime.linker.link import LinkedUnit
from runtime.linker.machines.choice import machine_of
from runtime.linker.machines.machine import Machine
from runtime.linker.symbols import Definition, JITDylib
from runtime.objects import elf
from runtime.objects.placed_object import PlacedObject
from runtime.units.unit_journal import LoadedUnit

_CODE_ALIGNMENT = 8  # bytes: of what the linker puts behind sections of code


class Withdrawn(Struct, frozen=True):
    """What a unit has defined and is out of date: symbols and signatures of COMDAT groups."""

    unit: int
    definitions: dict[str, Definition]
    groups: tuple[str, ...]


def jumps_to(
    unit: LoadedUnit,
    names: Iterable[str],
    units: Mapping[int, LoadedUnit],
    dylib: JITDylib,
    machine: int,
) -> tuple[list[Patch], list[str]]:
    """What to write where the earlier definitions of a unit's functions begin, in other units
    of those that are loaded; and the names of those that are too short. ``machine``: the
    ``e_machine`` of the code."""
    by_owner: dict[int, list[tuple[str, Definition, Definition]]] = {}
    for name in names:
        new, old = unit.linked.definitions[name], dylib.find_before(name, unit.number)
        if old is not None and old.unit in units and old.is_function:
            by_owner.setdefault(old.unit, []).append((name, old, new))
    patches: list[Patch] = []
    too_short: list[str] = []
    for owner, replaced in by_owner.items():
        found, short = _jumps(units[owner].linked, replaced, machine_of(machine))
        patches += found
        too_short += short
    return patches, too_short


def _jumps(
    unit: LinkedUnit, replaced: Iterable[tuple[str, Definition, Definition]], machine: Machine
) -> tuple[list[Patch], list[str]]:
    """What to write into the code of a unit for functions of its, given with their old and new
    definitions; and the names of those that are too short."""
    patches: dict[ExecutorAddress, Patch] = {}  # a constructor has several names
    too_short: list[str] = []
    for name, old, new in replaced:
        code = machine.jump(old.address, new.address, _room(unit, old.address))
        if code is None:
            too_short.append(name)
        else:
            patches[old.address] = Patch(old.address, code)
    return list(patches.values()), too_short


def _room(unit: LinkedUnit, address: int) -> int:
    """How many bytes from the start of a function on are its own, or padding."""
    owner = next((placed for placed in unit.objects if placed.holds(address)), None)
    if owner is None:
        return 0
    others = owner.symbol_addresses[owner.file.symbols["info"] & 0xF == elf.STT_FUNC]
    ends = [_end_of_section(unit, owner, address), *others[others > address].tolist()]
    return int(min(ends)) - address


def _end_of_section(unit: LinkedUnit, owner: PlacedObject, address: int) -> int:
    """With the padding behind it."""
    starts, sizes = owner.section_addresses, owner.file.sections["size"].astype(np.int64)
    inside = (starts != 0) & (starts <= address) & (address < starts + sizes)
    end = int((starts + sizes)[inside].max())
    following = [int(each) for o in unit.objects for each in o.section_addresses.tolist()]
    return min([align_up(end, _CODE_ALIGNMENT), *(each for each in following if each >= end)])
