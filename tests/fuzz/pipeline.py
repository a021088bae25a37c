"""One fuzzed link: everything that ``forkrepl link`` does, except running the code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from platform_support.platform import LinuxPlatform
from runtime.addresses import ExecutorAddress
from runtime.errors import RuntimeFailure, UndefinedSymbolsError
from runtime.executor_client.interface import (
    ExecutorProcessControl,
    SymbolDescription,
    ThreadArea,
    UnitRegistration,
)
from runtime.linker.link_inputs import LinkInput, collect_inputs
from runtime.memory.manager import MapperMemoryManager
from runtime.objects.elf import ObjectFile
from runtime.protocol import wire
from runtime.protocol.machine import EM_X86_64
from runtime.protocol.wire import Outcome
from runtime.units.execution_session import ExecutionSession
from tests.support.runtime import FakeMapper


class FakeProcess:
    """Has every symbol, or none, and packs what it is told as the real one does."""

    def __init__(self, has_symbols: bool) -> None:
        self._has_symbols = has_symbols

    @property
    def machine(self) -> int:
        """That of the samples."""
        return EM_X86_64

    def lookup(self, names: list[str]) -> list[ExecutorAddress]:
        """Places that direct calls from FakeMapper's memory reach."""
        wire.pack_strings(names)
        first = 0x7EFFF0000000 if self._has_symbols else 0
        return [ExecutorAddress(first + 16 * i if first else 0) for i in range(len(names))]

    def lookup_thread_locals(self, names: list[str]) -> list[tuple[int, int]]:
        """The first one's module is 1."""
        wire.pack_strings(names)
        return [(int(self._has_symbols), 16 * i) for i in range(len(names))]

    def describe_symbols(self, names: list[str]) -> list[SymbolDescription]:
        """Functions and variables in alternation."""
        addresses = self.lookup(names)
        return [SymbolDescription(address, 8, bool(address & 16)) for address in addresses]

    def thread_area(self) -> ThreadArea:
        """As the executor's."""
        return ThreadArea(-16384, 16384, 64)

    def open_exports(self, shared_object: bytes) -> int:
        """A handle."""
        return len(shared_object)

    def close_exports(self, handle: int) -> None:
        """It must be one."""
        assert handle > 0

    def register_unit(self, unit: UnitRegistration, *, postponed: bool = False) -> None:
        """Nothing comes of it."""
        image = unit.thread_locals
        head = (unit.dso_handle, unit.text, unit.text_size, unit.eh_frame)
        tail = (image.offset, len(unit.moves))
        wire.UNIT.pack(*head, image.module, image.address, image.size, image.align, *tail)
        for move in unit.moves:
            wire.MOVE.pack(move.source, move.destination, move.size)
        self.run(unit.finalizers)

    def choose_functions(
        self, functions: Sequence[tuple[ExecutorAddress, ExecutorAddress]]
    ) -> None:
        """Nothing comes of it."""
        for pair in functions:
            self.run(pair)

    def run(self, functions: Sequence[ExecutorAddress], look: object = None) -> Outcome:
        """Nothing runs."""
        for function in functions:
            wire.WORD.pack(function)
        return wire.unpack_outcome(bytes(wire.OUTCOME.size))

    def close_unit(self, dso_handle: ExecutorAddress) -> Outcome:
        """Nothing runs."""
        return self.run([dso_handle])


@dataclass(frozen=True, slots=True)
class Case:
    """``folder`` holds the inputs, whose names are as on the command line."""

    folder: Path
    inputs: tuple[str, ...]
    whole_archive: bool
    has_symbols: bool


def outcome_of(case: Case) -> str:
    """How it ends, in a word. AssertionError, or any other error, is a bug found."""
    try:
        return _link_twice(case)
    except RuntimeFailure as failure:
        _judge(failure, case)
        return type(failure).__name__


def _link_twice(case: Case) -> str:
    """The second time, the session has everything already."""
    objects = _collect(case)
    if not objects:
        return "nothing to link"
    memory = MapperMemoryManager(FakeMapper(limit=1 << 24), 1 << 20)
    process = cast(ExecutorProcessControl, FakeProcess(case.has_symbols))
    session = ExecutionSession(process, LinuxPlatform(), memory)
    try:
        unit = session.load_objects(objects)
    except BaseException:
        assert session.statistics().used == 0, "memory was kept after a failure"
        raise
    session.initialize(unit)
    used = session.statistics().used
    try:
        session.unload(session.load_objects(objects))
        again = "linked twice"
    except RuntimeFailure as failure:
        _judge(failure, case)
        again = "linked"
    assert session.statistics().used == used, "memory was kept after the second link"
    session.unload(unit)
    assert session.statistics().used == 0, "memory was kept after unloading"
    return again


def _collect(case: Case) -> list[ObjectFile]:
    inputs = [
        LinkInput(name[2:], True, case.whole_archive)
        if name.startswith("-l")
        else LinkInput(str(case.folder / name), False, case.whole_archive)
        for name in case.inputs
    ]
    return collect_inputs(inputs, [str(case.folder)], ["main"]).objects


def _judge(failure: RuntimeFailure, case: Case) -> None:
    message = str(failure)
    lines = message.split("\n")
    assert message.replace("\n", "").isprintable(), f"control characters: {message!r}"
    if not isinstance(failure, UndefinedSymbolsError):
        assert len(lines) == 1, f"several lines: {message!r}"
    assert all(line.strip() for line in lines), f"an empty line: {message!r}"
    assert str(case.folder) in message, f"no file is named: {message!r}"
