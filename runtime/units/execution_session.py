"""The execution session: brings linker, symbol table, memory manager and executor together.

A unit, loaded and unloaded as a whole, goes through ``load`` (linked, registered, not run),
``initialize`` (its initializers run; for a snippet that is running it) and ``unload``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from contextlib import ExitStack

from msgspec import Struct

from runtime.addresses import ExecutorAddress
from runtime.debugging.address_book import AddressBook, Thing
from runtime.debugging.developer_tools import DeveloperTools
from runtime.debugging.symbolizer import Place
from runtime.errors import ExecutorError
from runtime.executor_client.interface import ExecutorProcessControl, Patch, UnitRegistration
from runtime.linker.exported_symbols import ExportedSymbol, shared_object
from runtime.linker.link import LinkedUnit, link
from runtime.linker.link_report import SILENT, LinkReport, PictureReport
from runtime.linker.symbols import Definition, JITDylib, ProcessSymbols
from runtime.linker.thread_local_blocks import ThreadLocalBlocks
from runtime.memory.manager import MapperMemoryManager, Mark, Statistics
from runtime.memory.snapshot import MemorySnapshot
from runtime.objects.demangle import demangle
from runtime.objects.elf import ObjectFile
from runtime.objects.object_reader import read_objects
from runtime.protocol.wire import LookAtValue, Outcome, Value
from runtime.units.kept_values import KeptValues, ValueNoted
from runtime.units.platform_layer import Platform
from runtime.units.redirection import Withdrawn, jumps_to
from runtime.units.unit_journal import (
    LoadedUnit,
    SymbolsWithdrawn,
    UnitJournal,
    UnitLoaded,
    UnitUnloaded,
)


class SessionMark(Struct, frozen=True):
    """A moment to go back to: see ``ExecutionSession.mark``."""

    position: int
    memory: Mark
    is_exporting: bool


_NO_TOOLS = DeveloperTools()


class ExecutionSession:
    """See the module. ``process`` stays the caller's to end."""

    def __init__(
        self,
        process: ExecutorProcessControl,
        platform: Platform,
        memory_manager: MapperMemoryManager,
        tools: DeveloperTools = _NO_TOOLS,
        *,
        redefinition: bool = False,
    ) -> None:
        """``redefinition``: a unit may define again what an earlier one did."""
        self._process = process
        self._tools = tools
        self._platform = platform
        self._dylib = JITDylib(redefinition=redefinition)
        self._process_symbols = ProcessSymbols(process, platform.replacements, memory_manager.holds)
        self._thread_local_blocks = ThreadLocalBlocks(process.thread_area)
        self._memory = memory_manager
        self._next_number = 0
        self._units: dict[int, LoadedUnit] = {}
        self._addresses = AddressBook()
        self._exports: dict[int, int] = {}  # of a unit's number: a handle
        self._is_exporting = False
        self._journal = UnitJournal()
        self._values = KeptValues(self._dylib)

    def load(
        self,
        inputs: Sequence[tuple[str, bytes]],
        *,
        is_program: bool = False,
        is_run_next: bool = False,
        kept: Set[str] | None = None,
    ) -> LoadedUnit:
        """Read objects, given as (name, contents), and ``load_objects``."""
        objects = read_objects(inputs, self._process.machine)
        return self.load_objects(objects, is_program=is_program, is_run_next=is_run_next, kept=kept)

    def load_objects(
        self,
        objects: Sequence[ObjectFile],
        report: LinkReport = SILENT,
        *,
        is_program: bool = False,
        is_run_next: bool = False,
        kept: Set[str] | None = None,
    ) -> LoadedUnit:
        """Link objects and register the result. ``report`` is told of each step.
        ``is_program``: nothing has run before it. ``is_run_next``: ``initialize`` comes next,
        and may register it; if that is refused, it raises what this would. ``kept``: see ``link``.

        Its symbols are visible to later units from now on. Raises what
        ``linker.link`` raises; then nothing has changed.
        """
        number = self._next_number
        observer = PictureReport(report) if self._tools else report
        linked = link(
            objects,
            number,
            self._dylib,
            self._process_symbols,
            self._memory,
            self._thread_local_blocks,
            observer,
            kept,
        )
        self._next_number += 1
        registration = UnitRegistration(
            dso_handle=linked.dso_handle,
            text=linked.text,
            text_size=linked.text_size,
            eh_frame=linked.eh_frame,
            thread_locals=linked.thread_locals,
            finalizers=self._platform.finalizers(linked.function_arrays),
            moves=linked.moves,
        )
        loaded = LoadedUnit(number, linked)
        with ExitStack() as undo:
            undo.callback(loaded.deallocate)
            names = self._platform.interposed(linked.definitions.keys(), is_program=is_program)
            if linked.opens_libraries:
                self._export_all()
            is_all = not (names or linked.indirect_functions or self._is_exporting or self._tools)
            # If that is all that is to be said of it, it costs no message of its own.
            self._process.register_unit(registration, postponed=is_run_next and is_all)
            undo.callback(self._process.close_unit, linked.dso_handle)
            self._interpose(linked, names)
            if isinstance(observer, PictureReport) and observer.picture is not None:
                self._tools.show(self._process, observer.picture.graph, linked.dso_handle)
            self._process.choose_functions(linked.indirect_functions)
            report.lap("register")
            if self._is_exporting:
                self._export(loaded)
            report.lap("export")
            undo.pop_all()
        self._add(loaded)
        self._journal.note(UnitLoaded(loaded))
        return loaded

    def _interpose(self, linked: LinkedUnit, names: Sequence[str]) -> None:
        if names:
            functions = {name: linked.definitions[name].address for name in names}
            self._process.interpose(linked.dso_handle, functions)

    def initialize(
        self,
        unit: LoadedUnit,
        look: LookAtValue | None = None,
        functions: Sequence[ExecutorAddress] | None = None,
    ) -> Outcome:
        """Run a unit's initializers, or these of them. ``look``: see
        ``ExecutorProcessControl.run``."""
        if functions is None:
            functions = self.initializers(unit)
        try:
            return self._process.run(functions, look)
        except ExecutorError as error:
            if error.was_postponed:  # see load_objects: it could not be registered
                self._take_away(unit)
            raise

    def initializers(self, unit: LoadedUnit) -> list[ExecutorAddress]:
        """The functions that ``initialize`` runs, in order."""
        return [function for function, _ in self.prioritized(unit)]

    def prioritized(self, unit: LoadedUnit) -> list[tuple[ExecutorAddress, int | None]]:
        """The same, each with its priority, if it has one."""
        return self._platform.initializers(unit.linked.function_arrays)

    def keep_value(self, unit: LoadedUnit, name: str, value: Value, number: int = 0) -> None:
        """From now on this symbol is the value that a unit has made, if it is kept. Those
        that had to go for it have no symbol any more. ``number``: see ``KeptValues.add``."""
        noted = self._values.add(unit, name, value, number)
        if noted is not None:
            self._journal.note(noted)

    def unload(self, unit: LoadedUnit) -> Outcome:
        """Run what the unit registered, then take it away, newest unit first.

        The outcome tells of an exception from a handler; the unit is gone anyway.
        """
        outcome = self._process.close_unit(unit.linked.dso_handle)
        self._take_away(unit)
        return outcome

    def _take_away(self, unit: LoadedUnit) -> None:
        """A unit that is not registered, or not any more."""
        exports = self._remove(unit)
        if exports is not None:
            self._process.close_exports(exports)
        if self._journal.note(UnitUnloaded(unit, exports)):
            unit.linked.allocation.withdraw()
        else:
            unit.deallocate()

    # A new version of what is loaded.

    def redirect(self, unit: LoadedUnit, names: Iterable[str]) -> tuple[list[Patch], list[str]]:
        """Code that refers to earlier definitions of these functions comes to those of a unit
        from now on. Returns the bytes that were there, for ``patch``, and the names of those
        that are too short for a jump."""
        patches, too_short = jumps_to(unit, names, self._units, self._dylib, self._process.machine)
        before = [
            Patch(p.address, self._process.read_memory(p.address, len(p.bytes))) for p in patches
        ]
        self.patch(patches)
        return before, too_short

    def patch(self, patches: Sequence[Patch]) -> None:
        """Put other bytes in the place of code."""
        self._process.patch_code(patches)

    def withdraw(self, names: Iterable[str]) -> tuple[Withdrawn, ...]:
        """Nobody finds these symbols any more, until ``reinstate``."""
        by_owner: dict[int, dict[str, Definition]] = {}
        for name in names:
            definition = self._dylib.find(name)
            if definition is not None:
                by_owner.setdefault(definition.unit, {})[name] = definition
        gone = []
        for owner, definitions in by_owner.items():
            groups = self._dylib.withdraw_groups(owner, definitions)
            each = Withdrawn(owner, definitions, groups)
            self._set_withdrawn(each, is_return=False)
            self._journal.note(SymbolsWithdrawn(each, is_return=False))
            gone.append(each)
        return tuple(gone)

    def reinstate(self, withdrawn: Iterable[Withdrawn]) -> None:
        """Undo ``withdraw``."""
        for each in withdrawn:
            self._set_withdrawn(each, is_return=True)
            self._journal.note(SymbolsWithdrawn(each, is_return=True))

    def _set_withdrawn(self, withdrawn: Withdrawn, *, is_return: bool) -> None:
        for name, definition in withdrawn.definitions.items():
            if is_return:
                self._dylib.define(withdrawn.unit, name, definition)
            else:
                self._dylib.undefine(withdrawn.unit, name)
        if is_return:
            self._dylib.restore_groups(withdrawn.unit, withdrawn.groups)
        else:
            self._dylib.withdraw_groups(withdrawn.unit, withdrawn.groups)

    # Going back in time, together with the process: see ``Checkpoint``.

    def mark(self) -> SessionMark:
        """What is loaded now, for ``rewind``; until ``release`` nothing of it is reused."""
        return SessionMark(self._journal.mark(), self._memory.mark(), self._is_exporting)

    def release(self, mark: SessionMark) -> None:
        """Give up a mark: what was kept only for it is freed."""
        for unit in self._journal.release(mark.position):
            unit.deallocate()

    def rewind(self, mark: SessionMark) -> None:
        """The process is again as it was when the mark was made, which can be used
        again; marks since then cannot. No code runs."""
        self._memory.rewind(mark.memory)
        for entry in self._journal.rewind(mark.position):
            if isinstance(entry, UnitLoaded):
                self._remove(entry.unit)
                entry.unit.deallocate()
            elif isinstance(entry, ValueNoted):
                self._values.undo(entry)
            elif isinstance(entry, SymbolsWithdrawn):
                self._set_withdrawn(entry.withdrawn, is_return=not entry.is_return)
            else:
                self._add(entry.unit)
                if entry.exports is not None:
                    self._exports[entry.unit.number] = entry.exports
        self._is_exporting = mark.is_exporting
        self._process_symbols.forget()

    def _add(self, unit: LoadedUnit) -> None:
        self._dylib.add(unit.number, unit.linked.definitions, unit.linked.groups)
        self._units[unit.number] = unit
        self._addresses.add(unit.number, unit.linked)

    def _remove(self, unit: LoadedUnit) -> int | None:
        """Forget a unit's symbols and addresses. Returns the handle of its exports, if any."""
        self._units.pop(unit.number, None)
        self._addresses.remove(unit.number)
        self._dylib.remove(unit.number)
        return self._exports.pop(unit.number, None)

    def load_library(self, path: str) -> None:
        """Open a library, which can bind to what has been linked and what will be.

        Raises ExecutorError with the dynamic linker's reason.
        """
        self._export_all()
        self._process.load_library(path)

    def define_variable(self, name: str, address: ExecutorAddress, size: int) -> None:
        """Define a symbol that belongs to no unit; units that are linked later can use it."""
        number = self._next_number
        self._next_number += 1
        definition = Definition(address, number, weak=False, size=size)
        self._dylib.add(number, {name: definition}, ())

    def forget_variable(self, number: int) -> None:
        """Undo ``define_variable``. ``number``: what the definition calls its unit."""
        self._dylib.remove(number)

    def find_symbol(self, name: str) -> ExecutorAddress | None:
        """The address of a symbol that a loaded unit defines."""
        definition = self._dylib.find(name)
        return definition.address if definition else None

    def find_definition(self, name: str) -> Definition | None:
        """All that is known of a symbol that a loaded unit defines."""
        return self._dylib.find(name)

    def linked_units(self) -> list[LinkedUnit]:
        """All that is loaded, oldest first."""
        return [unit.linked for unit in self._units.values()]

    def object_names(self) -> list[str]:
        """Of all objects that are linked: a member's is ``libx.a(y.o)``."""
        return [each.name for unit in self._units.values() for each in unit.linked.objects]

    def defines(self, name: str) -> bool:
        """Whether a loaded unit defines a symbol, or the platform does instead of libraries."""
        return self._dylib.find(name) is not None or name in self._platform.replacements

    def defined(self, names: Sequence[str]) -> set[str]:
        """Those of the names that loaded units, or the process's libraries, define."""
        ours = {name for name in names if self._dylib.find(name) is not None}
        others = [name for name in names if name not in ours]
        return ours.union(self._process_symbols.find(others))

    def memory_snapshot(self) -> MemorySnapshot:
        """Which unit has which part of the slabs now."""
        ranges = {n: unit.linked.allocation.ranges for n, unit in self._units.items()}
        return MemorySnapshot(self._memory.slabs(), ranges)

    def describe_address(self, address: int) -> list[Place]:
        """Where the code at an address comes from: the functions that are inlined there,
        innermost first, then the one that holds it. Empty if it is not a unit's."""
        return self._addresses.describe(address)

    def what_is_at(self, address: int) -> Thing | None:
        """What a unit that is loaded has at an address, or one that was had."""
        return self._addresses.thing_at(address)

    def symbol_at(self, address: ExecutorAddress) -> str | None:
        """The function or variable, of a unit's or a library's, that begins at an address,
        as people write its name; None if there is none."""
        name = self._addresses.symbol_at(address) or self._process.name_at(address)
        return demangle(name) if name else None

    def number_of_value_at(self, address: ExecutorAddress) -> int:
        """See ``KeptValues.number_at``."""
        return self._values.number_at(address)

    def statistics(self) -> Statistics:
        """How much memory is reserved and used."""
        return self._memory.statistics()

    def _export_all(self) -> None:
        """Show libraries all that is loaded, and from now on each unit."""
        self._is_exporting = True
        for unit in self._units.values():
            if unit.number not in self._exports:
                self._export(unit)

    def _export(self, unit: LoadedUnit) -> None:
        symbols = [
            ExportedSymbol(name, d.address, d.size, d.is_function)
            for name, d in unit.linked.definitions.items()
            if d.is_exported
        ]
        if symbols:
            exports = shared_object(symbols, self._process.machine)
            self._exports[unit.number] = self._process.open_exports(exports)

    def discard(self) -> None:
        """Drop the controller's half of everything: the executor process is gone."""
        self._memory.forget_all()
