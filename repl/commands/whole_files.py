"""Files that commands write: as a whole, or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def write_whole(path: Path, text: str, *, replaces: bool) -> None:
    """Write a file. If that fails, because the disk is full or so, what was there before still is.

    Raises OSError, FileExistsError unless it ``replaces`` a file, and ValueError for a name that
    none can have.
    """
    data = text.encode("utf-8", "surrogateescape")
    if replaces:
        path = Path(os.path.realpath(path))  # a link, also one to nowhere yet, stays
    if not replaces or not path.exists():
        _create(path, data)
    elif path.is_file():
        _replace(path, data)
    else:  # a device, or a pipe
        path.write_bytes(data)


def _create(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        try:
            file.write(data)
            file.flush()
        except BaseException:
            path.unlink()
            raise


def _replace(path: Path, data: bytes) -> None:
    made = path.with_name(f".{path.name[:99]}.{os.getpid()}")
    try:
        _create(made, data)
        shutil.copymode(path, made)
        os.replace(made, path)
    except BaseException:
        made.unlink(missing_ok=True)
        raise
