"""What kind of file an operand is, before somebody takes it for text in C++."""

from __future__ import annotations

import os
import stat
import struct
from pathlib import Path

from repl.errors import ShellError
from runtime.errors import RuntimeFailure, printable
from runtime.objects.foreign_files import BITCODE_MAGIC, ELF_MAGIC
from runtime.objects.input_files import read_input_file
from runtime.objects.libraries import is_linkable

_ELF_HEADER = struct.Struct("<16xH14xQ14xHH4x")  # of its fields: type, table, size, count
_EXECUTABLE, _SHARED = 2, 3
_INTERPRETER = 3  # the kind of a row
_START = 4096  # bytes
_OTHER_LANGUAGES = (
    dict.fromkeys((".cu", ".cuh"), "CUDA")
    | dict.fromkeys((".hip",), "HIP")
    | dict.fromkeys((".m", ".mm", ".M"), "Objective-C")
    | dict.fromkeys((".f", ".for", ".f77", ".f90", ".f95", ".f03", ".f08", ".F", ".F90"), "Fortran")
    | dict.fromkeys((".cl", ".clcpp"), "OpenCL")
    | dict.fromkeys((".hlsl",), "HLSL")
    | dict.fromkeys((".rs",), "Rust")
    | dict.fromkeys((".go",), "Go")
    | dict.fromkeys((".py",), "Python")
    | dict.fromkeys((".java",), "Java")
    | dict.fromkeys((".swift",), "Swift")
    | dict.fromkeys((".s", ".S", ".asm"), "assembly")
)
_FOR_LINK = (".ll", ".bc")


def is_for_linker(path: str) -> bool:
    """Whether a file is an object, an archive or a shared library: not to be read as text.

    Raises ShellError if it is a program that has been linked, or LLVM's bitcode.
    """
    start = _start_of(path)
    if start.startswith(BITCODE_MAGIC):
        raise ShellError(f"{printable(path)} is LLVM's bitcode: forkrepl link {printable(path)}")
    if _is_program(path, start):
        raise ShellError(
            f"{printable(path)} is a program that has been linked: run it by itself, or give the "
            "objects that it was made of to forkrepl link"
        )
    return is_linkable(start)


def check_language(path: str, said: str | None) -> None:
    """Raises ShellError if a file is in another language than C and C++, by its name.
    ``said``: what ``-x`` says."""
    suffix = os.path.splitext(path)[1]
    if said is not None:
        return
    if suffix in _FOR_LINK:
        raise ShellError(f"{printable(path)} is LLVM's IR: forkrepl link {printable(path)}")
    if suffix in _OTHER_LANGUAGES:
        raise ShellError(
            f"{printable(path)} is {_OTHER_LANGUAGES[suffix]} by its name, but forkrepl runs C and "
            "C++ (-x c++ if it is that)"
        )


def _is_program(path: str, start: bytes) -> bool:
    """Whether an ELF file is one. Most are also shared objects, but ask for a loader; of
    libraries only few do, and these are named as libraries."""
    if not start.startswith(ELF_MAGIC) or len(start) < _ELF_HEADER.size:
        return False
    kind, table, size, count = _ELF_HEADER.unpack_from(start)
    rows = (start[table + size * row : table + size * row + 4] for row in range(count))
    asks_for_loader = any(int.from_bytes(row, "little") == _INTERPRETER for row in rows)
    is_library = ".so" in os.path.basename(path)
    return bool(kind == _EXECUTABLE or (kind == _SHARED and asks_for_loader and not is_library))


def _start_of(path: str) -> bytes:
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return b""  # what is read from a pipe is gone
        return read_input_file(Path(path), _START)
    except (OSError, ValueError, RuntimeFailure):
        return b""  # who opens it says why not
