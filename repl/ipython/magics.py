"""``%%cpp`` and ``%cpp``, and the same for C."""

from __future__ import annotations

from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_cell_magic, magics_class
from IPython.core.page import page
from IPython.display import publish_display_data

from repl.commands import Quit
from repl.errors import ProgramExited, ShellError
from repl.ipython.cell_options import CellOptions, read_cell_options, split_line
from repl.ipython.errors import show_as_in_a_notebook
from repl.ipython.output import ProgramOutput
from repl.ipython.sessions import Sessions
from repl.ipython.variables import Variables
from repl.jupyter.cells import Bundle, Cells
from repl.jupyter.notebook_shell import NotebookShell
from repl.python.session import Session
from runtime.errors import RuntimeFailure

_CANNOT_QUIT = "%quit: the session ends with Python; %reset begins with nothing"


class ShownValue:
    """The value of a cell, as IPython displays it: text, and a table where it is one."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle

    def __repr__(self) -> str:
        return str(self._bundle["text/plain"])

    def _repr_mimebundle_(self, **_: object) -> Bundle:
        return self._bundle


@magics_class
class CxxMagics(Magics):
    """Runs cells. ``output``: where what the program prints goes."""

    def __init__(self, shell: InteractiveShell, sessions: Sessions, output: ProgramOutput) -> None:
        super().__init__(shell)
        self._ipython = shell
        self._sessions = sessions
        self._output = output
        self._variables = {False: Variables(), True: Variables()}

    @line_cell_magic
    def cpp(self, line: str, cell: str | None = None) -> ShownValue | None:
        """Run C++: a cell, or a line. The value is displayed as forkrepl's shell shows it.

        %%cpp [-i NAME,...] [-o NAME,...] [--new] [-s STD] [compiler options]
        %cpp [-i NAME,...] [-o NAME,...] CODE

        -i: variables of Python's that the program gets; an array of numpy's becomes one of C.
        -o: variables of the program's that Python gets when the cell has run.
        -s, and all that clang++ takes, such as -O2 -Iinclude -lm: for the first cell, or with
        --new, which begins a session in which nothing is declared.
        """
        return self._run(line, cell, is_c=False)

    @line_cell_magic
    def c(self, line: str, cell: str | None = None) -> ShownValue | None:
        """Run C, in a session of its own; options as for %%cpp."""
        return self._run(line, cell, is_c=True)

    def _run(self, line: str, cell: str | None, *, is_c: bool) -> ShownValue | None:
        shell: NotebookShell | None = None
        try:
            if cell is None:
                options, code = split_line(line)
            else:
                options, code = read_cell_options(line), cell
            with self._output.of_cell():
                session = self._sessions.get(options.flags, is_new=options.is_new, is_c=is_c)
                shell = self._sessions.shell(session)
                return self._run_in(session, shell, options, code, 1 if cell is None else 2)
        except Quit:
            refusal = ShellError(_CANNOT_QUIT)
            show_as_in_a_notebook(shell, refusal)
            raise refusal from None
        except (ShellError, RuntimeFailure, ProgramExited, KeyboardInterrupt) as error:
            show_as_in_a_notebook(shell, error)
            raise

    def _run_in(
        self, session: Session, shell: NotebookShell, options: CellOptions, code: str, line: int
    ) -> ShownValue | None:
        variables = self._variables[shell.is_c]
        variables.put(session, options.inputs, self._ipython.user_ns)
        notebook = _Cell(self._output)
        with session.borrowed() as live:
            shell.begin_cell()
            try:
                name = f"In[{self._ipython.displayhook.prompt_count}]"
                Cells(shell, notebook).run(code, name, line=line)
            finally:
                live.prepare()
        taken: dict[str, Any] = {}
        variables.take(session, options.outputs, taken)
        self._ipython.push(taken)
        return notebook.result


class _Cell:
    """A ``cells.Notebook``."""

    def __init__(self, output: ProgramOutput) -> None:
        self._output = output
        self.result: ShownValue | None = None

    def show_result(self, bundle: Bundle) -> None:
        self.result = ShownValue(bundle)

    def show(self, bundle: Bundle) -> None:
        self._output.drain()
        if set(bundle) == {"text/plain"}:
            print(bundle["text/plain"], flush=True)
        else:
            publish_display_data(bundle)

    def page(self, text: str) -> None:
        page({"text/plain": text, "data": {"text/plain": text}, "start": 0})
