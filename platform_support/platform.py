"""The platform for Linux with glibc and libgcc's unwinder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from platform_support.initializers import FunctionArray, finalizers, initializers
from platform_support.replacements import REPLACEMENTS, interposed
from runtime.addresses import ExecutorAddress


class LinuxPlatform:
    """What ``runtime.units.execution_session.Platform`` asks for."""

    @property
    def replacements(self) -> Mapping[str, str]:
        """See ``replacements.REPLACEMENTS``."""
        return REPLACEMENTS

    def initializers(
        self, arrays: Iterable[FunctionArray]
    ) -> list[tuple[ExecutorAddress, int | None]]:
        """See ``initializers.initializers``."""
        return initializers(arrays)

    def interposed(self, names: Set[str], *, is_program: bool) -> list[str]:
        """See ``replacements.interposed``."""
        return interposed(names, is_program=is_program)

    def finalizers(self, arrays: Iterable[FunctionArray]) -> list[ExecutorAddress]:
        """See ``initializers.finalizers``."""
        return finalizers(arrays)
