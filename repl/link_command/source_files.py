"""Which inputs of ``forkrepl link`` are to be compiled first, and from what language."""

from __future__ import annotations

import os
from pathlib import Path

from msgspec import Struct

from repl.errors import ShellError
from runtime.objects.foreign_files import BITCODE_MAGIC
from runtime.objects.input_files import read_input_file
from runtime.objects.libraries import is_linkable

_CLANG = {".c": "c"} | dict.fromkeys((".cc", ".cpp", ".cxx", ".C", ".c++"), "c++")
_LLVM = (".ll", ".bc")

ACCEPTED = (
    "objects, archives and shared libraries; C (.c) and C++ (.cc .cpp .cxx .C .c++); "
    "LLVM IR (.ll .bc)"
)
"""For messages: what ``forkrepl link`` takes."""


class SourceFile(Struct, frozen=True):
    """A file to compile. ``language``: Clang's name of it, or None for LLVM IR."""

    path: str
    language: str | None


def source_file(path: str, language: str | None = None) -> SourceFile | None:
    """How to compile a file; None if the linker takes it as it is.

    ``language``: what ``-x`` says of the C and C++ files, and of those whose name tells
    nothing. Raises ShellError or RuntimeFailure if the file cannot be read.
    """
    suffix = os.path.splitext(path)[1]
    if suffix in _CLANG or suffix in _LLVM:
        try:
            os.stat(path)  # not opened: it may be a pipe
        except OSError as error:
            raise ShellError(f"cannot read {path}: {error.strerror}") from error
        return SourceFile(path, (language or _CLANG[suffix]) if suffix in _CLANG else None)
    start = read_input_file(Path(path), 8)
    if start.startswith(BITCODE_MAGIC):
        return SourceFile(path, None)
    if language is not None and not is_linkable(start):
        return SourceFile(path, language)
    return None  # and if the linker does not know it either, it says what it is
