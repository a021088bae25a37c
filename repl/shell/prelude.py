"""The prelude: a file of inputs that is run before the first prompt."""

from __future__ import annotations

from pathlib import Path

from repl.commands import COMMAND_LINES
from repl.commands.context import Shell
from repl.errors import SetupError, ShellError
from repl.input.script_inputs import ScriptInputs
from repl.input.script_text import WholeText
from repl.shell.run_input import evaluate, is_interrupt, report
from runtime.errors import RuntimeFailure, printable
from runtime.objects.input_files import read_input_file

_LARGEST = 16 << 20  # bytes


class StartupFile:
    """``attend`` runs it whenever the session has begun with nothing, as after ``%reset``.

    ``is_usual``: it was not named by the user, so it must be the user's own.
    """

    def __init__(self, path: Path, *, is_usual: bool) -> None:
        self._path = path
        self._is_usual = is_usual
        self._ran_in: int | None = None

    def attend(self, shell: Shell) -> bool:
        """Run it, if this beginning of the session has not seen it yet.

        What fails is reported, and the rest of the file runs. Returns whether all is well.
        Raises SetupError, ProgramExited and Quit.
        """
        session = shell.session
        if self._ran_in == session.beginnings:
            return True
        typed = len(shell.log)
        try:
            is_well = self._run(shell)
        finally:  # also after what nobody expects, which would come again
            del shell.log[typed:]  # nobody has typed it
            self._ran_in = session.beginnings  # now: a crash may have made it another one
        session.settle()
        return is_well

    def _run(self, shell: Shell) -> bool:
        try:
            text = self._read()
        except (ShellError, RuntimeFailure) as error:
            report(shell, error)
            return False
        is_well = True
        ask = shell.session.compiler.input_ends
        for source, _ in ScriptInputs(WholeText(text), str(self._path), COMMAND_LINES, ask):
            try:
                evaluate(shell, source)
            except SetupError:  # nothing can ever work
                raise
            except (ShellError, RuntimeFailure, KeyboardInterrupt) as error:
                is_well = False
                ends = is_interrupt(error)
                rest = "neither is the rest of the file" if ends else "the rest of the file is"
                error.add_note(f"{printable(source.unit_name)} is not in force; {rest}")
                report(shell, error)
                if ends:
                    break
        return is_well

    def _read(self) -> str:
        contents = read_input_file(self._path, _LARGEST + 1, only_own=self._is_usual)
        name = printable(str(self._path))
        if len(contents) > _LARGEST:
            raise ShellError(f"{name} is not run: it is more than {_LARGEST >> 20} MiB")
        if b"\0" in contents:
            raise ShellError(f"{name} is not run: it is a binary file")
        # Bytes that are no UTF-8 go on to Clang as they are.
        return contents.decode("utf-8", "surrogateescape")
