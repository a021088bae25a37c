"""The configuration file of a user of a test."""

from __future__ import annotations

from pathlib import Path


def configure(folder: Path, text: str, name: str = "config.toml") -> Path:
    """A user's file in ``folder/forkrepl``; the folder is for ``XDG_CONFIG_HOME``."""
    path = folder / "forkrepl" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path
