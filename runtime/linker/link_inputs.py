"""What a link takes in, in the order of its command line: objects, archives, libraries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import compress
from pathlib import Path

from msgspec import Struct

from runtime.errors import ObjectFormatError, printable
from runtime.objects import elf
from runtime.objects.archive import Archive, is_archive
from runtime.objects.elf import ObjectFile
from runtime.objects.foreign_files import ELF_MAGIC, check_machine
from runtime.objects.input_files import Contents, read_input_file
from runtime.objects.libraries import find_library, linker_script_files
from runtime.objects.object_reader import NamedContents, read_object, read_objects
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
            collector.add_contents(entry.name, entry.contents)
            continue
        paths = (
            find_library(entry.name, folders, machine=machine) if entry.is_library else [entry.name]
        )
        for path in paths:
            collector.add(Path(path), entry.whole_archive)
    return collector.finish()


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
    defined = {name for each in members for name in _names(each, elf.DEFINED)}
    needed = {name for each in members for name in _names(each, elf.NEEDED)}
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
        self._unread: list[NamedContents] = []  # objects, which are read together

    def finish(self) -> CollectedInputs:
        """What has been collected, when nothing else comes."""
        self._read_objects()
        return self.result

    def add_contents(self, name: str, contents: Contents) -> None:
        """Add an object that is not read yet."""
        self._unread.append((name, contents))

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
            self.add_contents(str(path), data)

    def add_object(self, added: ObjectFile, needed_by: int = _ENTRY) -> None:
        number = len(self.result.objects)
        self.result.objects.append(added)
        self.owners.append(number if needed_by < 0 else self.owners[needed_by])
        defined, tentative, undefined = self._defined, self._tentative, self.undefined
        for name, kind in zip(added.global_names, added.global_kinds, strict=True):
            if kind == elf.NEEDED:  # a weak reference pulls nothing in
                if name not in defined and name not in tentative:
                    undefined.setdefault(name, number)
            elif kind == elf.DEFINED:
                defined.add(name)
                tentative.discard(name)
                undefined.pop(name, None)
            elif kind == elf.TENTATIVE and name not in defined:
                tentative.add(name)
                undefined.pop(name, None)

    def add_archive(self, archive: Archive, whole: bool = False) -> None:
        self._read_objects()
        if whole:
            self._add_members(archive, dict.fromkeys(archive.offsets(), (None, "")))
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
            new = sorted(reasons.keys() - taken)
            if not new:
                return
            taken.update(new)
            self._add_members(archive, {offset: reasons[offset] for offset in new})

    def _members_with_definitions(
        self, archive: Archive, taken: set[int]
    ) -> dict[int, tuple[int, str]]:
        """Members that define what has only been defined tentatively (GNU ld's rule)."""
        found = {}
        for name in self._tentative & archive.index.keys():
            offset = archive.index[name]
            if offset not in taken and name in _names(
                self._read(*archive.member(offset)), elf.DEFINED
            ):
                found[offset] = (_TENTATIVE, name)
        return found

    def _add_members(self, archive: Archive, reasons: Mapping[int, tuple[int | None, str]]) -> None:
        """Add the members at these offsets, each needed by an object for a symbol, or by none."""
        found = [archive.member(offset) for offset in reasons]
        read = read_objects(found, self._machine)
        for member, (needed_by, symbol) in zip(read, reasons.values(), strict=True):
            reason = "" if needed_by is None else self._name_of(needed_by)
            self.result.members.append(ArchiveMember(member.name, reason, symbol))
            self.add_object(member, _ENTRY if needed_by is None else needed_by)

    def _read_objects(self) -> None:
        for each in read_objects(self._unread, self._machine):
            self.add_object(each)
        self._unread.clear()

    def _read(self, name: str, data: Contents) -> ObjectFile:
        return read_object(name, data, self._machine)

    def _name_of(self, needed_by: int) -> str:
        if needed_by == _TENTATIVE:
            return "a tentative definition"
        return "--entry" if needed_by == _ENTRY else self.result.objects[needed_by].name


def _names(of: ObjectFile, kind: int) -> Iterator[str]:
    """The global symbols that are of a kind in an object (``ObjectFile.global_kinds``)."""
    return compress(of.global_names, [each == kind for each in of.global_kinds])


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
