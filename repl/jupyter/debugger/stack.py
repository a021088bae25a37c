"""What lldb says of the program, as users of cells see it."""

from __future__ import annotations

import re
from typing import Any

from repl.display.redefined_names import as_written
from repl.jupyter.debugger.cell_files import CellFiles

_BEGINNING = re.compile(r"_GLOBAL__sub_I_|__cxx_global_var_init|forkrepl_run\b")
"""Below it is what runs inputs."""

_STATEMENTS = re.compile(r"__stmts__\d+(?:\(\))?")


def fullest_first(scopes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a frontend shows at first has something in it: what cells declare is global."""
    return sorted(scopes, key=lambda scope: not scope.get("namedVariables"))


def frames_of_cells(frames: list[dict[str, Any]], files: CellFiles) -> list[dict[str, Any]]:
    """The calls that are the user's; their files are those of the cells."""
    shown = []
    for frame in frames:
        name = str(frame.get("name", ""))
        if _BEGINNING.match(name):
            break
        source = frame.get("source") or {}
        path = files.path_of(str(source.get("path", "")))
        label = str(source.get("name", "")) if _STATEMENTS.fullmatch(name) else as_written(name)
        if path is not None:
            frame = {**frame, "source": {"path": path, "name": source.get("name", "")}}
        shown.append({**frame, "name": label})
    return shown
