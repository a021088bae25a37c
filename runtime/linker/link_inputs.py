"""What a link takes in, in the order of its command line: objects, archives, libraries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import compress
from pathlib import Path

from msgspec import Struct

from runtime.errors import ObjectFormatError, printable
from runtime.objects import elf
from runtime.objects.archive import Archive, is_archive
from runtime.objects.elf import ObjectFile, check_machine, read_object
from runtime.objects.input_files import read_input_file
from runtime.objects.libraries import find_library_files, linker_script_files

_START = 4096  # bytes that tell what a file is


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


class CollectedInputs(Struct):
    """``objects`` to link, and the ``libraries`` (paths) to open first.

    ``members``: which of the objects come from archives, and why.
    """

    objects: list[ObjectFile] = []
    libraries: list[str] = []
    members: list[ArchiveMember] = []


def collect_inputs(
    inputs: Sequence[LinkInput], folders: Sequence[str] = (), wanted: Iterable[str] = ()
) -> CollectedInputs:
    """Read objects and pull in the members of archives that are needed.

    As traditional linkers do: an archive serves what is undefined when its turn
    comes. ``wanted``: names that are needed from the start, such as ``main``. Raises
    RuntimeFailure, naming the file.
    """
    collector = _Collector(folders, wanted)
    for entry in inputs:
        if entry.contents is not None:
            collector.add_object(read_object(entry.name, entry.contents))
            continue
        paths = find_library_files(entry.name, folders) if entry.is_library else [entry.name]
        for path in paths:
            collector.add(Path(path), entry.whole_archive)
    return collector.result


class _Collector:
    def __init__(self, folders: Sequence[str], wanted: Iterable[str]) -> None:
        self.result = CollectedInputs()
        self._folders = folders
        self._defined: set[str] = set()
        self._tentative: set[str] = set()  # common symbols, without another definition
        # Each with the object that needs it first.
        self._undefined: dict[str, str] = dict.fromkeys(wanted, "--entry")

    def add(self, path: Path, whole_archive: bool, may_be_script: bool = True) -> None:
        start = read_input_file(path, _START)
        if _is_shared_library(start):
            check_machine(str(path), start)
            self.result.libraries.append(str(path.resolve()))
            return
        data = read_input_file(path)
        if is_archive(data):
            self._add_archive(Archive(path, data), whole_archive)
            return
        may_be_script = may_be_script and not start.startswith(elf.MAGIC)
        named = linker_script_files(path, start, self._folders) if may_be_script else []
        for script_entry in named:  # a script that names scripts, maybe itself, is an error
            self.add(Path(script_entry), whole_archive, may_be_script=False)
        if not named:
            self.add_object(read_object(str(path), data))

    def add_object(self, added: ObjectFile) -> None:
        self.result.objects.append(added)
        names = added.global_names
        is_global = added.symbols["info"] >= elf.STB_GLOBAL << 4
        sections = added.symbol_sections[is_global]
        weak = added.symbols["info"][is_global] >> 4 == elf.STB_WEAK
        common, undefined = sections == elf.COMMON, sections == elf.UNDEFINED
        defined = list(compress(names, (~common & ~undefined).tolist()))
        self._defined.update(defined)
        self._tentative.update(compress(names, common.tolist()))
        self._tentative.difference_update(defined)
        for name in compress(names, (~undefined).tolist()):
            self._undefined.pop(name, None)
        for name in compress(names, (undefined & ~weak).tolist()):  # a weak one pulls nothing in
            if name not in self._defined and name not in self._tentative:
                self._undefined.setdefault(name, added.name)

    def _add_archive(self, archive: Archive, whole: bool) -> None:
        if whole:
            for offset in archive.offsets():
                self._add_member(archive, offset)
            return
        if not archive.has_index:
            _check_needs_no_index(archive)
        taken: set[int] = set()
        while True:  # a member may need others
            reasons = self._members_with_definitions(archive, taken)
            wanted = sorted(self._undefined.keys() & archive.index.keys(), reverse=True)
            if wanted and all(archive.index[name] in taken for name in wanted):
                raise ObjectFormatError(
                    f"{archive.path}: its index names members that do not define "
                    f"{printable(', '.join(wanted[:-4:-1]))} (run ranlib)"
                )
            reasons |= {archive.index[name]: (self._undefined[name], name) for name in wanted}
            if not reasons.keys() - taken:
                return
            for offset in sorted(reasons.keys() - taken):
                taken.add(offset)
                self._add_member(archive, offset, *reasons[offset])

    def _members_with_definitions(
        self, archive: Archive, taken: set[int]
    ) -> dict[int, tuple[str, str]]:
        """Members that define what has only been defined tentatively (GNU ld's rule)."""
        found = {}
        for name in self._tentative & archive.index.keys():
            offset = archive.index[name]
            if offset not in taken and _defines(read_object(*archive.member(offset)), name):
                found[offset] = ("a tentative definition", name)
        return found

    def _add_member(
        self, archive: Archive, offset: int, needed_by: str = "", symbol: str = ""
    ) -> None:
        name, data = archive.member(offset)
        self.result.members.append(ArchiveMember(name, needed_by, symbol))
        self.add_object(read_object(name, data))


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
    if not start.startswith(elf.MAGIC) or len(start) < elf.EHDR.size:
        return False
    return int.from_bytes(start[16:18], "big" if start[5] == 2 else "little") == elf.ET_DYN
