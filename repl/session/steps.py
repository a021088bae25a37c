"""What a session remembers of its inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec import Struct

from repl.clang.compiler import CompiledInput
from repl.clang.frontend import FrontendState
from repl.input.source import Source

if TYPE_CHECKING:
    from runtime.units.unit_journal import LoadedUnit


V = TypeVar("V")


class Result(Struct, Generic[V], frozen=True):
    """What an input gave: what ``inspect`` has made of its value, None if it has none, and
    Clang's warnings."""

    value: V | None
    warnings: str


class Step(Struct, frozen=True):
    """An input that took effect. ``unit`` is None if it made no code or data.

    ``value_symbol``: see ``ParsedInput``; ``bitcode``: what it was compiled from;
    ``level``: of optimisation.
    """

    source: Source
    machine_code: bytes
    declares: bool
    value_symbol: str
    unit: LoadedUnit | None
    bitcode: bytes
    level: int

    @staticmethod
    def of(source: Source, compiled: CompiledInput, unit: LoadedUnit | None) -> Step:
        """The step of an input that was compiled and loaded."""
        parsed = compiled.parsed
        return Step(
            source=source,
            machine_code=compiled.machine_code,
            declares=parsed.declares,
            value_symbol=parsed.value_symbol,
            unit=unit,
            bitcode=parsed.bitcode,
            level=compiled.level,
        )


class Position(Struct, frozen=True):
    """The state of a session apart from the program: its steps, and the compilers' state."""

    steps: tuple[Step, ...]
    compiler: FrontendState
