"""The folder of all caches."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path | None:
    """``$XDG_CACHE_HOME/forkrepl``, which need not exist; None if there is no home."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):  # the specification: others are to be ignored
        base = os.path.join(os.environ.get("HOME", ""), ".cache")
    return Path(base, "forkrepl") if os.path.isabs(base) else None
