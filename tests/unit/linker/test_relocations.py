"""Every relocation type computes what the system linker's output computes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from runtime.linker.machines.x86_64_kinds import KINDS, TABLE
from runtime.objects import elf
from runtime.objects.object_reader import read_object
from tests.support.native_link import link_natively, run_natively
from tests.support.runtime import (
    COMPILERS,
    Program,
    assemble,
    compile_source,
    relocation_table,
    running_program,
)
from tests.tables.relaxations import RELAXATIONS
from tests.tables.relocations import CASES, MODES, SHARED, SUPPORT, Case

ALL = (*CASES, *RELAXATIONS)
TESTED_ELSEWHERE = {
    # Neither the system's assembler and linker nor this processor know these instructions.
    f"R_X86_64_CODE_{prefix}"
    for prefix in (
        "4_GOTPCRELX", "4_GOTTPOFF", "4_GOTPC32_TLSDESC",
        "5_GOTPCRELX", "5_GOTTPOFF", "6_GOTPCRELX", "6_GOTTPOFF",
    )
}  # fmt: skip


def kinds_in(data: bytes) -> set[str]:
    """The psABI's names of the relocation types in an object."""
    found = read_object("x.o", data)
    kinds: set[str] = set()
    for index in range(len(found.sections)):
        if found.sections[index]["type"] == elf.SHT_RELA:
            numbers = relocation_table(found, index)["type"].tolist()
            kinds |= {TABLE.name_of(number) for number in numbers}
    return kinds


def test_every_kind_has_a_case() -> None:
    tested = {f"R_X86_64_{case.kind}" for case in ALL}
    assert tested | TESTED_ELSEWHERE == {kind.name for kind in KINDS}
    assert len({case.name for case in ALL}) == len(ALL)


def printer(cases: Sequence[Case]) -> bytes:
    """A ``main`` that runs the cases and prints their numbers."""
    declarations = "".join(f"long {case.name}_go(void);" for case in cases)
    calls = "".join(f'printf("%s %ld\\n", "{case.name}", {case.name}_go());' for case in cases)
    return compile_source(f"#include <stdio.h>\n{declarations} int main(void) {{ {calls} }}")


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], int]:
    """By mode and case: the number that the system linker's program computes."""
    numbers = {}
    for mode in MODES:
        cases = [case for case in ALL if mode in case.native]
        folder = tmp_path_factory.mktemp("native")
        objects: list[bytes | Path] = [assemble(SUPPORT), *(case.object() for case in cases)]
        if mode == SHARED:
            objects = [link_natively(folder, objects, mode).rename(folder / "library.so")]
        status, output, _ = run_natively(
            folder, [printer(cases), *objects], *([mode] if mode != SHARED else [])
        )
        assert status == 0
        for line in output.splitlines():
            name, number = line.split()
            numbers[mode, name] = int(number)
    return numbers


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    with running_program() as running:
        yield running


@pytest.mark.parametrize(
    ("case", "compiler"),
    [
        pytest.param(case, compiler, id=f"{case.name}-{compiler}")
        for case in ALL
        for compiler in COMPILERS
        if compiler == "gcc" or not case.gas_only
    ],
)
def test_as_the_system_linkers_program(
    program: Program, expected: dict[tuple[str, str], int], case: Case, compiler: str
) -> None:
    data = case.object(compiler)
    assert f"R_X86_64_{case.kind}" in kinds_in(data)
    unit = program.load((f"{case.name}.o", data), ("support.o", assemble(SUPPORT)))
    program.call(f"{case.name}_go")
    ours = program.integer(f"{case.name}_result", 8)
    program.session.unload(unit)
    assert dict.fromkeys(case.native, ours) == {
        mode: expected[mode, case.name] for mode in case.native
    }
