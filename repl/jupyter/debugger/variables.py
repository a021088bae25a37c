"""The program's variables while no cell runs."""

from __future__ import annotations

from typing import Any

from repl.commands.context import Shell
from repl.commands.declared import declared_names, value_of
from repl.display.redefined_names import as_written

_MOST = 1000


def variables_of(shell: Shell) -> list[dict[str, Any]]:
    """As ``inspectVariables`` has them. Nothing of the program's runs."""
    declared = [each for each in declared_names(shell.session) if each.kind == "variable"]
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
