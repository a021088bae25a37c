"""In ipykernel's process: the program's output and input are the cell's."""

from __future__ import annotations

import atexit
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from repl.jupyter.displays import Displays, Shown
from repl.jupyter.input import ProgramInput
from repl.jupyter.output import OutputPipes
from repl.jupyter.standard_input import ask_frontend

_CANNOT_ASK = "(this frontend cannot be asked for input: the program is told that it ends)\n"


class KernelOutput:
    """``ipython``: in ipykernel's process. Descriptors 1 and 2 are replaced for good, as processes
    inherit them; 0 while a cell runs, as Python's own processes expect nothing there."""

    def __init__(self, ipython: InteractiveShell) -> None:
        self._ipython = ipython
        self._kernel: Any = ipython.kernel  # type: ignore[attr-defined]
        self._displays = Displays()
        self._displays.__enter__()
        self._input = ProgramInput(stays=False)
        self._pipes = OutputPipes()
        self._displays.begin(self._display)
        self._pipes.start(_write, self._displays)
        self._request: tuple[Any, Any] = ({}, b"")
        ipython.events.register("post_run_cell", self._drain_after_cell)
        # Before ipykernel ends its streams, which are behind the descriptors.
        atexit.register(self.end)

    @contextmanager
    def of_cell(self) -> Iterator[None]:
        """See ``ProgramOutput``."""
        self.drain()
        kernel = self._kernel
        self._request = kernel.get_parent("shell"), kernel._shell_parent_ident.get()
        with self._input.asking(self._ask):
            try:
                yield
            finally:
                self.drain()

    def drain(self) -> None:
        """See ``ProgramOutput``."""
        self._pipes.drain()

    def end(self) -> None:
        """See ``ProgramOutput``."""
        atexit.unregister(self.end)
        self._ipython.events.unregister("post_run_cell", self._drain_after_cell)
        self._pipes.end()
        self._displays.__exit__()

    def _drain_after_cell(self, result: object) -> None:
        """Cells of Python call the program, too."""
        self.drain()

    def _display(self, shown: Shown) -> None:
        publisher: Any = self._ipython.display_pub
        if shown.kind == "clear":
            publisher.clear_output(shown.wait)
            return
        transient = {"display_id": shown.id} if shown.id else {}
        publisher.publish(shown.data, {}, transient=transient, update=shown.kind == "update")

    def _ask(self, is_hidden: bool, is_over: threading.Event) -> str | None:
        """See ``repl.jupyter.input.Ask``."""
        self.drain()
        if not self._kernel._allow_stdin:
            _write("stderr", _CANNOT_ASK)
            return None
        kernel = self._kernel
        return ask_frontend(kernel.session, kernel.stdin_socket, self._request, is_hidden, is_over)


def _write(name: str, text: str) -> None:
    """As Python prints it: what captures that has the program's, too."""
    getattr(sys, name).write(text)
