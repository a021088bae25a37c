"""Archives in a session: members are linked when a unit needs them.

A linker sees all of a program's objects and takes from an archive what they need. Here
they come one after another, so archives stay at hand. What a unit needs is linked before
it, as a unit of its own, whose initializers run at once: when the code that asked for it
fails, what an archive has given stays, as what a shared library has. Only members that need
what the unit itself defines are linked together with it.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from functools import partial
from itertools import compress
from pathlib import Path

from msgspec import Struct

from runtime.errors import LinkError, RuntimeFailure, UndefinedSymbolsError
from runtime.linker.link_inputs import NeededMembers, needed_members
from runtime.linker.passes.linker_symbols import may_be_linkers
from runtime.objects import elf
from runtime.objects.archive import Archive
from runtime.objects.demangle import demangle
from runtime.objects.elf import ObjectFile
from runtime.objects.foreign_files import BITCODE_MAGIC, ELF_MAGIC, check_machine
from runtime.objects.input_files import read_input_file
from runtime.objects.object_reader import read_object, read_objects
from runtime.protocol.wire import Outcome
from runtime.units.execution_session import ExecutionSession
from runtime.units.unit_journal import LoadedUnit


class PulledMembers(Struct, frozen=True):
    """A unit of members. It goes when the unit of number ``since`` goes, or an older one."""

    unit: LoadedUnit
    since: int


class StaticState(Struct, frozen=True):
    """What can be gone back to: see ``StaticLibraries.state``."""

    archives: tuple[Archive, ...] = ()
    pulled: tuple[PulledMembers, ...] = ()


class StaticLibraries:
    """The archives of one session, in the order in which they came. ``state`` is as it was
    after going back, if it is set to what it was then."""

    def __init__(self, session: ExecutionSession) -> None:
        self.state = StaticState()
        self._session = session

    def add(self, path: str) -> None:
        """Make an archive's members available. One that is here already is read anew.

        Raises RuntimeFailure if it is damaged or for another machine, or if it has changed and
        some of it has been linked.
        """
        self.add_archive(Archive(Path(path), read_input_file(Path(path))))

    def add_archive(self, archive: Archive) -> None:
        """The same for one that has been read."""
        _check(archive)
        others = tuple(each for each in self.state.archives if each.path != archive.path)
        self.state = StaticState((*others, archive), self.state.pulled)

    def load_objects(self, objects: Sequence[tuple[str, bytes]]) -> None:
        """Link the objects of a command line, names and contents, as one unit, for good, and
        initialize it.

        Raises what ``load`` raises.
        """
        unit = self.load(objects)
        self._initialize(unit, ", ".join(name for name, _ in objects))

    def has(self, name: str) -> bool:
        """Whether a member of an archive defines a symbol."""
        return any(name in archive.index for archive in self.state.archives)

    def is_linked(self, path: str) -> bool:
        """Whether a member of that archive has been linked."""
        return any(name.startswith(f"{path}(") for name in self._session.object_names())

    def load(
        self,
        inputs: Sequence[tuple[str, bytes]],
        *,
        is_program: bool = False,
        at_once: bool = False,
        is_run_next: bool = False,
        kept: Set[str] | None = None,
    ) -> LoadedUnit:
        """As ``ExecutionSession.load``, with what the objects need of archives. ``at_once``: as
        one unit, nothing of which runs yet; of a program that is so, too.

        Raises also InitializerThrew, of a member's.
        """
        objects = read_objects(inputs)
        session = self._session
        load = partial(
            session.load_objects, is_program=is_program, is_run_next=is_run_next, kept=kept
        )
        if not self.state.archives:
            return load(objects)
        needed = needed_members(objects, self.state.archives, session.defines)
        if not needed.objects:
            return load(objects)
        if is_program or at_once:  # initialized in the order of a native link
            return load([*objects, *needed.objects])
        for member in needed.objects:
            self._check_is_new(member)
        if not self._can_come_first(needed):
            return self._load_together(objects, needed, is_run_next)
        members = self._load_members(needed.objects)
        unit = load(objects)
        self._keep(PulledMembers(members, unit.number))
        return unit

    def unload(self, unit: LoadedUnit, *, keeps_members: bool) -> Outcome:
        """As ``ExecutionSession.unload``; and what has come from archives for it, or since.

        ``keeps_members``: these stay until an older unit goes.
        """
        outcome = self._session.unload(unit)
        pulled = [each for each in self.state.pulled if each.unit.number != unit.number]
        concerned = [each for each in pulled if each.since >= unit.number]
        others = tuple(each for each in pulled if each.since < unit.number)
        if keeps_members:
            kept = tuple(PulledMembers(each.unit, each.unit.number) for each in concerned)
            self.state = StaticState(self.state.archives, (*others, *kept))
            return outcome
        for each in reversed(concerned):
            ended = self._session.unload(each.unit)
            if outcome.exception_type is None:
                outcome = ended
        self.state = StaticState(self.state.archives, others)
        return outcome

    def _can_come_first(self, needed: NeededMembers) -> bool:
        """Whether members need nothing of the objects, and nothing is missing for these."""
        asked = {*needed.undefined, *needed.of_members}
        wanted = sorted(name for name in asked if not may_be_linkers(name))
        return self._session.defined(wanted).issuperset(wanted)

    def _load_members(self, members: Sequence[ObjectFile]) -> LoadedUnit:
        unit = self._session.load_objects(members)
        # Whatever comes next, what has been initialized stays until an older unit goes.
        self._keep(PulledMembers(unit, unit.number))
        self._initialize(unit, ", ".join(member.name for member in members))
        return unit

    def _initialize(self, unit: LoadedUnit, names: str) -> None:
        outcome = self._session.initialize(unit)
        if outcome.exception_type is not None:
            self.unload(unit, keeps_members=False)
            raise InitializerThrew(names, outcome)

    def _keep(self, pulled: PulledMembers) -> None:
        others = [each for each in self.state.pulled if each.unit.number != pulled.unit.number]
        self.state = StaticState(self.state.archives, (*others, pulled))

    def _load_together(
        self, objects: Sequence[ObjectFile], needed: NeededMembers, is_run_next: bool
    ) -> LoadedUnit:
        """Members are initialized first. What they lack the object lacks that needs them."""
        count = len(needed.objects)
        try:
            together = [*needed.objects, *objects]
            return self._session.load_objects(together, is_run_next=is_run_next)
        except UndefinedSymbolsError as error:
            needed_by = {
                name: frozenset(
                    needed.needed_by[number] if number < count else number - count
                    for number in numbers
                )
                for name, numbers in error.needed_by.items()
            }
            raise UndefinedSymbolsError(str(error), error.brief, error.names, needed_by) from None

    def _check_is_new(self, member: ObjectFile) -> None:
        """What an input has defined is not to mean something else from now on."""
        info = member.symbols["info"]
        strong = (info >> 4 == elf.STB_GLOBAL)[info >= elf.STB_GLOBAL << 4]
        inside = member.symbol_sections[info >= elf.STB_GLOBAL << 4] >= 0
        for name in compress(member.global_names, (strong & inside).tolist()):
            before = self._session.find_definition(name)
            if before is not None and not before.weak:
                raise LinkError(
                    f"{member.name}: duplicate definition of {demangle(name)}, defined by an "
                    "earlier input"
                )


class InitializerThrew(LinkError):
    """A member of an archive could not be initialized; it is gone again."""

    def __init__(self, members: str, outcome: Outcome) -> None:
        thrown = outcome.exceptions[0]
        what = f": {thrown.what}" if thrown.what else ""
        super().__init__(f"{members}: an initializer threw {thrown.type}{what}")


def _check(archive: Archive) -> None:
    """Raise RuntimeFailure for what would fail later, when something is needed of it."""
    is_empty = True
    for offset in archive.offsets():
        is_empty = False
        name, data = archive.member(offset)
        if data[: len(ELF_MAGIC)] == ELF_MAGIC and len(data) >= elf.EHDR.size:
            check_machine(name, data)
        elif data[:4] in BITCODE_MAGIC:
            read_object(name, data)  # says what to do
    if not is_empty and not archive.has_index:
        raise RuntimeFailure(f"{archive.path}: an archive without an index: run ranlib")
