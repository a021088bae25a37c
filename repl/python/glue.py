"""The text that each wrapper begins with."""

from __future__ import annotations

from pathlib import Path

GLUE_TEXT = "".join(
    Path(__file__).with_name(name).read_text(encoding="utf-8")
    for name in ("glue.hpp", "glue_arguments.hpp")
)

GLUE = "__forkrepl_glue"
"""Its namespace."""
