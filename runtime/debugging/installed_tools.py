"""Programs for developers that may be installed here."""

from __future__ import annotations

import os
from collections.abc import Iterable

LLDB_ADAPTERS = ("lldb-dap", *(f"lldb-dap-{version}" for version in range(30, 17, -1)))
"""What lldb's server for editors and notebooks is called."""


def find_tool(names: Iterable[str]) -> str | None:
    """The path of the first that there is. Of folders in PATH that are named relatively nothing
    is run: they may be the current one, and that somebody else's."""
    from shutil import which  # slow to import

    folders = filter(os.path.isabs, os.environ.get("PATH", os.defpath).split(os.pathsep))
    path = os.pathsep.join(folders)
    return next(filter(None, (which(name, path=path) for name in names)), None)
