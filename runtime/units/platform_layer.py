"""What an execution session asks the platform layer, which is above it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import Protocol

from runtime.addresses import ExecutorAddress
from runtime.linker.link import FunctionArray


class Platform(Protocol):
    """What the platform layer decides (ORC's term)."""

    @property
    def replacements(self) -> Mapping[str, str]:
        """Names that are bound to functions of the platform library instead."""

    def initializers(
        self, arrays: Iterable[FunctionArray]
    ) -> list[tuple[ExecutorAddress, int | None]]:
        """What to run before the code is used, in order, each with its priority, if it has one."""

    def finalizers(self, arrays: Iterable[FunctionArray]) -> list[ExecutorAddress]:
        """What to run before the code is unmapped, in order."""

    def interposed(self, names: Set[str], *, is_program: bool) -> list[str]:
        """Of the functions that a unit defines those that libraries are to call, too."""
