"""The user's folders, by the XDG Base Directory Specification.

Not by platformdirs: this is all of it on Linux, and importing that takes longer.
"""

from __future__ import annotations

import os
import pwd
from pathlib import Path


def config_folder() -> Path | None:
    """``$XDG_CONFIG_HOME/forkrepl``; None if there is no such place."""
    return _folder("XDG_CONFIG_HOME", ".config")


def state_folder() -> Path | None:
    """``$XDG_STATE_HOME/forkrepl``; None if there is no such place."""
    return _folder("XDG_STATE_HOME", ".local/state")


def usual_startup_file(language: str) -> Path | None:
    """``prelude.c`` or ``prelude.cpp`` beside the configuration; None if there is none."""
    folder = config_folder()
    path = folder / ("prelude.c" if language == "c" else "prelude.cpp") if folder else None
    return path if path is not None and os.path.lexists(path) else None


def _folder(variable: str, default: str) -> Path | None:
    # The specification says to ignore relative paths; they would also make what is run
    # depend on the current directory.
    base = os.environ.get(variable, "")
    if not os.path.isabs(base):
        home = _home()
        if home is None:
            return None
        base = os.path.join(home, default)
    return Path(base, "forkrepl")


def _home() -> str | None:
    home = os.environ.get("HOME", "")
    if not os.path.isabs(home):
        try:
            home = pwd.getpwuid(os.getuid()).pw_dir
        except KeyError:  # as in many containers
            return None
    return home if os.path.isabs(home) else None
