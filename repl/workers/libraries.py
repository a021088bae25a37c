"""Libraries that a session needs elsewhere: shared ones are to be there, the rest comes along."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from repl.configuration.session_options import CarriedFile
from repl.errors import ShellError
from repl.program.at_rest import ProgramAtRest
from runtime.debugging.debug_sections import soname_of
from runtime.errors import RuntimeFailure, printable
from runtime.objects.input_files import absolute_path, read_input_file
from runtime.objects.libraries import LibraryKind, find_library, kind_of


class PortableLibrary(Struct, frozen=True):
    """A shared library. ``path``: where it was; ``soname``: what it calls itself, "" if
    nothing: it says which others can take its place."""

    path: str
    soname: str


def portable_libraries(program: ProgramAtRest) -> tuple[PortableLibrary, ...]:
    """The shared libraries that have been opened, in order. Raises RuntimeFailure."""
    return tuple(
        PortableLibrary(path, soname_of(path))
        for path in program.libraries.state.opened
        if kind_of(path) == LibraryKind.SHARED
    )


def carried_files(program: ProgramAtRest, names: Sequence[str]) -> tuple[CarriedFile, ...]:
    """The objects among the options' libraries (``names``), and what is linked of archives.
    Raises RuntimeFailure."""
    libraries = program.libraries
    found = [
        CarriedFile(path, read_input_file(Path(path)), is_archive=False)
        for name in names
        for path in map(absolute_path, find_library(name, libraries.folders))
        if kind_of(path) == LibraryKind.OBJECT
    ]
    linked = set(program.object_names())
    for archive in libraries.state.static.archives:
        contents = archive.only(linked)
        if contents:
            found.append(CarriedFile(str(archive.path), contents, is_archive=True))
    return tuple(found)


def find_here(library: PortableLibrary, folders: Sequence[str]) -> str:
    """Its path on this machine. Raises ShellError if there is none that can take its place."""
    path, soname = library.path, library.soname
    try:
        if os.path.isfile(path) and soname_of(path) == soname:
            return path
        for found in find_library(soname, folders) if soname else ():
            if soname_of(found) == soname:
                return found
    except RuntimeFailure:
        pass
    name = f"{soname} ({path})" if soname else path
    raise ShellError(
        f"the session needs the library {printable(name)}, which this machine does not have: "
        "install it, or send a session that is linked with an archive"
    )
