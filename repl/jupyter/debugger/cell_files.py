"""Cells as the debugger's frontend names them: by files, whose names are the hash of their text."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from ipykernel.compiler import murmur2_x86

_SEED = 0xC0DE


class CellFiles:
    """A folder for them; ``end`` removes it. lldb knows cells by what messages call them, such as
    ``In[3]``, and of a cell that has run twice the newer name is meant."""

    def __init__(self, suffix: str) -> None:
        self._folder = tempfile.mkdtemp(prefix="forkrepl-cells-")
        self._suffix = suffix
        self._path_of: dict[str, str] = {}
        self._name_of: dict[str, str] = {}

    def end(self) -> None:
        """The files go."""
        shutil.rmtree(self._folder, ignore_errors=True)

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
        path = self._path(code)
        self._path_of[name] = path
        self._name_of[path] = name

    def name_of(self, path: str) -> str | None:
        """What lldb calls the cell of a file; None if it has not run."""
        return self._name_of.get(path)

    def path_of(self, source: str) -> str | None:
        """The file of what lldb calls a cell; None if it is none."""
        return self._path_of.get(os.path.basename(source))

    def _path(self, code: str) -> str:
        return os.path.join(self._folder, f"{murmur2_x86(code, _SEED)}{self._suffix}")
