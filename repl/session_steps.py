"""What a session remembers of its inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from repl.frontend import FrontendState, Source

if TYPE_CHECKING:
    from runtime.unit_journal import LoadedUnit


@dataclass(frozen=True, slots=True)
class Step:
    """An input that took effect. ``unit`` is None if it made no code or data;
    ``value_symbol``: see ``ParsedInput``."""

    source: Source
    machine_code: bytes
    declares: bool
    value_symbol: str
    unit: LoadedUnit | None


@dataclass(frozen=True, slots=True)
class Position:
    """Where a session is, apart from the program."""

    steps: tuple[Step, ...]
    compiler: FrontendState
