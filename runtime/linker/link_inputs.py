"""What a link takes in, in the order of its command line: objects, archives, libraries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import compress
from pathlib import Path

from msgspec import Struct

from runtime.errors import ObjectFormatError, printable
from runtime.objects import elf
from runtime.objects.archive import Archive, is_archive
from runtime.objects.elf import Array, ObjectFile, read_object
from runtime.objects.foreign_files import ELF_MAGIC, check_machine
from runtime.objects.input_files import Contents, read_input_file
from runtime.objects.libraries import find_library, linker_script_files
from runtime.protocol.machine import OWN_MACHINE

_START = 1 << 16  # bytes: all of a small object, and what tells what else a file is


class LinkInput(Struct, frozen=True):
    """A file, or with ``is_library`` the NAME of ``-lNAME``.

    ``whole_archive``: take all members, not only those that are needed. ``contents``:
    an object that was made from the file, instead of what is in it.
    """

    name: str
    is_library: bool = False
    whole_archive: bool = False
    contents: bytes | None = None


class ArchiveMember(Struct, frozen=True):
    """A member that was taken, and the object that first needed ``symbol`` of it (both
    are empty if the whole archive was wanted)."""

    name: str
    needed_by: str = ""
    symbol: str = ""


class NeededMembers(Struct, frozen=True):
    """Members of archives that objects need. ``needed_by``: for each the number of the object,
    of those given, that first needed it, perhaps by way of other members. ``undefined``:
    what neither they nor the objects define, of all of them; ``of_members``: what the members
    need that no member defines."""

    objects: list[ObjectFile]
    needed_by: list[int]
    undefined: list[str]
    of_members: list[str]


class CollectedInputs(Struct):
    """``objects`` to link, and the ``libraries`` (paths) to open first.

    ``members``: which of the objects come from archives, and why.
    """

    objects: list[ObjectFile] = []
    libraries: list[str] = []
    members: list[ArchiveMember] = []


def collect_inputs(
    inputs: Sequence[LinkInput],
    folders: Sequence[str] = (),
    wanted: Iterable[str] = (),
    machine: int = OWN_MACHINE,
) -> CollectedInputs:
    """Read objects and pull in the members of archives that are needed.

    As traditional linkers do: an archive serves what is undefined when its turn
    comes. ``wanted``: names that are needed from the start, such as ``main``; ``machine``: the
    ``e_machine`` that all must be for. Raises RuntimeFailure, naming the file.
    """
    collector = _Collector(folders, wanted, machine=machine)
    for entry in inputs:
        if entry.contents is not None:
            collector.add_object(read_object(entry.name, entry.contents, machine))
            continue
        paths = (
            find_library(entry.name, folders, machine=machine) if entry.is_library else [entry.name]
        )
        for path in paths:
            collector.add(Path(path), entry.whole_archive)
    return collector.result


def needed_members(
    objects: Sequence[ObjectFile], archives: Sequence[Archive], is_there: Callable[[str], bool]
) -> NeededMembers:
    """What ``objects`` need of archives, which may need one another (as for ``--start-group``).

    ``is_there``: whether a symbol that an archive has, too, has been linked before. Raises
    RuntimeFailure, naming the file.
    """
    collector = _Collector((), (), is_there)
    for each in objects:
        collector.add_object(each)
    before = 0
    while before != len(collector.result.objects):
        before = len(collector.result.objects)
        for archive in archives:
            collector.add_archive(archive)
    first = len(objects)
    members = collector.result.objects[first:]
    defined = set().union(*map(_definitions, members))
    needed = set().union(*map(_references, members))
    return NeededMembers(
        members, collector.owners[first:], list(collector.undefined), sorted(needed - defined)
    )


# Who needs a symbol, if no object does.
_ENTRY = -1
_TENTATIVE = -2


class _Collector:
    """``owners``: for each object the number of the one that needed it first, and that was not
    needed by another itself; ``undefined``: symbols, each with the number of the object that
    needs it first."""

    def __init__(
        self,
        folders: Sequence[str],
        wanted: Iterable[str],
        is_there: Callable[[str], bool] = lambda name: False,
        machine: int = OWN_MACHINE,
    ) -> None:
        self.result = CollectedInputs()
        self.owners: list[int] = []
        self.undefined: dict[str, int] = dict.fromkeys(wanted, _ENTRY)
        self._folders = folders
        self._is_there = is_there
        self._machine = machine
        self._defined: set[str] = set()
        self._tentative: set[str] = set()  # common symbols, without another definition

    def add(self, path: Path, whole_archive: bool, may_be_script: bool = True) -> None:
        start = read_input_file(path, _START)
        if _is_shared_library(start):
            check_machine(str(path), start, self._machine)
            self.result.libraries.append(str(path.resolve()))
            return
        data = start if len(start) < _START else read_input_file(path)
        if is_archive(data):
            self.add_archive(Archive(path, data), whole_archive)
            return
        may_be_script = may_be_script and not start.startswith(ELF_MAGIC)
        named = (
            linker_script_files(path, start, self._folders, self._machine) if may_be_script else []
        )
        for script_entry in named:  # a script that names scripts, maybe itself, is an error
            self.add(Path(script_entry), whole_archive, may_be_script=False)
        if not named:
            self.add_object(self._read(str(path), data))

    def add_object(self, added: ObjectFile, needed_by: int = _ENTRY) -> None:
        number = len(self.result.objects)
        self.result.objects.append(added)
        self.owners.append(number if needed_by < 0 else self.owners[needed_by])
        defined = _definitions(added)
        tentative = _tentative_definitions(added)
        self._defined.update(defined)
        self._tentative.update(tentative)
        self._tentative.difference_update(defined)
        for name in defined | tentative:
            self.undefined.pop(name, None)
        for name in _references(added):
            if name not in self._defined and name not in self._tentative:
                self.undefined.setdefault(name, number)

    def add_archive(self, archive: Archive, whole: bool = False) -> None:
        if whole:
            for offset in archive.offsets():
                self._add_member(archive, offset)
            return
        if not archive.has_index:
            _check_needs_no_index(archive)
        taken: set[int] = set()
        while True:  # a member may need others
            reasons = self._members_with_definitions(archive, taken)
            asked = self.undefined.keys() & archive.index.keys()
            wanted = sorted((n for n in asked if not self._is_there(n)), reverse=True)
            if wanted and all(archive.index[name] in taken for name in wanted):
                raise ObjectFormatError(
                    f"{archive.path}: its index names members that do not define "
                    f"{printable(', '.join(wanted[:-4:-1]))} (run ranlib)"
                )
            reasons |= {archive.index[name]: (self.undefined[name], name) for name in wanted}
            if not reasons.keys() - taken:
                return
            for offset in sorted(reasons.keys() - taken):
                taken.add(offset)
                self._add_member(archive, offset, *reasons[offset])

    def _members_with_definitions(
        self, archive: Archive, taken: set[int]
    ) -> dict[int, tuple[int, str]]:
        """Members that define what has only been defined tentatively (GNU ld's rule)."""
        found = {}
        for name in self._tentative & archive.index.keys():
            offset = archive.index[name]
            if offset not in taken and _defines(self._read(*archive.member(offset)), name):
                found[offset] = (_TENTATIVE, name)
        return found

    def _add_member(
        self, archive: Archive, offset: int, needed_by: int | None = None, symbol: str = ""
    ) -> None:
        name, data = archive.member(offset)
        reason = "" if needed_by is None else self._name_of(needed_by)
        self.result.members.append(ArchiveMember(name, reason, symbol))
        self.add_object(self._read(name, data), _ENTRY if needed_by is None else needed_by)

    def _read(self, name: str, data: Contents) -> ObjectFile:
        return read_object(name, data, self._machine)

    def _name_of(self, needed_by: int) -> str:
        if needed_by == _TENTATIVE:
            return "a tentative definition"
        return "--entry" if needed_by == _ENTRY else self.result.objects[needed_by].name


def _global_symbols(of: ObjectFile) -> tuple[Array, Array]:
    """The sections of its global symbols, and which of them are weak."""
    info = of.symbols["info"]
    is_global = info >= elf.STB_GLOBAL << 4
    return of.symbol_sections[is_global], info[is_global] >> 4 == elf.STB_WEAK


def _definitions(of: ObjectFile) -> set[str]:
    """What an object defines, and not only tentatively."""
    sections, _ = _global_symbols(of)
    inside = (sections != elf.COMMON) & (sections != elf.UNDEFINED)
    return set(compress(of.global_names, inside.tolist()))


def _tentative_definitions(of: ObjectFile) -> set[str]:
    sections, _ = _global_symbols(of)
    return set(compress(of.global_names, (sections == elf.COMMON).tolist()))


def _references(of: ObjectFile) -> list[str]:
    """What an object needs; a weak reference pulls nothing in."""
    sections, weak = _global_symbols(of)
    return list(compress(of.global_names, ((sections == elf.UNDEFINED) & ~weak).tolist()))


def _defines(candidate: ObjectFile, name: str) -> bool:
    """Whether an object has a definition of a global symbol, and not a tentative one."""
    is_global = candidate.symbols["info"] >= elf.STB_GLOBAL << 4
    in_section = (candidate.symbol_sections[is_global] >= 0).tolist()
    return name in compress(candidate.global_names, in_section)


def _check_needs_no_index(archive: Archive) -> None:
    """Raise ObjectFormatError unless the archive is empty."""
    for offset in archive.offsets():
        read_object(*archive.member(offset))  # if ar did not understand it, this says more
        raise ObjectFormatError(
            f"{archive.path}: an archive without an index: run ranlib, or give --whole-archive"
        )


def _is_shared_library(start: bytes) -> bool:
    if not start.startswith(ELF_MAGIC) or len(start) < elf.EHDR.size:
        return False
    return int.from_bytes(start[16:18], "big" if start[5] == 2 else "little") == elf.ET_DYN
