"""Lists of inputs in the place of the compiler that they once went through.

While a file runs for the first time ``Recorder`` stands before the compiler and keeps what
that makes of each input. ``PlayedScript`` takes its place the next time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from repl.caching.stamps import Dependencies
from repl.clang.compiler import Compiler
from repl.clang.inputs import FrontendState, JoinedInput
from repl.clang.pipeline import CompiledInput
from repl.display.types import ValueType
from repl.input.source import Source
from repl.session.kept_scripts import KeptInput, KeptScript


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
