"""What the tests of the runtime share: compilers, a live session, a fake mapper."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from platform_support.platform import LinuxPlatform
from repl import native_programs
from runtime.addresses import PAGE_SIZE, ExecutorAddress, Protection
from runtime.errors import ExecutorError, OutOfMemoryError
from runtime.executor_client.child import ExecutorProcess
from runtime.memory.manager import DEFAULT_SLAB_SIZE, MapperMemoryManager
from runtime.memory.mapper import MemoryMapper, Range, WorkingMemory
from runtime.memory.memfd_mapper import SharedMemoryMapper
from runtime.memory.stream_mapper import StreamMemoryMapper
from runtime.objects import elf
from runtime.objects.elf import Array
from runtime.protocol.wire import Outcome
from runtime.units.execution_session import ExecutionSession
from runtime.units.unit_journal import LoadedUnit

ROOT = Path(__file__).resolve().parents[2]

COMPILERS = ("gcc", "clang-22")
_SUFFIXES = {"c": "c", "c++": "cpp", "assembler": "s"}


@functools.cache
def compile_source(source: str, *flags: str, language: str = "c", compiler: str = "gcc") -> bytes:
    """An object file. ``language``: ``c``, ``c++`` or ``assembler``."""
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder, f"input.{_SUFFIXES[language]}")
        text.write_text(source)
        result = Path(folder, "output.o")
        command = [compiler, "-x", language, "-w", *flags, "-c", str(text), "-o", str(result)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return result.read_bytes()


def assemble(source: str) -> bytes:
    """An object file from assembly in AT&T syntax."""
    return compile_source(source, language="assembler")


def make_object(path: Path, source: str, *flags: str, language: str = "c") -> Path:
    """Compile ``source`` with gcc into the file ``path``."""
    path.write_bytes(compile_source(source, *flags, language=language))
    return path


def make_archive(path: Path, *members: Path, thin: bool = False) -> Path:
    """An archive of the files ``members``."""
    options = "rcsT" if thin else "rcs"
    subprocess.run(["ar", options, path.name, *members], cwd=path.parent, check=True)
    return path


def relocation_table(found: elf.ObjectFile, index: int) -> Array:
    """The entries (dtype ``elf.RELA``) of a relocation section; a copy."""
    return np.frombuffer(found.relocations(index), elf.RELA).copy()


MAPPERS: dict[str, Callable[[ExecutorProcess], MemoryMapper[Any]]] = {
    "shared": SharedMemoryMapper,
    "stream": StreamMemoryMapper,
}


class Program:
    """A session in a real executor: load objects, call functions, look at variables."""

    def __init__(
        self,
        process: ExecutorProcess,
        slab_size: int = DEFAULT_SLAB_SIZE,
        mapper: Callable[[ExecutorProcess], MemoryMapper[Any]] = SharedMemoryMapper,
    ) -> None:
        self.process = process
        memory = MapperMemoryManager(mapper(process), slab_size)
        self.session = ExecutionSession(process, LinuxPlatform(), memory)

    def load(self, *inputs: bytes | tuple[str, bytes]) -> LoadedUnit:
        """Link a batch; objects without a name are called ``input0.o`` and so on."""
        named = [
            (f"input{number}.o", entry) if isinstance(entry, bytes) else entry
            for number, entry in enumerate(inputs)
        ]
        return self.session.load(named)

    def load_c(self, *sources: str, flags: tuple[str, ...] = ("-fPIC",)) -> LoadedUnit:
        """Compile C sources with gcc and link them in one batch."""
        return self.load(*(compile_source(source, *flags) for source in sources))

    def address(self, name: str) -> ExecutorAddress:
        """Of a symbol that must be there."""
        address = self.session.find_symbol(name)
        assert address is not None, f"{name} is not defined"
        return address

    def call(self, name: str) -> Outcome:
        """Call a ``void(void)`` function that must return."""
        outcome = self.process.run([self.address(name)])
        assert outcome.exception_type is None, outcome
        return outcome

    def integer(self, name: str, size: int = 4) -> int:
        """The value of a signed integer variable of ``size`` bytes."""
        return self.integer_at(self.address(name), size)

    def integer_at(self, address: int, size: int) -> int:
        """The signed integer of ``size`` bytes at an address."""
        data = self.process.read_memory(ExecutorAddress(address), size)
        assert len(data) == size, f"{address:#x} cannot be read"
        return int.from_bytes(data, "little", signed=True)

    def run_c(self, source: str) -> None:
        """Compile, link, call ``go`` and unload."""
        unit = self.load_c(source)
        self.call("go")
        self.session.unload(unit)


@contextmanager
def running_program(
    slab_size: int = DEFAULT_SLAB_SIZE, memory: str = "shared"
) -> Iterator[Program]:
    """A fresh executor with a session; both end with the context.

    ``memory``: how the code gets there, ``shared`` or ``stream``.
    """
    with ExecutorProcess(native_programs.executor()) as process:
        program = Program(process, slab_size, MAPPERS[memory])
        try:
            yield program
        finally:
            program.session.discard()


@dataclass(frozen=True, slots=True)
class Mapping:
    """A line of ``/proc/PID/maps``."""

    start: int
    end: int
    permissions: str
    path: str


def mappings(pid: int) -> list[Mapping]:
    """The address space of a process."""
    found = []
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        match = re.match(r"(\w+)-(\w+) (\S+) \S+ \S+ \S+\s*(.*)", line)
        assert match is not None, line
        found.append(Mapping(int(match[1], 16), int(match[2], 16), match[3], match[4]))
    return found


def count_slab_mappings(pid: int) -> int:
    """How many mappings of the mappers' memory a process has."""
    return sum("memfd:forkrepl" in mapping.path for mapping in mappings(pid))


