"""The text that each wrapper begins with."""

from __future__ import annotations

from pathlib import Path

GLUE_TEXT = Path(__file__).with_name("glue.hpp").read_text(encoding="utf-8")

GLUE = "__forkrepl_glue"
"""Its namespace."""
