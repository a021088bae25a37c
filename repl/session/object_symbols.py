"""What an object defines and needs, by name."""

from __future__ import annotations

import functools
from itertools import compress

from msgspec import Struct


class ObjectSymbols(Struct, frozen=True):
    """Global symbols. ``data``: variables and constants; ``needs``: what it does not define."""

    functions: frozenset[str]
    weak_functions: tuple[str, ...]
    data: frozenset[str]
    needs: frozenset[str]

    @property
    def defined(self) -> frozenset[str]:
        """Functions and data."""
        return self.functions | self.data


_NOTHING = ObjectSymbols(frozenset(), (), frozenset(), frozenset())


@functools.lru_cache(maxsize=1024)
def symbols_of(name: str, machine_code: bytes) -> ObjectSymbols:
    """Those of an input's object; ``name``: of its unit."""
    if not machine_code:
        return _NOTHING
    from runtime.objects import elf  # needs numpy
    from runtime.objects.object_reader import read_object

    read = read_object(name, machine_code)
    info = read.symbols["info"]
    is_global = info >= elf.STB_GLOBAL << 4
    info = info[is_global]
    is_there = read.symbol_sections[is_global] != elf.UNDEFINED
    is_function = info & 0xF == elf.STT_FUNC
    is_weak = info >> 4 == elf.STB_WEAK

    def chosen(mask: elf.Array) -> frozenset[str]:
        return frozenset(compress(read.global_names, mask.tolist()))

    weak = chosen(is_there & is_function & is_weak)
    return ObjectSymbols(
        functions=chosen(is_there & is_function),
        weak_functions=tuple(sorted(each for each in weak if each.isascii())),
        data=chosen(is_there & ~is_function),
        needs=chosen(~is_there),
    )
