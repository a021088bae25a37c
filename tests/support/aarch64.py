"""Objects for AArch64: assembled, linked without a process, linked by ld.lld, and emulated."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from unicorn import UC_ARCH_ARM64, UC_MODE_ARM, Uc, arm64_const

from runtime.addresses import ExecutorAddress
from runtime.executor_client.interface import SymbolDescription, ThreadArea
from runtime.linker.link import link
from runtime.linker.link_report import RecordingReport
from runtime.linker.symbols import JITDylib, ProcessSymbols
from runtime.linker.thread_local_blocks import ThreadLocalBlocks
from runtime.memory.manager import MapperMemoryManager
from runtime.objects import elf
from runtime.objects.object_reader import read_object
from runtime.protocol.machine import EM_AARCH64
from tests.support.runtime import FakeMapper, compile_source, relocation_table

THREAD_AREA = ThreadArea(16, 4096, 64)  # bytes: where a program's own variables begin natively

_LLD = "ld.lld-22"
_TARGET = "--target=aarch64-linux-gnu"


def assemble(source: str) -> bytes:
    """An object file."""
    return compile_source(source + "\n", _TARGET, language="assembler", compiler="clang-22")


def compile_c(source: str, *flags: str) -> bytes:
    """An object file, by Clang."""
    return compile_source(source, _TARGET, *flags, compiler="clang-22")


OWN = '.section .tdata, "awT", @progbits\n.balign 16\n.space 48\n.globl own\nown: .xword 5\n'
"""A thread-local variable, for objects."""


def types_in(data: bytes) -> list[int]:
    """The relocation types of an object."""
    found = read_object("x.o", data, EM_AARCH64)
    tables = [n for n, name in enumerate(found.section_names) if name.startswith(".rela.")]
    return [kind for n in tables for kind in relocation_table(found, n)["type"].tolist()]


class _Process:
    """Has some functions, at these addresses."""

    machine = EM_AARCH64

    def __init__(self, addresses: Mapping[str, int]) -> None:
        self._addresses = addresses

    def lookup(self, names: list[str]) -> list[ExecutorAddress]:
        return [ExecutorAddress(self._addresses.get(name, 0)) for name in names]

    def describe_symbols(self, names: list[str]) -> list[SymbolDescription]:
        return [SymbolDescription(address, 0, False) for address in self.lookup(names)]

    def lookup_thread_locals(self, names: list[str]) -> list[tuple[int, int]]:
        return [(0, 0) for _ in names]


@dataclass(frozen=True, slots=True)
class Linked:
    """``memory``: of the whole slab, from address ``start``; ``symbols``: addresses by name;
    ``sections``: where the first object has those with contents."""

    start: int
    memory: bytes
    symbols: dict[str, int]
    sections: dict[str, int]

    def contents(self, address: int, size: int) -> bytes:
        """What is there."""
        return self.memory[address - self.start :][:size]


def link_for_aarch64(
    *objects: bytes, process: Mapping[str, int] | None = None, area: ThreadArea = THREAD_AREA
) -> Linked:
    """Link objects as for a process that has these symbols besides."""
    mapper = FakeMapper(limit=1 << 24)
    manager = MapperMemoryManager(mapper, 1 << 20)
    symbols = ProcessSymbols(_Process(process or {}), {}, manager.holds)
    read = [read_object(f"input{n}.o", data, EM_AARCH64) for n, data in enumerate(objects)]
    report = RecordingReport()
    blocks = ThreadLocalBlocks(lambda: area)
    linked = link(read, 0, JITDylib(), symbols, manager, blocks, report)
    assert report.picture is not None
    graph = report.picture.graph
    first = [*zip(graph.section_names, graph.section_address.tolist(), strict=True)]
    (reservation,) = mapper.reservations
    return Linked(
        reservation.address,
        reservation.bytes.tobytes(),
        {name: each.address for name, each in linked.definitions.items()},
        {name: address for name, address in first[: len(read[0].sections)] if address},
    )


def link_by_lld(folder: Path, objects: Sequence[bytes], linked: Linked) -> dict[str, bytes] | str:
    """The first object's sections as ld.lld makes them at the same addresses; its message if it
    refuses."""
    names = []
    for number, data in enumerate(objects):
        names.append(folder / f"input{number}.o")
        names[-1].write_bytes(data)
    places = [f"--section-start={name}={at:#x}" for name, at in linked.sections.items()]
    options = ["-m", "aarch64linux", "-static", "-e", "0", *places, "-o", str(folder / "program")]
    command = [_LLD, *options, *map(str, names)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return done.stderr
    program = (folder / "program").read_bytes()
    return {
        name: contents[: _size(objects[0], name)]
        for name, contents in _sections(program).items()
        if name in linked.sections
    }


def _size(data: bytes, name: str) -> int:
    found = read_object("x.o", data, EM_AARCH64)
    return int(found.sections["size"][found.section_names.index(name)])


def _sections(program: bytes) -> dict[str, bytes]:
    header = elf.EHDR.unpack_from(program)
    sections = np.frombuffer(program, elf.SECTION, header[12], header[6])
    names = sections[header[13]]
    start = int(names["offset"])
    table = program[start : start + int(names["size"])]
    return {
        elf.string_at(table, int(each["name"])): program[int(each["offset"]) :][: int(each["size"])]
        for each in sections
    }


STOP = 0x10000
"""Where a function returns to that ``run`` has called."""


def run(linked: Linked, entry: int, thread_pointer: int = 0, stop: int = STOP) -> int:
    """What a function returns (x0), or has there when it comes to ``stop``."""
    machine = Uc(UC_ARCH_ARM64, UC_MODE_ARM)
    machine.mem_map(linked.start, (len(linked.memory) + 0xFFF) & -0x1000)
    machine.mem_write(linked.start, linked.memory)
    if not linked.start <= stop < linked.start + len(linked.memory):
        machine.mem_map(stop & -0x1000, 0x1000)
    machine.mem_map(0x40000, 0x1000)
    machine.reg_write(arm64_const.UC_ARM64_REG_SP, 0x41000)
    machine.reg_write(arm64_const.UC_ARM64_REG_LR, STOP)
    machine.reg_write(arm64_const.UC_ARM64_REG_TPIDR_EL0, thread_pointer)
    machine.emu_start(entry, stop, count=1000)
    assert machine.reg_read(arm64_const.UC_ARM64_REG_PC) == stop
    return int(machine.reg_read(arm64_const.UC_ARM64_REG_X0))
