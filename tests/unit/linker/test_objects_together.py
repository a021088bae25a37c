"""Objects that are read together are what they are when each is read by itself."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.errors import ObjectFormatError
from runtime.objects import elf
from runtime.objects.elf import ObjectFile
from runtime.objects.object_reader import read_object, read_objects
from tests.support.damage import EDITS, Edit, corrupted
from tests.support.runtime import assemble
from tests.unit.linker.test_elf_reader import samples

MANY_SECTIONS = "".join(f'.section .s{n},"a"\n.globl g{n}\ng{n}: .quad 1\n' for n in range(0xFF10))
"""So many that their numbers do not fit into a symbol's 16 bits."""


def described(found: ObjectFile) -> tuple[object, ...]:
    """All of it, as what can be compared."""
    return (
        found.name,
        bytes(found.data),
        found.sections.tobytes(),
        found.section_names,
        found.symbols.tobytes(),
        found.symbol_sections.tolist(),
        found.strings,
        found.global_names,
        found.global_kinds,
        found.machine,
    )


def test_read_together_they_are_the_same() -> None:
    named = [(f"{number}.o", data) for number, data in enumerate(samples())]
    alone = [described(read_object(*each)) for each in named]
    assert [described(each) for each in read_objects(named)] == alone
    assert [described(each) for each in read_objects(named[::-1])] == alone[::-1]


def test_none_at_all() -> None:
    assert read_objects([]) == []


def test_section_numbers_of_more_than_16_bits_among_others() -> None:
    small = assemble(".globl f\nf: ret\n")
    large = assemble(MANY_SECTIONS)
    found = read_objects([("a.o", small), ("large.o", large), ("b.o", small)])
    assert described(found[1]) == described(read_object("large.o", large))
    last = found[1].global_names.index(f"g{0xFF0F}")
    numbers = np.flatnonzero(found[1].symbols["info"] >> 4 == elf.STB_GLOBAL)
    section = int(found[1].symbol_sections[numbers[last]])
    assert found[1].section_names[section] == f".s{0xFF0F}"


def test_what_global_symbols_are() -> None:
    source = ".globl defined\ndefined: call needed\n.weak optional\ncall optional\n.comm room,8,8\n"
    found = read_object("x.o", assemble(source))
    kinds = dict(zip(found.global_names, found.global_kinds, strict=True))
    assert kinds == {
        "defined": elf.DEFINED,
        "needed": elf.NEEDED,
        "optional": elf.MAY_BE_MISSING,
        "room": elf.TENTATIVE,
    }


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_an_error_names_the_object_that_has_it(order: tuple[int, ...]) -> None:
    good, other = samples()[0], samples()[2]
    broken = good[:-70]  # the section table is at the end
    named = [("good.o", good), ("other.o", other), ("broken.o", broken)]
    with pytest.raises(ObjectFormatError, match=r"^broken\.o: "):
        read_objects([named[number] for number in order])


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 5), EDITS, st.integers(0, 2))
def test_damage_is_found_as_in_an_object_alone(index: int, edits: list[Edit], place: int) -> None:
    damaged = ("damaged.o", corrupted(samples()[index], edits))
    named = [("a.o", samples()[1]), ("b.o", samples()[5])]
    named.insert(place, damaged)
    try:
        alone = described(read_object(*damaged))
    except ObjectFormatError:
        with pytest.raises(ObjectFormatError, match=r"^damaged\.o: "):
            read_objects(named)
    else:
        assert described(read_objects(named)[place]) == alone
