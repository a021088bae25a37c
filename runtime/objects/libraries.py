"""Which file ``-lNAME`` or ``%lib NAME`` means."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Sequence
from enum import Enum
from pathlib import Path

from runtime.errors import ObjectFormatError, RuntimeFailure, did_you_mean, printable
from runtime.objects.archive import is_archive
from runtime.objects.foreign_files import ELF_MAGIC, check_machine, describe_foreign
from runtime.objects.input_files import absolute_path, expanded_path, read_input_file
from runtime.objects.library_folders import library_folders, version_of
from runtime.protocol.machine import OWN_MACHINE

_ET_REL = 1
_START = 4096  # bytes: linker scripts that are longer are none
_SCRIPT_COMMAND = r"(?:GROUP|INPUT)\s*\(((?:[^()]|\([^()]*\))*)\)"

_FILE_NAME = r".*\.(?:so(?:\.[\w.]+)?|a|o)"
_OF_A_LIBRARY = r"lib(?P<name>[^/]+?)\.(?:a|so(?:\.[\d.]+)?)"

# The program has it already; whether there are files of these names depends on its version.
_PARTS_OF_C_LIBRARY = {
    *("anl", "BrokenLocale", "c", "c_nonshared", "dl", "g", "m", "mvec"),
    *("pthread", "resolv", "rt", "thread_db", "util"),
}
# And what these archives hold is in a shared library that runs already, with state that there
# must not be twice.
_SHARED_INSTEAD = {
    "libc.a": "libc.so.6",
    "libm.a": "libm.so.6",
    "libstdc++.a": "libstdc++.so.6",
    "libsupc++.a": "libstdc++.so.6",
    "libgcc_eh.a": "libgcc_s.so.1",
}


class LibraryKind(Enum):
    """What can be done with a file: opened, searched for members, or loaded whole."""

    SHARED = "shared library"
    ARCHIVE = "archive"
    OBJECT = "object"


def find_library(
    name: str,
    folders: Sequence[str] = (),
    *,
    looks_here: bool = False,
    machine: int = OWN_MACHINE,
) -> list[str]:
    """The files of a library given as ``m``, ``libm``, ``libm.so.6``, ``:libm.a`` or a path.

    In each folder ``libNAME.so`` comes before ``libNAME.a``. A development file that is a
    linker script (Debian's ``libm.so``) stands for the libraries that it names; what the C
    library has already may stand for nothing. ``looks_here``: the name of a file may be of
    one in the current folder; ``machine``: the ``e_machine`` that it must be for. Raises
    RuntimeFailure if there is none.
    """
    path = expanded_path(name)
    if "/" in path:
        try:
            os.stat(path)
        except (FileNotFoundError, NotADirectoryError):
            raise _not_there(name, path) from None
        except OSError as error:
            raise RuntimeFailure(f"cannot read {printable(name)}: {error.strerror}") from None
        return _contents(path, absolute_path(path), folders, machine)
    if looks_here and re.fullmatch(_FILE_NAME, name) and os.path.isfile(name):
        return _contents(name, absolute_path(name), folders, machine)
    where = library_folders(folders, machine)
    passed_over: list[ObjectFormatError] = []
    for candidate in _candidates(name, where):
        try:
            _check_machine(candidate, machine)
        except ObjectFormatError as error:
            passed_over.append(error)  # as linkers do
        else:
            # The file behind libNAME.so is also there where nothing is compiled.
            return _contents(candidate, os.path.realpath(candidate), folders, machine)
    if passed_over:
        raise passed_over[0]
    if _plain(name) in _PARTS_OF_C_LIBRARY:
        return []
    raise _not_found(name, where, folders)


def kind_of(path: str) -> LibraryKind:
    """What a file that ``find_library`` has found is."""
    start = read_input_file(Path(path), _START)
    if is_archive(start):
        return LibraryKind.ARCHIVE
    is_object = start.startswith(ELF_MAGIC) and _word(start, 16) == _ET_REL
    return LibraryKind.OBJECT if is_object else LibraryKind.SHARED


def is_linkable(start: bytes) -> bool:
    """Whether a file that begins so (8 bytes or more) is for the linker: an object, an
    archive or a shared library."""
    return start.startswith(ELF_MAGIC) or is_archive(start)


def _candidates(name: str, where: Sequence[str]) -> Iterator[str]:
    """Files that exist and may be meant, the best first."""
    if name.startswith(":"):  # as for GNU ld: exactly that file
        yield from _in_folders(where, [name[1:]])
        return
    if re.fullmatch(_FILE_NAME, name):
        yield from _in_folders(where, [name, f"lib{name}"])
    yield from _in_folders(where, [f"lib{name}.so", f"lib{name}.a"])
    plain = _plain(name)
    yield from _in_folders(where, [f"lib{plain}.so", f"lib{plain}.a", f"{plain}.so"])
    for folder in where:  # no development file: libNAME.so.N, the newest
        versions = glob.glob(f"{glob.escape(folder)}/lib{glob.escape(plain)}.so.*")
        yield from sorted(filter(os.path.isfile, versions), key=version_of, reverse=True)


def _in_folders(where: Sequence[str], names: Sequence[str]) -> Iterator[str]:
    for folder in where:
        yield from filter(os.path.isfile, (os.path.join(folder, name) for name in names))


def _plain(name: str) -> str:
    """The NAME of ``libNAME``, ``libNAME.so`` and ``:libNAME.a``."""
    name = name.removeprefix(":")
    match = re.fullmatch(_OF_A_LIBRARY, name)
    return match["name"] if match else name.removeprefix("lib")


def _contents(path: str, real_path: str, folders: Sequence[str], machine: int) -> list[str]:
    start = read_input_file(Path(path), _START)
    if start.startswith(ELF_MAGIC):
        return [real_path]
    instead = _SHARED_INSTEAD.get(os.path.basename(path))
    if instead is not None:
        return find_library(instead, machine=machine)
    if is_archive(start):
        return [path]
    named = linker_script_files(Path(path), start, folders, machine)
    if not named:
        what = describe_foreign(start)
        raise RuntimeFailure(f"{path}: not a library, an archive or an object: {what}")
    return named


def linker_script_files(
    path: Path, text: bytes, folders: Sequence[str] = (), machine: int = OWN_MACHINE
) -> list[str]:
    """The libraries that a linker script stands for; none if ``text`` is no such script.

    They are its shared libraries (what it has besides is in the C library, which runs
    already) or, if it has none, its archives and what it names as ``-lNAME``. Names without
    a folder are looked up as GNU ld does. Raises RuntimeFailure if there is no such file.
    """
    plain = re.sub(r"/\*.*?\*/", "", text.decode("utf-8", "replace"), flags=re.DOTALL)
    words = re.split(r"[\s(),\"]+", " ".join(re.findall(_SCRIPT_COMMAND, plain)))
    named = [word for word in words if ".so" in word and not word.startswith("-l")]
    if named:
        return [_find_named(path, word, folders, machine) for word in named]
    found: list[str] = []
    for word in words:
        if word.startswith("-l"):
            found += find_library(word[2:], folders, machine=machine)
        elif word.endswith(".a"):
            found.append(_find_named(path, word, folders, machine))
    return found


def _find_named(script: Path, word: str, folders: Sequence[str], machine: int) -> str:
    for folder in [os.curdir, *folders, os.fspath(script.parent), *library_folders((), machine)]:
        candidate = os.path.join(folder, word)  # only the word if it is absolute
        if os.path.isfile(candidate):
            return candidate
    raise RuntimeFailure(f"{script}: a linker script that names {printable(word)}: no such file")


def _check_machine(path: str, machine: int) -> None:
    """Raise ObjectFormatError for an ELF file of another machine."""
    try:
        start = read_input_file(Path(path), 64)
    except RuntimeFailure:
        return  # it is to be told why it cannot be read
    if start.startswith(ELF_MAGIC) and len(start) >= 20:
        check_machine(path, start, machine)


def _word(start: bytes, offset: int) -> int:
    """Two bytes of an ELF header."""
    is_big = start[5:6] == b"\2"
    return int.from_bytes(start[offset : offset + 2], "big" if is_big else "little")


def _not_there(name: str, path: str) -> RuntimeFailure:
    folder, file = os.path.split(path)
    try:
        there = [entry for entry in os.listdir(folder or "/") if re.fullmatch(_FILE_NAME, entry)]
    except OSError:
        return RuntimeFailure(f"no such library: {printable(name)}: there is no folder {folder}")
    hint = did_you_mean(file, there)
    return RuntimeFailure(f"no such library: {printable(name)}{hint}")


def _not_found(name: str, where: Sequence[str], folders: Sequence[str]) -> RuntimeFailure:
    shown = printable(name)
    looked = ", ".join([*map(printable, folders), "the system's library folders"])
    hint = did_you_mean(_plain(name), installed_names(where), likeness=0.65)
    if not hint and re.fullmatch(_FILE_NAME, name):
        hint = f" (a file elsewhere is given with its folder: ./{shown})"
    return RuntimeFailure(f"no library {shown} in {looked}{hint or ' (-L DIR adds a folder)'}")


def installed_names(where: Sequence[str]) -> set[str]:
    """The NAMEs that ``-lNAME`` could have in these folders."""
    names: set[str] = set()
    for folder in where:
        try:
            matches = [re.fullmatch(_OF_A_LIBRARY, entry) for entry in os.listdir(folder)]
        except OSError:
            continue
        names.update(match["name"] for match in matches if match)
    return names
