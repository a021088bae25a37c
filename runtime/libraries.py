"""Which file ``-lNAME`` or ``%lib NAME`` means."""

from __future__ import annotations

import ctypes.util
import os
import re
from collections.abc import Sequence
from pathlib import Path

from runtime.archive import is_archive
from runtime.errors import RuntimeFailure

_ELF_MAGIC = b"\x7fELF"
_SYSTEM_FOLDERS = (
    "/lib/x86_64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/local/lib",
    "/lib64",
    "/usr/lib64",
    "/usr/lib",
    "/lib",
)
_SCRIPT_COMMAND = re.compile(r"(?:GROUP|INPUT)\s*\(([^)]*(?:\([^)]*\)[^)]*)*)\)")


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
        return _contents(Path(name))
    candidates = (
        [name, f"lib{name}.so"] if ".so" in name else [f"lib{name}.so", f"lib{name}.a", name]
    )
    for folder in [*folders, *_SYSTEM_FOLDERS]:
        for candidate in candidates:
            path = Path(folder, candidate)
            if path.is_file():
                return _contents(path)
    found = ctypes.util.find_library(name)  # no development file: libNAME.so.N
    if found is None:
        where = ", ".join([*folders, "the system's library folders"])
        raise RuntimeFailure(f"no library {name} in {where}")
    return [found]


def is_linkable(start: bytes) -> bool:
    """Whether a file that begins so (8 bytes or more) is for the linker: an object, an
    archive or a shared library."""
    return start.startswith(_ELF_MAGIC) or is_archive(start)


def _contents(path: Path) -> list[str]:
    with path.open("rb") as file:
        start = file.read(4096)
    if start.startswith(_ELF_MAGIC):
        return [os.fspath(path.resolve())]
    if is_archive(start):
        return [os.fspath(path)]
    text = re.sub(r"/\*.*?\*/", "", start.decode("utf-8", "replace"), flags=re.DOTALL)
    words = " ".join(_SCRIPT_COMMAND.findall(text))
    shared = [word for word in re.split(r"[\s(),]+", words) if ".so" in word]
    if not shared:
        raise RuntimeFailure(f"{path}: neither a shared library nor a linker script")
    return shared
