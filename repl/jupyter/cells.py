"""Cells: one input or several, run as the prompt runs what is typed."""

from __future__ import annotations

import re
import sys
from collections import Counter
from typing import Any, Protocol

from repl.errors import CompileError
from repl.input.source import Source
from repl.jupyter.magics import MAGICS, Shown, no_arguments, take_magic
from repl.jupyter.notebook_shell import NotebookShell
from repl.jupyter.values_in_cells import split_at_value
from repl.shell.run_input import carry_out
from repl.shell.several_inputs import split_at_commands

Bundle = dict[str, Any]
"""What something looks like, by MIME type."""

_MOST_NAMES = 12
_PAGED = re.compile(r"\s*(?:\?|%help\b|\w+\?)")


class Notebook(Protocol):
    """Where cells' values go."""

    def show_result(self, bundle: Bundle) -> None:
        """The value of the cell."""

    def show(self, bundle: Bundle) -> None:
        """Anything else that is to be seen."""

    def page(self, text: str) -> None:
        """What is read beside the notebook."""


class Cells:
    """Runs cells in the session of a shell."""

    def __init__(self, shell: NotebookShell, notebook: Notebook) -> None:
        self._shell = shell
        self._notebook = notebook

    def run(self, code: str, name: str, *, line: int = 1, keeps_value: bool = True) -> None:
        """Run a cell; ``name`` is what messages call it, and ``line`` its first line. Raises what
        ``Session.run`` does, with a note if lines of the cell have not been run."""
        source = Source(code, name, line, keeps_value=keeps_value)
        before = self._in_force()
        try:
            self._run_cell(source)
        finally:
            lost = list(before - self._in_force())
            if len(lost) > _MOST_NAMES:
                lost[1:-1] = [f"... {len(lost) - 2} more ..."]
            if lost:
                print(f"taken back: {', '.join(lost)}", file=sys.stderr, flush=True)

    def _in_force(self) -> Counter[str]:
        """The names of inputs, oldest first, and how many are called so."""
        return Counter(step.source.name for step in self._shell.session.steps)

    def _run_cell(self, source: Source) -> None:
        magic = take_magic(source)
        if magic is None:
            self._run_inputs(source)
        elif (run := MAGICS[magic.name].run) is not None:
            self._show(run(self._shell, magic.arguments, magic.body))
        else:
            no_arguments(magic)
            self._run_specially(magic.name, magic.body)

    def _run_specially(self, name: str, source: Source) -> None:
        if name == "c":
            Cells(self._shell.beside(), self._notebook)._run_inputs(source)
        else:
            self._run_as_a_whole(source)

    def _run_as_a_whole(self, source: Source) -> None:
        """If one of the inputs fails, those before it are taken back, too."""
        session = self._shell.session
        before = len(session.steps)
        try:
            self._run_inputs(source)
        except BaseException as error:
            if (count := len(session.steps) - before) > 0:
                session.rewind(count)
                error.add_note(f"{source.name} is taken back: memory is as before it")
            raise

    def _show(self, bundle: Shown) -> None:
        if isinstance(bundle, dict):
            self._notebook.show(bundle)
        elif bundle:
            self._notebook.show_result({"text/plain": bundle} | self._shell.take_bundle())

    def _run_inputs(self, source: Source) -> None:
        part = source
        last: Bundle = {}
        try:
            for part in split_at_commands(source, self._shell.session.compiler):
                rest: Source | None = part
                while rest is not None:
                    if last:
                        self._notebook.show(last)
                    part, rest, last = self._run_first(rest)
        except BaseException as error:
            following = part.line + part.text.count("\n") + 1
            last_line = source.line + source.text.rstrip().count("\n")
            if part is not source and following <= last_line:
                error.add_note(f"{source.name} is not run from line {following} on")
            raise
        if last:
            self._notebook.show_result(last)

    def _run_first(self, part: Source) -> tuple[Source, Source | None, Bundle]:
        """Run a part, or what of it comes before a line that begins another input: the
        part that was run, what is left, and the value."""
        try:
            return part, None, self._run_part(part)
        except CompileError as error:
            parts = split_at_value(part, error.diagnostics)
            if parts is None:
                raise
            rejection = error
        self._shell.log.pop()
        try:
            return parts[0], parts[1], self._run_part(parts[0])
        except CompileError:  # it is none: what was said of all of it counts
            raise rejection from None

    def _run_part(self, part: Source) -> Bundle:
        shell = self._shell
        shell.begin_cell()
        value = carry_out(shell, part)
        if not value:
            return {}
        if any(ran is part for ran in shell.log[-1].ran):  # it is code, and no command
            return {"text/plain": value} | self._shell.take_bundle()
        if _PAGED.match(part.text):
            self._notebook.page(value)
        else:
            print(value, flush=True)
        return {}
