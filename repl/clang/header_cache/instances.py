"""Instances of the standard library's templates that programs with the same headers share.

What Clang has made of ``std::regex`` for one program is what it would make for the next
(``frontend_process/kept_instances.h`` says of what that is true). Beside the precompiled
header of a program lie objects of these, which the program is linked with. They have the
entry's dependencies, and go when it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from repl.caching.entries import Entries, key_of
from repl.clang.clang_run import ClangMode, ClangRun
from repl.clang.flags import wants_debug_info
from repl.clang.header_cache.storage import HeaderCache

_FORMAT = 1  # of the entries: to be changed with what is in them
_MOST_BYTES = 128 << 20  # of all entries
_MOST_OBJECTS = 8  # in an entry
_FOLDER = "instances"
OBJECT_NAME = "<standard library>"
"""Of such an object, in messages."""


class KeptInstances(Struct, frozen=True):
    """``symbols``: of functions, one in a line; after a ``-`` one that cannot be kept.
    ``objects``: relocatable ones, which define the others."""

    symbols: bytes = b""
    objects: tuple[bytes, ...] = ()


class ProgramText(Struct, frozen=True):
    """A program, as Clang compiles it: its name, all flags, and its text."""

    name: str
    flags: tuple[str, ...]
    text: bytes


class InstanceCache:
    """The instances for the programs that begin with these headers."""

    def __init__(self, cache: HeaderCache, headers: Sequence[str]) -> None:
        self._cache = cache
        self._headers = tuple(headers)
        self._entries = Entries(cache.folder / _FOLDER, _MOST_BYTES)
        self._key = key_of(_FORMAT, cache.path(headers).name)

    def find(self) -> KeptInstances:
        """Those that there are."""
        found = self._entries.find_as(self._key, KeptInstances) if self.is_of_use() else None
        return found or KeptInstances()

    def is_of_use(self) -> bool:
        """Whether there can be any."""
        # Optimised code has the functions that it calls built in; debuggers want to see them.
        return "-O0" in self._cache.flags and not wants_debug_info(self._cache.flags)

    def add_from(self, program: ProgramText) -> None:
        """Have Clang compile those of a program that are not known yet, and keep them.

        Raises SetupError if Clang does not start; if it fails, nothing is kept.
        """
        header, known = self._cache.find(self._headers), self.find()
        if header is None or not self.is_of_use():
            return
        if len(known.objects) == _MOST_OBJECTS:
            known = KeptInstances()  # what programs are like now
        flags = [*program.flags, "-include-pch", str(header), program.name]
        mode = ClangMode.INSTANCES
        with ClangRun(
            self._cache.program, flags, mode=mode, text=program.text, known=known.symbols
        ) as run:
            if run.status() == 0 and self._cache.is_intact(header):
                self._store(header, known, run.told(), run.output())

    def _store(self, header: Path, known: KeptInstances, symbols: bytes, code: bytes) -> None:
        has_some = any(not line.startswith(b"-") for line in symbols.splitlines())
        kept = KeptInstances(
            known.symbols + symbols, (*known.objects, code) if has_some else known.objects
        )
        payload = msgspec.msgpack.encode(kept)
        self._entries.store(self._key, payload, self._cache.depends_on(header))
