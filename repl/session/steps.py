"""What a session remembers of its inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec import Struct

from repl.clang.inputs import FrontendState, JoinedInput
from repl.clang.pipeline import CompiledInput
from repl.errors import Diagnostic
from repl.input.source import Source
from repl.session.waiting import Loaded, WaitingInput
from runtime.errors import printable_lines, told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from repl.input.seen_file import SeenFile
    from runtime.executor_client.interface import Patch
    from runtime.units.redirection import Withdrawn
    from runtime.units.unit_journal import LoadedUnit


V = TypeVar("V")


class Result(Struct, Generic[V], frozen=True):
    """What an input gave: what ``inspect`` has made of its value, None if it has none, and
    Clang's warnings, in short; ``all_warnings``: with all that Clang says; ``diagnostics``: the
    same as data. ``waits_for``: the symbols that it needs and that are not defined yet, as text;
    it takes effect when they are. ``repr``: what the shell would show, warnings and value; so there
    is none of an input without a value."""

    value: V | None
    warnings: str
    waits_for: str = ""
    all_warnings: str = ""
    diagnostics: tuple[Diagnostic, ...] = ()

    def __repr__(self) -> str:
        waits = f"note: waits for {told(self.waits_for)}" if self.waits_for else ""
        value = "" if self.value is None else self.value
        shown = value if isinstance(value, str) else repr(value)
        return "\n".join(filter(None, [printable_lines(self.warnings), waits, shown]))


class Step(Struct, frozen=True):
    """An input that took effect. ``unit`` is None if it made no code or data, or waits;
    ``waiting``: the inputs up to this one that do.

    ``value_symbol``: see ``ParsedInput``; ``bitcode``: what it was compiled from;
    ``level``: of optimisation; ``joined``: see ``CompiledInput``.
    """

    source: Source
    machine_code: bytes
    declares: bool
    value_symbol: str
    unit: LoadedUnit | None
    bitcode: bytes
    level: int
    waiting: tuple[WaitingInput, ...]
    joined: tuple[JoinedInput, ...] = ()

    @property
    def is_object(self) -> bool:
        """Whether it is a file of machine code, which has no text."""
        return self.source.line == 0

    @staticmethod
    def of(source: Source, compiled: CompiledInput, loaded: Loaded) -> Step:
        """The step of an input that was compiled, and loaded if nothing is missing."""
        parsed = compiled.parsed
        return Step(
            source=source,
            machine_code=compiled.machine_code,
            declares=parsed.declares,
            value_symbol=parsed.value_symbol,
            unit=loaded.unit,
            bitcode=parsed.bitcode,
            level=compiled.level,
            waiting=loaded.waiting,
            joined=compiled.joined,
        )


class Position(Struct, frozen=True):
    """The state of a session apart from the program: its steps, the compilers' state, and what
    has been reloaded."""

    steps: tuple[Step, ...]
    compiler: FrontendState
    reloads: tuple[Reloaded, ...] = ()


class Reloaded(Struct, frozen=True):
    """A reload in force. ``inputs``: how many there were then; ``before``: where the session
    was. ``unit``: has the new code, None if no code has changed; ``patches``: what was at the
    old entries; ``withdrawn``: what is out of date."""

    inputs: int
    before: Position
    unit: LoadedUnit | None
    patches: tuple[Patch, ...]
    withdrawn: tuple[Withdrawn, ...]


def seen_files(steps: Sequence[Step], compiled: FrontendState) -> list[tuple[SeenFile, str]]:
    """See ``LiveSession.seen_files``."""
    found: list[tuple[SeenFile, str]] = []
    for step, each in zip(steps, compiled.inputs, strict=True):
        if step.source.file is not None:
            found.append((step.source.file, ""))
        if not step.is_object:
            found += [(file, step.source.name) for file in each.read]
    return found
