"""Where the program's output and input are, in a terminal and in a notebook.

In a terminal the program has that. A notebook has no descriptors: there they are replaced, as in a
kernel of our own, by pipes whose contents become output of the cell.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import Any, Protocol

from IPython.core.interactiveshell import InteractiveShell


class ProgramOutput(Protocol):
    """What cells need."""

    def of_cell(self) -> Any:
        """A context: the program prints and reads here meanwhile."""

    def drain(self) -> None:
        """See that all that has been printed is shown."""

    def end(self) -> None:
        """Give back what was replaced."""


class TerminalOutput:
    """The program writes where Python does."""

    def of_cell(self) -> Any:
        """See ``ProgramOutput``."""
        self.drain()
        return nullcontext()

    def drain(self) -> None:
        """See ``ProgramOutput``: of Python's own."""
        sys.stdout.flush()
        sys.stderr.flush()

    def end(self) -> None:
        """See ``ProgramOutput``."""


def program_output(ipython: InteractiveShell) -> ProgramOutput:
    """The one for this IPython."""
    if not hasattr(ipython, "kernel") or _is_echoed():
        return TerminalOutput()
    from repl.ipython.kernel_output import KernelOutput  # with Jupyter, which IPython can lack

    return KernelOutput(ipython)


def _is_echoed() -> bool:
    """Whether ipykernel shows all output on its own descriptors as well (``--no-quiet``): it
    would read what it has written, for ever."""
    for stream in (sys.stdout, sys.stderr):
        echo = getattr(stream, "echo", None)
        if echo is not None and echo.fileno() in (1, 2):
            return True
    return False
