"""Lists of inputs that have been compiled before: a file that is run again needs no Clang.

While a file runs for the first time ``Recorder`` stands before the compiler and keeps what
that makes of each input. ``PlayedScript`` takes its place the next time.
"""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from repl import native_programs
from repl.caching.entries import Entries, key_of
from repl.caching.folder import cache_folder
from repl.caching.stamps import Dependencies, stamp
from repl.clang.compiler import Compiler
from repl.clang.inputs import FrontendState, ParsedInput
from repl.clang.pipeline import CompiledInput, JoinedInput
from repl.configuration.session_options import SessionOptions, frontend_flags
from repl.display.types import ValueType
from repl.input.source import Source
from repl.session.program_cache import RACE, VARIABLES, current_folder

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


class PlayedScript:
    """An ``InputCompiler`` of inputs that have been compiled before, and of no others."""

    def __init__(self, script: KeptScript) -> None:
        self._inputs = script.inputs
        self._length = 0

    @property
    def sources(self) -> list[Source]:
        """The inputs, in order."""
        return [each.source for each in self._inputs]

    def compile(self, source: Source, upcoming: Sequence[Source] = ()) -> CompiledInput:
        """What that input was compiled to. It must be the next one."""
        kept = self._inputs[self._length]
        assert kept.source == source
        self._length += 1
        value = kept.parsed.value
        return CompiledInput(
            kept.parsed,
            kept.machine_code,
            ValueType.from_table(value.type) if value is not None else None,
            None,
            self._length - 1,
            kept.level,
            kept.joined,
            kept.part,
        )

    def rollback(self, length: int) -> None:
        """Forget all inputs but the first ``length``."""
        self._length = length

    def snapshot(self, length: int | None = None) -> FrontendState:
        """There is no Clang that could go back."""
        return FrontendState(())

    def restore(self, state: FrontendState) -> None:
        """See ``snapshot``."""

    def note_defined(self, index: int, symbols: tuple[str, ...]) -> None:
        """Nothing is compiled that could use them."""

    def separate(self, joined: Sequence[JoinedInput]) -> Iterator[tuple[str, bytes]]:
        """Their objects, if they were needed the first time."""
        return iter(self._inputs[self._length - 1].separate)

    def prepare(self) -> None:
        """It is ready."""

    def wait_until_ready(self) -> None:
        """It is ready."""


class Recorder:
    """An ``InputCompiler`` that notes what another one compiles."""

    def __init__(self, compiler: Compiler) -> None:
        self._compiler = compiler
        self._inputs: list[KeptInput] = []
        self._can_be_kept = True

    def compile(self, source: Source, upcoming: Sequence[Source] = ()) -> CompiledInput:
        """As the other."""
        compiled = self._compiler.compile(source, upcoming)
        # What users have written for values is code of its own.
        self._can_be_kept = self._can_be_kept and compiled.printers is None
        parsed = replace(compiled.parsed, bitcode=b"")
        joined = tuple(replace(each, bitcode=b"") for each in compiled.joined)
        code, level = compiled.machine_code, compiled.level
        self._inputs.append(KeptInput(source, parsed, code, level, joined, compiled.part))
        return compiled

    def rollback(self, length: int) -> None:
        """As the other."""
        self._compiler.rollback(length)
        self._can_be_kept = False  # an input has failed

    def snapshot(self, length: int | None = None) -> FrontendState:
        """As the other."""
        return self._compiler.snapshot(length)

    def restore(self, state: FrontendState) -> None:
        """As the other."""
        self._compiler.restore(state)
        self._can_be_kept = False

    def note_defined(self, index: int, symbols: tuple[str, ...]) -> None:
        """As the other."""
        self._compiler.note_defined(index, symbols)

    def separate(self, joined: Sequence[JoinedInput]) -> Iterator[tuple[str, bytes]]:
        """As the other."""
        for name, code in self._compiler.separate(joined):
            last = self._inputs[-1]
            self._inputs[-1] = replace(last, separate=(*last.separate, (name, code)))
            yield name, code

    def prepare(self) -> None:
        """As the other."""
        self._compiler.prepare()

    def wait_until_ready(self) -> None:
        """As the other."""
        self._compiler.wait_until_ready()

    def script(self, sources: Sequence[Source]) -> KeptScript | None:
        """All that was compiled, if it was these inputs, and nothing stands against it."""
        is_all = [each.source for each in self._inputs] == list(sources)
        return KeptScript(tuple(self._inputs)) if is_all and self._can_be_kept else None

    def dependencies(self) -> Dependencies | None:
        """What the inputs depend on."""
        return self._compiler.dependencies()


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