def permissions_at(pid: int, address: int) -> str | None:
    """As in ``/proc/PID/maps``, such as ``rw-p``; None where nothing is mapped."""
    for mapping in mappings(pid):
        if mapping.start <= address < mapping.end:
            return mapping.permissions
    return None


def open_descriptors() -> set[str]:
    """This process's descriptors and what they refer to."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            found.add(f"{name} -> {os.readlink(f'/proc/self/fd/{name}')}")
        except FileNotFoundError:  # the descriptor of the listing itself
            continue
    return found


@dataclass(slots=True, eq=False)
class FakeReservation:
    """``pages``: what each page is: None while free, else ``prepared`` or its protection."""

    address: ExecutorAddress
    size: int
    bytes: Array
    pages: list[Protection | str | None] = field(default_factory=list)


class FakeMapper:
    """Records what it is asked, checks that it makes sense, and fails on demand.

    ``fail_at``: the name of the operation that raises ExecutorError when it comes next.
    """

    bytes_sent = 0

    def __init__(self, limit: int = 1 << 26) -> None:
        self.limit = limit
        self.fail_at: str | None = None
        self.calls: list[str] = []
        self.reservations: list[FakeReservation] = []
        self.released: list[FakeReservation] = []
        self.forgotten: list[FakeReservation] = []
        self._next_address = 0x7F0000000000

    def reserve(self, size: int, low: bool = False) -> FakeReservation:
        self._note("reserve")
        assert size > 0
        assert size % PAGE_SIZE == 0
        if size > self.limit:
            raise OutOfMemoryError(f"{size} bytes are too many for a test")
        address = ExecutorAddress(self._next_address)
        self._next_address += size + PAGE_SIZE
        pages: list[Protection | str | None] = [None] * (size // PAGE_SIZE)
        reservation = FakeReservation(address, size, np.zeros(size, np.uint8), pages)
        self.reservations.append(reservation)
        return reservation

    def prepare(self, reservation: FakeReservation, ranges: list[Range]) -> WorkingMemory:
        self._note("prepare")
        for page in self._pages(reservation, ranges):
            assert reservation.pages[page] is None, "a page in use was prepared"
        self._mark(reservation, ranges, "prepared")
        for range_ in ranges:
            assert not reservation.bytes[range_.offset : range_.offset + range_.size].any()
        return WorkingMemory(reservation.bytes, [range_.offset for range_ in ranges])

    def initialize(
        self, reservation: FakeReservation, ranges: list[Range], *, postponed: bool = False
    ) -> None:
        self._note("initialize")
        for range_ in ranges:
            for page in self._pages(reservation, [range_]):
                assert reservation.pages[page] == "prepared"
            self._mark(reservation, [range_], range_.protection)

    def withdraw(self, reservation: FakeReservation, ranges: list[Range]) -> None:
        self._note("withdraw")
        for page in self._pages(reservation, ranges):
            assert reservation.pages[page] is not None, "a free page was withdrawn"

    def deinitialize(self, reservation: FakeReservation, ranges: list[Range]) -> None:
        self._note("deinitialize")
        for page in self._pages(reservation, ranges):
            assert reservation.pages[page] is not None, "a free page was freed"
        self._mark(reservation, ranges, None)
        for range_ in ranges:
            reservation.bytes[range_.offset : range_.offset + range_.size] = 0

    def release(self, reservation: FakeReservation) -> None:
        self._note("release")
        self.reservations.remove(reservation)
        self.released.append(reservation)

    def forget(self, reservation: FakeReservation) -> None:
        self._note("forget")
        self.reservations.remove(reservation)
        self.forgotten.append(reservation)

    def protection_at(self, address: int) -> Protection | str | None:
        """Of the page that holds ``address``, or ``prepared``, or None."""
        for reservation in self.reservations:
            if 0 <= address - reservation.address < reservation.size:
                return reservation.pages[(address - reservation.address) // PAGE_SIZE]
        raise AssertionError(f"{address:#x} lies in no reservation")

    def _note(self, operation: str) -> None:
        self.calls.append(operation)
        if self.fail_at == operation:
            self.fail_at = None
            raise ExecutorError(f"{operation} fails because the test says so")

    def _pages(self, reservation: FakeReservation, ranges: list[Range]) -> list[int]:
        assert reservation in self.reservations
        pages: list[int] = []
        for range_ in ranges:
            assert range_.size > 0
            assert range_.offset % PAGE_SIZE == range_.size % PAGE_SIZE == 0
            assert 0 <= range_.offset <= range_.offset + range_.size <= reservation.size
            pages += range(range_.offset // PAGE_SIZE, (range_.offset + range_.size) // PAGE_SIZE)
        assert len(set(pages)) == len(pages), "ranges of one request overlap"
        return pages

    def _mark(
        self, reservation: FakeReservation, ranges: list[Range], what: Protection | str | None
    ) -> None:
        for page in self._pages(reservation, ranges):
            reservation.pages[page] = what
