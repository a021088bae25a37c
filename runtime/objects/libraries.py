"""Which file ``-lNAME`` or ``%lib NAME`` means."""

from __future__ import annotations

import ctypes.util
import os
import re
from collections.abc import Sequence
from pathlib import Path

from runtime.errors import RuntimeFailure, printable
from runtime.objects.archive import is_archive
from runtime.objects.input_files import read_input_file

_ELF_MAGIC = b"\x7fELF"  # elf.py has it too, but it needs numpy
SYSTEM_FOLDERS = (
    "/lib/x86_64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/local/lib",
    "/lib64",
    "/usr/lib64",
    "/usr/lib",
    "/lib",
)
_SCRIPT_SIZE = 4096  # bytes: longer ones are no linker scripts
_SCRIPT_COMMAND = re.compile(r"(?:GROUP|INPUT)\s*\(((?:[^()]|\([^()]*\))*)\)")


def find_library(name: str, folders: Sequence[str] = ()) -> list[str]:
    """What to dlopen for a library given as ``m``, ``libm.so.6`` or a path.

    Raises RuntimeFailure if there is none.
    """
    found = find_library_files(name, folders)
    for path in found:
        if path.endswith(".a"):
            raise RuntimeFailure(f"{path}: a static library cannot be loaded into the session yet")
    return found


def find_library_files(name: str, folders: Sequence[str] = ()) -> list[str]:
    """The same, for linking: ``libNAME.a`` serves where there is no ``libNAME.so``.

    A development file that is a linker script (Debian's ``libm.so``) stands for
    the shared libraries that it names. Raises RuntimeFailure if there is none.
    """
    if "/" in name:
        if not os.path.exists(name):
            raise RuntimeFailure(f"no such library: {name}")
        return _contents(Path(name), folders)
    candidates = (
        [name, f"lib{name}.so"] if ".so" in name else [f"lib{name}.so", f"lib{name}.a", name]
    )
    for folder in [*folders, *SYSTEM_FOLDERS]:
        for candidate in candidates:
            path = Path(folder, candidate)
            if path.is_file():
                return _contents(path, folders)
    found = ctypes.util.find_library(name)  # no development file: libNAME.so.N
    if found is None:
        where = ", ".join([*folders, "the system's library folders"])
        raise RuntimeFailure(f"no library {name} in {where}")
    return [found]


def is_linkable(start: bytes) -> bool:
    """Whether a file that begins so (8 bytes or more) is for the linker: an object, an
    archive or a shared library."""
    return start.startswith(_ELF_MAGIC) or is_archive(start)


def _contents(path: Path, folders: Sequence[str]) -> list[str]:
    start = read_input_file(path, _SCRIPT_SIZE)
    if start.startswith(_ELF_MAGIC):
        return [os.fspath(path.resolve())]
    if is_archive(start):
        return [os.fspath(path)]
    named = linker_script_files(path, start, folders)
    if not named:
        raise RuntimeFailure(f"{path}: neither a library nor a linker script")
    return named


def linker_script_files(path: Path, text: bytes, folders: Sequence[str] = ()) -> list[str]:
    """The libraries that a linker script stands for; none if ``text`` is no such script.

    They are its shared libraries (what it has besides is in the C library, which runs
    already) or, if it has none, its archives. Names without a folder are looked up as
    GNU ld does. Raises RuntimeFailure if there is no such file.
    """
    plain = re.sub(r"/\*.*?\*/", "", text.decode("utf-8", "replace"), flags=re.DOTALL)
    words = re.split(r"[\s(),\"]+", " ".join(_SCRIPT_COMMAND.findall(plain)))
    named = [word for word in words if ".so" in word] or [w for w in words if w.endswith(".a")]
    return [_find_named(path, word, folders) for word in named]


def _find_named(script: Path, word: str, folders: Sequence[str]) -> str:
    for folder in [os.curdir, *folders, os.fspath(script.parent), *SYSTEM_FOLDERS]:
        candidate = os.path.join(folder, word)  # only the word if it is absolute
        if os.path.isfile(candidate):
            return candidate
    raise RuntimeFailure(f"{script}: a linker script that names {printable(word)}: no such file")
