"""What page faults cost, and what helps: ways to have pages there before they are used.

CPython is linked and run once for each way, in turns. "linker" is this process while
it links, "executor" the one that runs the code, from its start to its end.
"""

from __future__ import annotations

import contextlib
import os
import resource
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass, fields
from pathlib import Path

from platform_support.platform import LinuxPlatform
from repl import native_programs
from runtime.addresses import RO, RX, ExecutorAddress
from runtime.executor_client.child import ExecutorProcess
from runtime.linker.link_inputs import LinkInput, collect_inputs
from runtime.memory.manager import MapperMemoryManager
from runtime.memory.mapper import Range, WorkingMemory
from runtime.memory.memfd_mapper import MemfdReservation, SharedMemoryMapper
from runtime.units.execution_session import ExecutionSession
from tests.benchmarks.linkers import LIBPYTHON, compile_programs
from tests.benchmarks.measure import table

_MADV_WILLNEED, _MADV_HUGEPAGE, _MADV_POPULATE_READ, _MADV_POPULATE_WRITE = 3, 14, 22, 23
_ADVISE = """
#include <sys/mman.h>
long start, size, advice, result;
void advise(void) { result = madvise((void *)start, size, advice); }
"""


@dataclass(frozen=True)
class Cost:
    """Of one link and run: milliseconds, and counts of minor faults."""

    link_ms: float
    run_ms: float
    linker_faults: float
    linker_kernel_ms: float
    executor_faults: float
    executor_kernel_ms: float


class Plain(SharedMemoryMapper):
    """As it is; the others change one thing."""


class Allocated(Plain):
    """fallocate(2) of what is going to be written."""

    def prepare(self, reservation: MemfdReservation, ranges: list[Range]) -> WorkingMemory:
        for range_ in ranges:
            os.posix_fallocate(reservation.descriptor, range_.offset, range_.size)
        return super().prepare(reservation, ranges)


class Populated(Plain):
    """``MADV_POPULATE_WRITE`` of the linker's view of it."""

    def prepare(self, reservation: MemfdReservation, ranges: list[Range]) -> WorkingMemory:
        for range_ in ranges:
            reservation.view.madvise(_MADV_POPULATE_WRITE, range_.offset, range_.size)
        return super().prepare(reservation, ranges)


class Huge(Plain):
    """``MADV_HUGEPAGE`` of the linker's view (heeded if shmem_enabled says "advise")."""

    def reserve(self, size: int, low: bool = False) -> MemfdReservation:
        reservation = super().reserve(size, low)
        with contextlib.suppress(OSError):
            reservation.view.madvise(_MADV_HUGEPAGE)
        return reservation


class Advised(Plain):
    """An advice about the code and constants, in the executor, before they are used."""

    advice = _MADV_POPULATE_READ
    session: ExecutionSession | None = None

    def initialize(
        self, reservation: MemfdReservation, ranges: list[Range], *, postponed: bool = False
    ) -> None:
        super().initialize(reservation, ranges, postponed=postponed)
        if self.session is None:
            return
        for range_ in ranges:
            if range_.protection in (RX, RO):
                start = reservation.address + range_.offset
                for name, value in (
                    ("start", start),
                    ("size", range_.size),
                    ("advice", self.advice),
                ):
                    address = self.session.find_symbol(name)
                    assert address is not None
                    self._target.write_memory(address, value.to_bytes(8, "little"))
                function = self.session.find_symbol("advise")
                assert function is not None
                self._target.run([function])


class WillNeed(Advised):
    """The same with ``MADV_WILLNEED``."""

    advice = _MADV_WILLNEED


WAYS: dict[str, type[Plain]] = {
    "as it is": Plain,
    "fallocate": Allocated,
    "MADV_POPULATE_WRITE, linker": Populated,
    "MADV_HUGEPAGE, linker": Huge,
    "MADV_POPULATE_READ, executor": Advised,
    "MADV_WILLNEED, executor": WillNeed,
}


def run_once(way: type[Plain], inputs: list[LinkInput], advise: bytes) -> Cost:
    """Link and run CPython in a fresh executor."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    collected = collect_inputs(inputs)
    with ExecutorProcess(native_programs.executor()) as process:
        mapper = way(process)
        session = ExecutionSession(process, LinuxPlatform(), MapperMemoryManager(mapper))
        if isinstance(mapper, Advised):
            session.load([("advise.o", advise)])
            mapper.session = session
        for library in collected.libraries:
            process.load_library(library)
        before = resource.getrusage(resource.RUSAGE_SELF)
        started = time.perf_counter()
        unit = session.load_objects(collected.objects)
        linked = time.perf_counter()
        after = resource.getrusage(resource.RUSAGE_SELF)
        session.initialize(unit)
        main = session.find_symbol("main")
        assert main is not None
        process.run_main(ExecutorAddress(main), ["python", "-c", "1"])
        ended = time.perf_counter()
        process.shutdown()
        session.discard()
    executor = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(
        link_ms=(linked - started) * 1e3,
        run_ms=(ended - linked) * 1e3,
        linker_faults=after.ru_minflt - before.ru_minflt,
        linker_kernel_ms=(after.ru_stime - before.ru_stime) * 1e3,
        executor_faults=executor.ru_minflt - children.ru_minflt,
        executor_kernel_ms=(executor.ru_stime - children.ru_stime) * 1e3,
    )


def benchmark(runs: int) -> None:
    """Print a table of medians."""
    if not LIBPYTHON.exists():
        print("no libpython3.11-pic.a (apt-get install libpython3.11-dev): nothing to measure")
        return
    with tempfile.TemporaryDirectory() as folder:
        program = compile_programs(Path(folder))[0]
        inputs = [LinkInput(str(path)) for path in program.inputs]
        source = Path(folder, "advise.c")
        source.write_text(_ADVISE)
        subprocess.run(["gcc", "-fPIC", "-c", str(source)], cwd=folder, check=True)
        advise = Path(folder, "advise.o").read_bytes()
        costs: dict[str, list[Cost]] = {name: [] for name in WAYS}
        for turn in range(runs + 1):
            for name, way in WAYS.items():
                cost = run_once(way, inputs, advise)
                if turn:
                    costs[name].append(cost)
    rows = []
    for name, found in costs.items():
        columns = [[getattr(cost, field.name) for cost in found] for field in fields(Cost)]
        rows.append([name, *(f"{statistics.median(column):.1f}" for column in columns)])
    header = [field.name.replace("_", " ") for field in fields(Cost)]
    print(f"\nPages of the linked CPython, medians of {runs} runs in turns\n")
    print(table(["", *header], rows))
