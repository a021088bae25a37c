"""The program's variables while no cell runs."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from repl.clang.protocol import Declaration
from repl.commands.context import Shell
from repl.commands.declared import declared_names, node_of, value_of
from repl.display.redefined_names import as_written
from repl.errors import ShellError
from repl.jupyter.tables import table_of
from runtime.errors import ExecutorError

_MOST = 1000


def variables_of(shell: Shell) -> list[dict[str, Any]]:
    """As ``inspectVariables`` has them. Nothing of the program's runs."""
    declared = _variables(shell)
    with shell.session.using_program() as program:
        return [
            {
                "name": each.name,
                "type": each.type,
                "value": as_written(value_of(program, each, shell.session.options.limits)),
                "variablesReference": 0,
            }
            for each in declared[-_MOST:]
        ]


def forms_of(shell: Shell, name: str) -> dict[str, Any]:
    """What a variable looks like, by MIME type. Nothing of the program's runs.

    Raises ShellError if there is none of that name.
    """
    variable = next((each for each in reversed(_variables(shell)) if each.name == name), None)
    if variable is None:
        raise ShellError(f"no variable is called {name!r}")
    limits = shell.session.options.limits
    with shell.session.using_program() as program:
        text = f"({variable.type}) {value_of(program, variable, limits)}"
        forms: dict[str, Any] = {"text/plain": as_written(text)}
        with suppress(ShellError, ExecutorError):  # the text says what cannot be read
            node = node_of(program, variable, limits)
            if node is not None and (table := table_of(node)) is not None:
                forms["text/html"] = table.html()
    return forms


def _variables(shell: Shell) -> list[Declaration]:
    return [each for each in declared_names(shell.session) if each.kind == "variable"]
