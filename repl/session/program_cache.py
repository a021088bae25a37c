"""Programs that have been compiled before: found by their text, flags, and what Clang read."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
from msgspec import Struct

from repl.caching.entries import Entries, key_of
from repl.caching.folder import cache_folder
from repl.caching.stamps import Dependencies, stamp
from repl.clang.flags import OWN_HEADERS
from repl.clang.header_cache.storage import VARIABLES as VARIABLES

_FORMAT = 3  # of the entries: to be changed with what is in them
_MOST_BYTES = 128 << 20  # of all entries
_FOLDER = "programs"
_PLAIN = ("-fcolor-diagnostics", "--colour-diagnostics", "--return-ends-script")
RACE = 20_000_000  # ns: how coarse the clock of a file system may be


class CompiledProgram(Struct, frozen=True):
    """``objects``: relocatable ones that are one unit; ``messages``: Clang's warnings;
    ``instances``: the objects that it is to be linked with."""

    objects: tuple[bytes, ...]
    messages: str
    instances: tuple[bytes, ...] = ()


class ProgramCache:
    """The place of one program in the cache."""

    def __init__(self, frontend: Path, flags: list[str], name: str, text: bytes) -> None:
        """``flags``: all that Clang is given besides the file's ``name`` and ``text``."""
        folder = cache_folder()
        self._entries = Entries(folder / _FOLDER, _MOST_BYTES) if folder else None
        variables = [os.environ.get(variable) for variable in VARIABLES]
        about = (_FORMAT, str(frontend), stamp(frontend), flags, name, text, variables)
        self._key = key_of(*about, current_folder(flags, name))

    def find(self) -> CompiledProgram | None:
        """What it was compiled to, if nothing has changed since."""
        return self._entries.find_as(self._key, CompiledProgram) if self._entries else None

    def store(
        self, program: CompiledProgram, dependencies: Dependencies | None, began: int
    ) -> None:
        """Keep what it was compiled to. ``began``: when that was (ns since the epoch)."""
        if self._entries is None or dependencies is None:
            return
        if not dependencies.changed_after(began - RACE):
            self._entries.store(self._key, msgspec.msgpack.encode(program), dependencies)


def current_folder(flags: list[str], name: str) -> str:
    """The current folder, if what is compiled may depend on it: not if the file is named by its
    whole path, and the flags name no others."""
    paths = [flag for flag in flags if not flag.startswith(("-std=", "-x", "-O", "-g", "-W"))]
    plain = (*_PLAIN, OWN_HEADERS, "-iquote", os.path.dirname(name))
    if os.path.isabs(name) and all(each in plain for each in paths):
        return ""
    try:
        return os.getcwd()
    except OSError:
        return ""
