"""What is below the cells of a notebook, to be compared with what should be there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def shown(notebook: Mapping[str, Any]) -> list[list[dict[str, Any]]]:
    """What is below each cell, in order, of a notebook as nbformat reads it or as its file has
    it; pieces of a stream as one."""
    return [_of_cell(cell) for cell in notebook["cells"]]


def _of_cell(cell: Mapping[str, Any]) -> list[dict[str, Any]]:
    outputs: list[dict[str, Any]] = []
    for each in cell.get("outputs", ()):
        output = {key: _joined(value) for key, value in each.items() if key != "execution_count"}
        last = outputs[-1] if outputs else {}
        if output["output_type"] == "stream" and output["name"] == last.get("name"):
            last["text"] += output["text"]
        else:
            outputs.append(output)
    return outputs


def _joined(value: Any) -> Any:
    """A file has texts as lists of lines, also those of the MIME types of a value."""
    if isinstance(value, Mapping):
        return {key: _joined(each) for key, each in value.items()}
    is_text = isinstance(value, list) and all(isinstance(each, str) for each in value)
    return "".join(value) if is_text else value
