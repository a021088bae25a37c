"""The cache of precompiled standard headers, on disk.

An entry is two files, named after a hash of all that decides what Clang would read:
``KEY.pch``, Clang's file, and ``KEY.json``, what it was made of. It is for one exact
sequence of includes at the beginning of a session: what is visible afterwards is what
parsing them would have given. (Clang modules would serve any sequence. But to Clang a
name of a module that is not visible is still a name: ``#include <vector>`` and then
``int y1;`` clashes with the function of <cmath>.)

An entry is valid while the files that Clang read, and the folders in which it looked
for them, have not changed. An entry that is not is ignored, and made anew by
``repl.clang.header_cache.builder``. Nothing here raises for what may be wrong with the disk: there
is an entry, or there is none.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import zlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from repl.caching.stamps import Dependencies, Stamps, read_dependencies, stamp
from repl.clang.flags import LIBSTDCXX_ASSERTIONS, OWN_HEADERS, line_table_flags
from repl.private_folders import is_private_folder, make_private_folder
from runtime.errors import RuntimeFailure
from runtime.objects.input_files import read_input_file

_FORMAT = 1  # of the entries: to be changed with what is in them
_SAFE_FLAG = re.compile(
    r"-(std=[a-z0-9+:]+|x(c|c\+\+)|O[0-3]|g[a-z0-9-]*|disable-llvm-passes"
    r"|W(?!system-headers)[a-z][a-z0-9=+-]*"
    rf"|{LIBSTDCXX_ASSERTIONS[1:]}|-(gcc-install-dir|sysroot)=/.+)$"
)
# They do not change what is parsed.
_IRRELEVANT = (
    "--colour-diagnostics",
    "-fcolor-diagnostics",
    "--return-ends-script",
    *line_table_flags(()),
    OWN_HEADERS,  # none of them is another's
)
VARIABLES = (  # of the environment, that change where Clang finds headers
    "CPATH",
    "C_INCLUDE_PATH",
    "CPLUS_INCLUDE_PATH",
    "CCC_OVERRIDE_OPTIONS",
    "COMPILER_PATH",
    "GCC_EXEC_PREFIX",
    "SOURCE_DATE_EPOCH",
)


_MOST_DESCRIBED = 16 << 20  # bytes: of a file that is ours it is some thousands
_WISHED = ".wished"  # an empty file: somebody has missed the entry


class _Entry(Struct, frozen=True):
    """What is known of a precompiled header: what it is for, what it has in it, and the
    files and folders that it depends on."""

    headers: tuple[str, ...]
    size: int
    crc32: int
    files: Stamps
    folders: Stamps


def cacheable_flags(flags: Sequence[str]) -> list[str] | None:
    """The flags that matter for what is in a header; None if it is not certain which."""
    if any(variable in os.environ for variable in VARIABLES):
        return None
    kept: list[str] = []
    words = iter(flags)
    for flag in words:
        if flag == "-iquote":  # only for #include "..."
            next(words, None)
        elif flag == "-Xclang":
            kept.append(flag)
        elif flag in _IRRELEVANT:
            continue
        elif _SAFE_FLAG.match(flag):
            kept.append(flag)
        else:
            return None
    return kept


class HeaderCache:
    """The entries for one frontend program with certain flags (``cacheable_flags``).
    ``for_programs``: for files that are compiled as a whole, and not for inputs."""

    def __init__(
        self, folder: Path, program: Path, flags: Sequence[str], *, for_programs: bool = False
    ) -> None:
        self.folder = folder
        self.program = program
        self.flags = list(flags)
        self.for_programs = for_programs

    def path(self, headers: Sequence[str]) -> Path:
        """Where the entry for these includes is, if it is."""
        from hashlib import sha256  # slow to import

        about = [_FORMAT, str(self.program), stamp(self.program), self.flags, list(headers)]
        if self.for_programs:
            about.append("for programs")
        key = sha256(repr(about).encode("utf-8", "surrogateescape")).hexdigest()[:32]
        return self.folder / f"{key}.pch"

    def find(self, headers: Sequence[str]) -> Path | None:
        """The precompiled header for these includes, if it is there and up to date.

        Whether it is damaged is for ``is_intact`` to say.
        """
        path = self.path(headers)
        entry = _read(path)
        if entry is None or not is_private_folder(self.folder):
            return None
        with contextlib.suppress(OSError, ValueError):
            dependencies = Dependencies(entry.files, entry.folders)
            if path.stat().st_size != entry.size or not dependencies.are_current():
                return None
            os.utime(_description(path))  # used: one of the last to be removed
            return path
        return None

    def is_intact(self, path: Path) -> bool:
        """Whether an entry has the contents that were written."""
        entry = _read(path)
        try:
            return (
                entry is not None and zlib.crc32(read_input_file(path, entry.size)) == entry.crc32
            )
        except RuntimeFailure:
            return False

    def depends_on(self, path: Path) -> Dependencies:
        """What is in an entry depends on this."""
        entry = _read(path)
        return Dependencies(entry.files, entry.folders) if entry else Dependencies({}, {})

    def wish(self, headers: Sequence[str]) -> bool:
        """Note that an entry would have been of use: whether that is so again."""
        wished = self.path(headers).with_suffix(_WISHED)
        try:
            make_private_folder(self.folder)
            if not is_private_folder(self.folder):
                return False
            os.close(os.open(wished, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        except FileExistsError:
            return True
        except OSError:
            pass
        return False

    def has(self, headers: Sequence[str]) -> bool:
        """Whether there is an entry, valid or not: a quick look."""
        return os.path.exists(_description(self.path(headers)))

    def store(self, headers: Sequence[str], made: Path, depends_on: str) -> None:
        """Make an entry of the file ``made``, which becomes part of it.

        ``depends_on``: what the frontend has printed. Raises OSError.
        """
        contents = made.read_bytes()
        found = read_dependencies(depends_on)
        if found is None:  # __DATE__ in a header of the system's
            raise OSError(errno.EINVAL, "it is another each time")
        crc32 = zlib.crc32(contents)
        entry = _Entry(tuple(headers), len(contents), crc32, found.files, found.folders)
        path = self.path(headers)
        description = made.with_suffix(".json")
        try:
            description.write_bytes(_encoded(entry))
            os.replace(made, path)
            os.replace(description, _description(path))
            path.with_suffix(_WISHED).unlink(missing_ok=True)
        finally:
            description.unlink(missing_ok=True)


def drop(path: Path) -> None:
    """Remove an entry, if that is possible."""
    for each in (_description(path), path):
        with contextlib.suppress(OSError):
            each.unlink()


def _description(path: Path) -> Path:
    return path.with_suffix(".json")


def _encoded(entry: _Entry) -> bytes:
    try:
        return msgspec.json.encode(entry)
    except UnicodeEncodeError:
        raise OSError(errno.EILSEQ, "a file's name is not UTF-8") from None


def _read(path: Path) -> _Entry | None:
    try:
        described = read_input_file(_description(path), _MOST_DESCRIBED)
        return msgspec.json.decode(described, type=_Entry)
    except (RuntimeFailure, msgspec.DecodeError, UnicodeDecodeError):
        return None
