"""The folder of all caches, and whether what is in it can be believed."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path | None:
    """``$XDG_CACHE_HOME/forkrepl``, which need not exist; None if there is no home."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):  # the specification: others are to be ignored
        base = os.path.join(os.environ.get("HOME", ""), ".cache")
    return Path(base, "forkrepl") if os.path.isabs(base) else None


def is_private(folder: Path) -> bool:
    """Whether only the user can have put files there."""
    try:
        status = folder.stat()
    except OSError:
        return False
    return status.st_uid == os.geteuid() and not status.st_mode & 0o022
