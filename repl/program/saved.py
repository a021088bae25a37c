"""What is kept of the program to go back to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from repl.program.libraries import LibraryState
from runtime.addresses import ExecutorAddress
from runtime.executor_client.checkpoint import Checkpoint

if TYPE_CHECKING:
    from runtime.units.execution_session import SessionMark


class SavedProgram(Struct, frozen=True):
    """The program at a moment: a checkpoint of its process, and what was loaded.

    ``libraries``: those that had been opened; ``born``: of the ``Lineage``; ``calls``: where it has
    their memory, if it has."""

    checkpoint: Checkpoint
    mark: SessionMark
    libraries: LibraryState
    born: int
    calls: ExecutorAddress | None
