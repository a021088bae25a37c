"""Which initializers and finalizers run, and in which order: as GNU ld would have it.

The order is not only written down here but also asked of the installed linker: it
links sections of numbers, and what it makes of them is what must come out.
"""

from __future__ import annotations

import struct
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platform_support.initializers import finalizers, initializers
from runtime.addresses import ExecutorAddress
from runtime.objects.elf import SECTION


@dataclass(frozen=True)
class Functions:
    """A section of function pointers."""

    name: str
    functions: tuple[ExecutorAddress, ...]


def section(name: str, *functions: int) -> Functions:
    return Functions(name, tuple(map(ExecutorAddress, functions)))


def started(*sections: Functions) -> list[int]:
    return [function for function, _ in initializers(sections)]


def ended(*sections: Functions) -> list[int]:
    return list(finalizers(sections))


def test_nothing_gives_nothing() -> None:
    assert started() == ended() == []
    assert started(section(".init_array")) == []


def test_init_array_runs_forwards_in_input_order() -> None:
    assert started(section(".init_array", 1, 2), section(".init_array", 3)) == [1, 2, 3]


def test_ctors_run_backwards_within_a_section() -> None:
    assert started(section(".ctors", 1, 2, 3)) == [3, 2, 1]


def test_a_lower_priority_runs_first() -> None:
    sections = [
        section(".init_array", 4),
        section(".init_array.65535", 3),
        section(".init_array.00101", 1),
        section(".init_array.200", 2),
    ]
    assert started(*sections) == [1, 2, 3, 4]


def test_priorities_of_ctors_count_down() -> None:
    # __attribute__((constructor(101))) is .ctors.65434
    sections = [section(".ctors", 3), section(".ctors.65434", 1), section(".ctors.00535", 2)]
    assert started(*sections) == [1, 2, 3]


def test_both_families_share_one_order() -> None:
    sections = [
        section(".ctors.65335", 2),  # 200
        section(".init_array.00300", 3),
        section(".init_array.00101", 1),
        section(".ctors", 4),
        section(".init_array", 5),
    ]
    assert started(*sections) == [1, 2, 3, 4, 5]


def test_preinit_array_comes_before_everything() -> None:
    sections = [section(".init_array.00001", 2), section(".preinit_array", 1)]
    assert started(*sections) == [1, 2]


def test_fini_array_runs_backwards() -> None:
    assert ended(section(".fini_array", 1, 2), section(".fini_array", 3)) == [3, 2, 1]


def test_dtors_run_forwards_within_a_section() -> None:
    assert ended(section(".dtors", 1, 2, 3)) == [1, 2, 3]


def test_finalizers_run_in_the_reverse_of_their_priority() -> None:
    sections = [
        section(".fini_array.00101", 3),
        section(".fini_array", 1),
        section(".fini_array.00200", 2),
    ]
    assert ended(*sections) == [1, 2, 3]


@pytest.mark.parametrize("name", [".ctors", ".init_array", ".ctors.00100"])
def test_the_markers_of_crtbegin_are_no_functions(name: str) -> None:
    assert started(section(name, 2**64 - 1, 7, 0)) == [7]
    assert ended(section(".dtors", 2**64 - 1, 7, 0)) == [7]


@pytest.mark.parametrize(
    "name", [".init_arrays", ".text", "init_array", ".ctors_x", ".init", ".data.init_array"]
)
def test_other_sections_are_not_run(name: str) -> None:
    assert started(section(name, 1)) == ended(section(name, 1)) == []


def test_initializers_are_no_finalizers_and_vice_versa() -> None:
    assert ended(section(".init_array", 1), section(".ctors", 2)) == []
    assert started(section(".fini_array", 1), section(".dtors", 2)) == []


# Against GNU ld.


