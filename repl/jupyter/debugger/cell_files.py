"""Cells as the debugger's frontend names them: by files, whose names are the hash of their text."""

from __future__ import annotations

import os
from functools import cache, cached_property
from pathlib import Path

from repl.temporary_folders import TemporaryFolder

_SEED = 0xC0DE


class CellFiles:
    """A folder for them, made when it is needed; ``end`` removes it. lldb knows cells by what
    messages call them, such as ``In[3]``, and of a cell that has run twice the newer name is
    meant."""

    def __init__(self, suffix: str) -> None:
        self._suffix = suffix
        self._code: dict[str, str] = {}

    def end(self) -> None:
        """The files go."""
        if "_made" in vars(self):
            self._made.remove()

    def how_named(self) -> dict[str, object]:
        """A part of ``debugInfo``."""
        return {
            "hashMethod": "Murmur2",
            "hashSeed": _SEED,
            "tmpFilePrefix": self._folder + os.sep,
            "tmpFileSuffix": self._suffix,
        }

    def dump(self, code: str) -> str:
        """Write a cell: the path."""
        path = self._path(code)
        Path(path).write_text(code, "utf-8", "surrogateescape")
        return path

    def note(self, code: str, name: str) -> None:
        """A cell runs, and messages call it so."""
        self._code[name] = code

    def name_of(self, path: str) -> str | None:
        """What lldb calls the cell of a file; None if it has not run."""
        newest_first = reversed(list(self._code.items()))
        names = (name for name, code in newest_first if self._path(code) == path)
        return next(names, None)

    def path_of(self, source: str) -> str | None:
        """The file of what lldb calls a cell; None if it is none."""
        code = self._code.get(os.path.basename(source))
        return None if code is None else self._path(code)

    @cached_property
    def _made(self) -> TemporaryFolder:
        return TemporaryFolder("cells")

    @property
    def _folder(self) -> str:
        return str(self._made.path)

    def _path(self, code: str) -> str:
        return os.path.join(self._folder, f"{_hash(code)}{self._suffix}")


@cache
def _hash(code: str) -> int:
    from ipykernel.compiler import murmur2_x86  # slow, and only debuggers need it

    return int(murmur2_x86(code, _SEED))
