"""Entries of a cache: each a file, found by a key, valid while what it depends on is.

Nothing here raises for what may be wrong with the disk: there is an entry, or there is none.
"""

from __future__ import annotations

import contextlib
import os
import re
import zlib
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from repl.caching.stamps import Dependencies
from repl.private_folders import is_private_folder, make_private_folder
from runtime.errors import RuntimeFailure
from runtime.objects.input_files import read_input_file

_TEMPORARY = "making-"


T = TypeVar("T")


class _Entry(Struct, frozen=True):
    crc32: int
    dependencies: Dependencies
    payload: bytes


_OURS = re.compile(rf"[0-9a-f]{{32}}|{_TEMPORARY}\d+")


def _is_ours(path: Path) -> bool:
    """What else is in the folder is not ours to remove."""
    return _OURS.fullmatch(path.name) is not None


def key_of(*about: object) -> str:
    """A key for all that decides what the payload is."""
    from hashlib import sha256  # slow to import

    return sha256(repr(about).encode("utf-8", "surrogateescape")).hexdigest()[:32]


class Entries:
    """Those in a folder, of which the least recently used go first when they are more than
    ``most_bytes``."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes

    def find(self, key: str) -> bytes | None:
        """The payload, if it is there, undamaged and up to date."""
        path = self._folder / key
        try:
            data = read_input_file(path, self._most_bytes)
            if not self._is_private():
                return None
            entry = msgspec.msgpack.decode(data, type=_Entry)
            if zlib.crc32(entry.payload) != entry.crc32:
                path.unlink()
                return None
            if not entry.dependencies.are_current():
                return None
            os.utime(path)  # used: one of the last to be removed
        except (OSError, RuntimeFailure, msgspec.DecodeError, ValueError):
            return None
        return entry.payload

    def find_as(self, key: str, kind: type[T]) -> T | None:
        """The same, as what its bytes are in MessagePack; None too if they are not that."""
        payload = self.find(key)
        if payload is None:
            return None
        try:
            return msgspec.msgpack.decode(payload, type=kind)
        except (msgspec.DecodeError, ValueError):
            return None

    def store(self, key: str, payload: bytes, dependencies: Dependencies) -> None:
        """Keep a payload, if that is possible."""
        entry = _Entry(zlib.crc32(payload), dependencies, payload)
        made = self._folder / f"{_TEMPORARY}{os.getpid()}"
        try:
            encoded = msgspec.msgpack.encode(entry)
            make_private_folder(self._folder)
            if not self._is_private():
                return
            try:
                made.write_bytes(encoded)
                os.replace(made, self._folder / key)
            finally:
                made.unlink(missing_ok=True)
            self._limit_size()
        except (OSError, UnicodeEncodeError):  # a full disk; a file whose name is no text
            return

    def _is_private(self) -> bool:
        """It is in that of all caches, where a folder might be exchanged for another."""
        return is_private_folder(self._folder.parent) and is_private_folder(self._folder)

    def _limit_size(self) -> None:
        """Remove those that have not been used for the longest time."""
        used: list[tuple[float, int, Path]] = []
        for path in filter(_is_ours, self._folder.iterdir()):
            with contextlib.suppress(OSError):
                status = path.stat()
                used.append((status.st_mtime, status.st_size, path))
        room = self._most_bytes
        for _, size, path in sorted(used, reverse=True):
            room -= size
            if room < 0:
                path.unlink(missing_ok=True)
