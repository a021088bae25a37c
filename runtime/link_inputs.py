"""What a link takes in, in the order of its command line: objects, archives, libraries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from runtime import elf
from runtime.archive import Archive, is_archive
from runtime.elf import ObjectFile, read_object
from runtime.errors import ObjectFormatError, RuntimeFailure
from runtime.libraries import find_library_files


@dataclass(frozen=True, slots=True)
class LinkInput:
    """A file, or with ``is_library`` the NAME of ``-lNAME``.

    ``whole_archive``: take all members, not only those that are needed.
    """

    name: str
    is_library: bool = False
    whole_archive: bool = False


@dataclass(slots=True)
class CollectedInputs:
    """``objects`` to link, and the ``libraries`` (paths) to open first."""

    objects: list[ObjectFile] = field(default_factory=list)
    libraries: list[str] = field(default_factory=list)


def collect_inputs(inputs: Sequence[LinkInput], folders: Sequence[str] = ()) -> CollectedInputs:
    """Read objects and pull in the members of archives that are needed.

    As traditional linkers do: an archive serves what is undefined when its turn
    comes. Raises RuntimeFailure, naming the file.
    """
    collector = _Collector()
    for entry in inputs:
        paths = find_library_files(entry.name, folders) if entry.is_library else [entry.name]
        for path in paths:
            collector.add(Path(path), entry.whole_archive)
    return collector.result


class _Collector:
    def __init__(self) -> None:
        self.result = CollectedInputs()
        self._defined: set[str] = set()
        self._undefined: set[str] = set()

    def add(self, path: Path, whole_archive: bool) -> None:
        if _is_shared_library(path):
            self.result.libraries.append(str(path.resolve()))
            return
        try:
            data = path.read_bytes()
        except OSError as error:
            raise RuntimeFailure(f"cannot read {path}: {error.strerror}") from error
        if is_archive(data):
            self._add_archive(Archive(path, data), whole_archive)
        else:
            self._add_object(read_object(str(path), data))

    def _add_archive(self, archive: Archive, whole: bool) -> None:
        if whole:
            for offset in archive.offsets():
                self._add_object(read_object(*archive.member(offset)))
            return
        taken: set[int] = set()
        wanted = self._undefined & archive.index.keys()
        while wanted:  # a member may need others
            for offset in sorted({archive.index[name] for name in wanted} - taken):
                taken.add(offset)
                self._add_object(read_object(*archive.member(offset)))
            missing = self._undefined & archive.index.keys()
            if missing == wanted:
                raise ObjectFormatError(
                    f"{archive.path}: its index names members that do not define "
                    f"{', '.join(sorted(missing)[:3])} (run ranlib)"
                )
            wanted = missing

    def _add_object(self, added: ObjectFile) -> None:
        self.result.objects.append(added)
        chosen = added.symbols["info"] >= elf.STB_GLOBAL << 4
        defined = (added.symbol_sections[chosen] != elf.UNDEFINED).tolist()
        weak = (added.symbols["info"][chosen] >> 4 == elf.STB_WEAK).tolist()
        for name, is_defined, is_weak in zip(added.global_names(), defined, weak, strict=True):
            if is_defined:
                self._defined.add(name)
            elif not is_weak:  # a weak reference pulls nothing in
                self._undefined.add(name)
        self._undefined -= self._defined


def _is_shared_library(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            start = file.read(18)
    except OSError:
        return False  # the caller says why it cannot be read
    return start.startswith(b"\x7fELF") and start[16:18] == b"\x03\0"  # ET_DYN
