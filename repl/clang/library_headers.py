"""Where the headers of the C and C++ libraries are, and what is said when they are missing."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from repl import native_programs
from repl.clang.flags import is_c
from repl.errors import SetupError
from repl.system_packages import Need, how_to_install

_PATIENCE = 30  # s: a disk that has to wake up
_NOT_FOUND = r"error:(?:\x1b\[[\d;]*m|\s)*'([^'\n]+)' file not found"
_NOT_CLANGS = ("--colour-diagnostics", "--return-ends-script")  # the frontend's own
# By one that every such library has: where they are.
_WITNESSES = {"c": "stdio.h", "c++": "cstddef"}
_NEEDS = {"c": Need.C_HEADERS, "c++": Need.CXX_HEADERS}
_VERSIONS = (
    ("bits/c++config.h", re.compile(r"#\s*define\s+_GLIBCXX_RELEASE\s+(\d+)")),
    ("__config", re.compile(r"#\s*define\s+_LIBCPP_VERSION\s+(\d\d)(\d\d)\d\d")),
)


class LibraryHeaders(Struct, frozen=True):
    """What Clang's driver finds. ``resource_folder``: where Clang's own headers are;
    ``library``: libstdc++ or libc++; ``folders``: those of the libraries, searched in this order.
    """

    resource_folder: str
    library: str
    folders: tuple[str, ...]

    def folder_of(self, header: str) -> str | None:
        """Where a header is; None if it is not there. Not in Clang's own folder."""
        own = os.path.join(self.resource_folder, "include")
        return next(
            (
                folder
                for folder in self.folders
                if folder != own and os.path.isfile(os.path.join(folder, header))
            ),
            None,
        )

    def library_version(self) -> str:
        """The version of the C++ library, as its headers say; empty if they do not."""
        for header, pattern in _VERSIONS:
            folder = self.folder_of(header)
            try:
                text = Path(folder or "", header).read_text(errors="replace") if folder else ""
            except OSError:
                continue
            if found := pattern.search(text):
                return ".".join(str(int(number)) for number in found.groups())
        return ""


def find_headers(flags: Sequence[str], language: str) -> LibraryHeaders | None:
    """Ask Clang's driver; None if it refuses the flags. Takes 30 ms. Raises SetupError."""
    try:
        done = subprocess.run(
            [native_programs.frontend(), "--headers", *flags, f"-x{language}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
        )
        if done.returncode != 0:
            return None
        return msgspec.json.decode(done.stdout, type=LibraryHeaders)
    except (OSError, subprocess.TimeoutExpired, msgspec.DecodeError) as error:
        raise SetupError(f"Clang cannot be asked for headers: {error}") from error


def missing_headers(flags: Sequence[str], language: str) -> str:
    """What to install if a library has no headers here; empty if there are some.

    Raises SetupError.
    """
    found = find_headers(flags, language)
    # C++'s library is useless without C's, and brings it.
    if found is None or found.folder_of(_WITNESSES[language]) is not None:
        return ""
    need = _NEEDS[language]
    return f"{need.value} are not installed: {how_to_install(need)}"


def note_on_missing_headers(messages: str, flags: Sequence[str]) -> str:
    """What explains that Clang has not found a header: no header of that library is there.
    Empty if that is no explanation."""
    names = re.findall(_NOT_FOUND, messages)
    if not names:
        return ""
    flags = [flag for flag in flags if flag not in _NOT_CLANGS]
    try:
        languages = ("c",) if is_c(flags) else ("c", "c++")
        missing = {language: missing_headers(flags, language) for language in languages}
    except SetupError:
        return ""  # it is said where it matters
    told = [text for language, text in missing.items() if text]
    # A C++ compiler's package depends on the C library's headers.
    return told[-1] if told and any(map(_may_be_standard, names)) else ""


def _may_be_standard(name: str) -> bool:
    return "/" not in name or name.startswith(("bits/", "sys/", "experimental/", "linux/"))
