"""AArch64: relocations that only depend on where things are do what ld.lld does.

The psABI is "ELF for the Arm 64-bit Architecture".
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runtime.errors import LinkError
from runtime.linker.machines.aarch64_kinds import KINDS
from runtime.linker.machines.kinds import Base, Kind, Range
from tests.support.aarch64 import (
    OWN,
    Linked,
    assemble,
    link_by_lld,
    link_for_aarch64,
    types_in,
)
from tests.tables.aarch64_relocations import THREAD_LOCAL_USES, USES

KIND = {kind.name.removeprefix("R_AARCH64_"): kind for kind in KINDS}


# For a call that does not reach, ld.lld makes a stub, and here only those to others have one.
CALLS = ("CALL26", "JUMP26", "PLT32")
REACH_OF_A_BRANCH = 128 << 20  # bytes


def at(address: int) -> bytes:
    return assemble(f".globl there\n.set there, {address:#x}")


def good_value(kind: Kind) -> int:
    """What the formula may come to: not so small that zeros would do for it."""
    low, high = kind.limits()
    if kind.base is Base.L:
        high = REACH_OF_A_BRANCH - kind.align
    return max(low, min(high, 0x13579BDF02468ACE)) & -kind.align


def target_for(kind: Kind, value: int, place: int) -> int:
    """The address with which the formula comes to a value."""
    if kind.paged:
        return (place & -4096) + (value & -4096)
    return value + (place if kind.pc_relative else 0)


def text_of(linked: Linked, size: int) -> bytes:
    return linked.contents(linked.sections[".text"], size)


def same_as_lld(folder: Path, *objects: bytes) -> None:
    linked = link_for_aarch64(*objects)
    theirs = link_by_lld(folder, objects, linked)
    assert isinstance(theirs, dict), theirs
    for name, contents in theirs.items():
        assert linked.contents(linked.sections[name], len(contents)) == contents, name


def place_of_use() -> int:
    """Where the linker puts the second instruction of the only section."""
    return link_for_aarch64(assemble("nop\nnop")).sections[".text"] + 4


@pytest.mark.parametrize("name", USES)
def test_a_value_is_put_where_it_belongs(name: str, tmp_path: Path) -> None:
    use = assemble(f"nop\n{USES[name]}")
    kind = KIND[name]
    assert types_in(use) == [kind.number]
    place = place_of_use()
    for value in (good_value(kind), -good_value(kind), 4096 & -kind.align):
        low, high = kind.limits()
        if low <= value <= high:
            same_as_lld(tmp_path, use, at(target_for(kind, value, place) % (1 << 64)))


@pytest.mark.parametrize("name", USES)
def test_an_addend_counts(name: str, tmp_path: Path) -> None:
    kind = KIND[name]
    plus = re.sub(r"there(@PLT)?", r"there\1 + 16", USES[name])
    use = assemble(f"nop\n{plus}")
    same_as_lld(tmp_path, use, at(target_for(kind, 4096, place_of_use())))


LIMITED = [name for name in USES if KIND[name].range != Range.ANY and name not in CALLS]


@pytest.mark.parametrize("name", LIMITED)
def test_what_does_not_fit_is_refused_as_ld_lld_does(name: str, tmp_path: Path) -> None:
    kind = KIND[name]
    use, place = assemble(f"nop\n{USES[name]}"), place_of_use()
    low, high = kind.limits()
    step = 4096 if kind.paged else kind.align
    for value, fits in (
        (low, True),
        (low - step, False),
        ((high + 1) - step, True),
        (high + 1, False),
    ):
        objects = use, at(target_for(kind, value, place) % (1 << 64))
        linked = link_for_aarch64(use, at(target_for(kind, 0, place)))
        assert isinstance(link_by_lld(tmp_path, objects, linked), dict) == fits, hex(value)
        if fits:
            same_as_lld(tmp_path, *objects)
        else:
            with pytest.raises(LinkError, match=f"R_AARCH64_{name} against there does not fit"):
                link_for_aarch64(*objects)


@pytest.mark.parametrize(
    ("name", "reach"),
    [("CALL26", REACH_OF_A_BRANCH), ("JUMP26", REACH_OF_A_BRANCH), ("PLT32", 1 << 31)],
)
def test_how_far_calls_within_a_unit_reach(name: str, reach: int) -> None:
    kind, place = KIND[name], place_of_use()
    use = assemble(f"nop\n{USES[name]}")
    for value in (-reach, reach - kind.align):
        link_for_aarch64(use, at(target_for(kind, value, place)))
    for value in (-reach - kind.align, reach):
        with pytest.raises(LinkError, match=f"R_AARCH64_{name} against there does not fit"):
            link_for_aarch64(use, at(target_for(kind, value, place)))


@pytest.mark.parametrize("name", [name for name in USES if KIND[name].align > 1])
def test_what_is_not_aligned_is_refused(name: str, tmp_path: Path) -> None:
    kind = KIND[name]
    use, wrong = assemble(f"nop\n{USES[name]}"), at(target_for(kind, 1, place_of_use()))
    with pytest.raises(LinkError, match="does not fit"):
        link_for_aarch64(use, wrong)


@pytest.mark.parametrize("name", THREAD_LOCAL_USES)
def test_a_thread_local_at_a_fixed_place(name: str, tmp_path: Path) -> None:
    use = assemble(f"{THREAD_LOCAL_USES[name]}\n{OWN}")
    assert types_in(use) == [KIND[name].number]
    linked = link_for_aarch64(use)
    # The kinds with a check are none of ld.lld's; the instruction is the same.
    without_check = THREAD_LOCAL_USES[name].replace("tprel_lo12:", "tprel_lo12_nc:")
    theirs = link_by_lld(tmp_path, [assemble(f"{without_check}\n{OWN}")], linked)
    assert isinstance(theirs, dict), theirs
    assert text_of(linked, len(theirs[".text"])) == theirs[".text"]


def test_a_descriptor_in_other_instructions_is_refused() -> None:
    for number, name in ((562, "ADR_PAGE21"), (563, "LD64_LO12"), (564, "ADD_LO12"), (569, "CALL")):
        use = assemble(f"nop\n.reloc .-4, R_AARCH64_TLSDESC_{name}, own\n{OWN}")
        assert types_in(use) == [number]
        with pytest.raises(LinkError, match=f"belongs to R_AARCH64_TLSDESC_{name}"):
            link_for_aarch64(use)
