"""Being a user whom the permissions of files hold."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_RIGHTS = "-dac_override,-dac_read_search"


def without_rights() -> list[str]:
    """What runs a command so. Root without those rights is held as the owner of its files is."""
    if os.geteuid() != 0:
        return []
    if not shutil.which("setpriv"):
        pytest.skip("setpriv (util-linux) is not installed")
    return ["setpriv", f"--bounding-set={_RIGHTS}", f"--inh-caps={_RIGHTS}"]


@contextmanager
def locked(folder: Path) -> Iterator[Path]:
    """A folder, which is made, that nobody may enter while the context lasts."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0)
    try:
        yield folder
    finally:
        folder.chmod(0o700)
