"""Lists of inputs that have been compiled before: a file that is run again needs no Clang.

``played_scripts`` makes entries, and plays them.
"""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from repl import native_programs
from repl.caching.entries import Entries, key_of
from repl.caching.folder import cache_folder
from repl.caching.stamps import stamp
from repl.clang.inputs import JoinedInput, ParsedInput
from repl.configuration.session_options import SessionOptions, frontend_flags
from repl.input.source import Source
from repl.session.program_cache import RACE, VARIABLES, current_folder

if TYPE_CHECKING:
    from repl.session.played_scripts import Recorder

_FORMAT = 4  # of the entries: to be changed with what is in them
_MOST_BYTES = 128 << 20  # of all entries
_FOLDER = "scripts"


class KeptInput(Struct, frozen=True):
    """What an input was compiled to. ``joined``: the inputs that the object is made of, without
    their bitcode, if they are several; ``part``: see ``CompiledInput``; ``separate``: their own
    objects, if it could not be linked."""

    source: Source
    parsed: ParsedInput  # without its bitcode
    machine_code: bytes
    level: int
    joined: tuple[JoinedInput, ...] = ()
    part: int = 0
    separate: tuple[tuple[str, bytes], ...] = ()


class KeptScript(Struct, frozen=True):
    """All inputs of a file."""

    inputs: tuple[KeptInput, ...]


class ScriptCache:
    """The place of one file in the cache."""

    def __init__(self, text: str, name: str, options: SessionOptions) -> None:
        folder = cache_folder() if options.cache else None
        self._entries = Entries(folder / _FOLDER, _MOST_BYTES) if folder else None
        self._began = time.time_ns()
        flags = frontend_flags(options)
        self._key = key_of(
            _FORMAT,
            [(str(path), stamp(path)) for path in (native_programs.frontend(), _code_generator())],
            flags,
            options.redefinition,
            name,
            text,
            [os.environ.get(variable) for variable in VARIABLES],
            current_folder(flags, name),
        )

    def find(self) -> KeptScript | None:
        """What the file was compiled to, if nothing has changed since."""
        return self._entries.find_as(self._key, KeptScript) if self._entries else None

    def store(self, recorder: Recorder, sources: Sequence[Source]) -> None:
        """Keep what it was compiled to, if it was these inputs."""
        script = recorder.script(sources) if self._entries else None
        dependencies = recorder.dependencies() if script is not None else None
        if self._entries is None or script is None or dependencies is None:
            return
        if not dependencies.changed_after(self._began - RACE):
            try:
                payload = msgspec.msgpack.encode(script)
            except UnicodeEncodeError:  # bytes in it that are no text
                return
            self._entries.store(self._key, payload, dependencies)


def _code_generator() -> Path:
    found = importlib.util.find_spec("llvmlite")
    package = Path(found.origin or "").parent if found else Path()
    return package / "binding" / "libllvmlite.so"