def linked_array(files: Sequence[Sequence[Functions]], output: str) -> list[int]:
    """The numbers in section ``output`` after ``ld`` has linked the files."""
    with tempfile.TemporaryDirectory() as folder:
        objects = []
        for number, sections in enumerate(files):
            source, made = Path(folder, f"{number}.s"), Path(folder, f"{number}.o")
            lines = [".globl _start", "_start: ret"] if number == 0 else []
            for entry in sections:
                kind = {"i": "init_array", "f": "fini_array"}.get(entry.name[1], "progbits")
                lines.append(f'.section {entry.name},"aw",@{kind}')
                lines += [f".quad {value}" for value in entry.functions]
            source.write_text("\n".join(lines) + "\n")
            subprocess.run(["as", "-o", str(made), str(source)], check=True)
            objects.append(str(made))
        program = Path(folder, "program")
        subprocess.run(["ld", "-o", str(program), *objects], check=True)
        data = program.read_bytes()
    return section_words(data, output)


def section_words(data: bytes, name: str) -> list[int]:
    (offset,) = struct.unpack_from("<Q", data, 40)
    _, count, names_index = struct.unpack_from("<HHH", data, 58)
    headers = [SECTION.itemsize * index + offset for index in range(count)]
    fields = [struct.unpack_from("<IIQQQQ", data, at) for at in headers]
    names = fields[names_index][4]
    for name_offset, _, _, _, start, size in fields:
        end = data.index(0, names + name_offset)
        if data[names + name_offset : end].decode() == name:
            return list(struct.unpack_from(f"<{size // 8}Q", data, start))
    return []


def numbered(names: Sequence[Sequence[tuple[str, int]]]) -> list[list[Functions]]:
    """One number for each function, so that the order can be told."""
    files, following = [], 1
    for file in names:
        sections = []
        # The assembler gathers sections of one name, so each occurs once in a file.
        for name, count in dict(file).items():
            sections.append(section(name, *range(following, following + count)))
            following += count
        files.append(sections)
    return files


def names_of(plain: str, counting_down: str) -> st.SearchStrategy[list[list[tuple[str, int]]]]:
    # The families count in opposite directions: the priorities here never meet.
    name = st.one_of(
        st.just(plain),
        st.just(counting_down),
        st.sampled_from([0, 1, 101, 200, 65534, 65535]).map(lambda p: f"{plain}.{p:05d}"),
        st.sampled_from([2, 300, 65000, 65435]).map(lambda p: f"{counting_down}.{p:05d}"),
    )
    return st.lists(
        st.lists(st.tuples(name, st.integers(1, 3)), min_size=1, max_size=5),
        min_size=1,
        max_size=3,
    )


@settings(max_examples=40, deadline=None)
@given(names_of(".init_array", ".ctors"))
def test_initializers_are_in_the_order_of_gnu_ld(names: list[list[tuple[str, int]]]) -> None:
    files = numbered(names)
    expected = linked_array(files, ".init_array")
    assert started(*(entry for file in files for entry in file)) == expected


@settings(max_examples=40, deadline=None)
@given(names_of(".fini_array", ".dtors"))
def test_finalizers_are_in_the_reverse_order_of_gnu_ld(names: list[list[tuple[str, int]]]) -> None:
    files = numbered(names)
    expected = linked_array(files, ".fini_array")
    assert ended(*(entry for file in files for entry in file)) == expected[::-1]


@pytest.mark.parametrize(
    "names",
    [
        [".init_array.101", ".init_array.00101"],  # LLVM's spelling and GCC's
        [".init_array.00101", ".init_array.101"],
        [".init_array.00101", ".ctors.65434"],
        [".ctors.65434", ".init_array.00101"],
    ],
)
def test_ties_of_priority_are_broken_as_by_gnu_ld(names: list[str]) -> None:
    files = [[section(name, number)] for number, name in enumerate(names, 1)]
    assert started(*(file[0] for file in files)) == linked_array(files, ".init_array")


@pytest.mark.parametrize("name", [".init_array.early", ".init_array.00100.x", ".init_array.70000"])
def test_names_that_are_no_priority_are_run_where_gnu_ld_puts_them(name: str) -> None:
    files = [
        [section(name, 1), section(".init_array", 2)],
        [section(".init_array.00100", 3)],
    ]
    expected = linked_array(files, ".init_array")
    assert sorted(expected) == [1, 2, 3]
    assert started(*(entry for file in files for entry in file)) == expected
