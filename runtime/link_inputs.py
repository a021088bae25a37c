"""What a link takes in, in the order of its command line: objects, archives, libraries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from runtime import elf
from runtime.archive import Archive, is_archive
from runtime.elf import ObjectFile, check_machine, read_object
from runtime.errors import ObjectFormatError, printable
from runtime.input_files import read_input_file
from runtime.libraries import find_library_files, linker_script_files

_START = 4096  # bytes that tell what a file is


@dataclass(frozen=True, slots=True)
class LinkInput:
    """A file, or with ``is_library`` the NAME of ``-lNAME``.

    ``whole_archive``: take all members, not only those that are needed. ``contents``:
    an object that was made from the file, instead of what is in it.
    """

    name: str
    is_library: bool = False
    whole_archive: bool = False
    contents: bytes | None = None


@dataclass(frozen=True, slots=True)
class ArchiveMember:
    """A member that was taken, and the object that first needed ``symbol`` of it (both
    are empty if the whole archive was wanted)."""

    name: str
    needed_by: str = ""
    symbol: str = ""


@dataclass(slots=True)
class CollectedInputs:
    """``objects`` to link, and the ``libraries`` (paths) to open first.

    ``members``: which of the objects come from archives, and why.
    """

    objects: list[ObjectFile] = field(default_factory=list)
    libraries: list[str] = field(default_factory=list)
    members: list[ArchiveMember] = field(default_factory=list)


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
        self._undefined: dict[str, str] = dict.fromkeys(wanted, "--entry")
        # ... and the object that needs it first.

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
        chosen = added.symbols["info"] >= elf.STB_GLOBAL << 4
        defined = (added.symbol_sections[chosen] != elf.UNDEFINED).tolist()
        weak = (added.symbols["info"][chosen] >> 4 == elf.STB_WEAK).tolist()
        for name, is_defined, is_weak in zip(added.global_names(), defined, weak, strict=True):
            if is_defined:
                self._defined.add(name)
                self._undefined.pop(name, None)
            elif not is_weak and name not in self._defined:  # a weak one pulls nothing in
                self._undefined.setdefault(name, added.name)

    def _add_archive(self, archive: Archive, whole: bool) -> None:
        if whole:
            for offset in archive.offsets():
                self._add_member(archive, offset)
            return
        if not archive.has_index:
            _check_needs_no_index(archive)
        taken: set[int] = set()
        wanted = self._undefined.keys() & archive.index.keys()
        while wanted:  # a member may need others
            reasons = {
                archive.index[name]: (self._undefined[name], name)
                for name in sorted(wanted, reverse=True)
            }
            for offset in sorted(reasons.keys() - taken):
                taken.add(offset)
                self._add_member(archive, offset, *reasons[offset])
            missing = self._undefined.keys() & archive.index.keys()
            if missing == wanted:
                raise ObjectFormatError(
                    f"{archive.path}: its index names members that do not define "
                    f"{printable(', '.join(sorted(missing)[:3]))} (run ranlib)"
                )
            wanted = missing

    def _add_member(
        self, archive: Archive, offset: int, needed_by: str = "", symbol: str = ""
    ) -> None:
        name, data = archive.member(offset)
        self.result.members.append(ArchiveMember(name, needed_by, symbol))
        self.add_object(read_object(name, data))


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
