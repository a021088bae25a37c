"""Folders of the user's alone, for what is kept between sessions."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def make_private_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, unless it is there.

    Nobody else may enter what is made, whatever the umask is: that is the XDG Base Directory
    Specification's rule for them all. Raises OSError; also if root would make them in a folder of
    somebody else, who then could not use them (``sudo`` may keep HOME).
    """
    try:
        _make(folder)
    except FileNotFoundError:
        make_private_folder(folder.parent)
        _make(folder)


def is_private_folder(folder: Path) -> bool:
    """Whether it is a folder, and only the user can have put files there. A symbolic link is
    none: what it leads to may have been meant for something else."""
    try:
        status = os.lstat(folder)
    except OSError:
        return False
    is_own = status.st_uid == os.geteuid() and not status.st_mode & 0o022
    return is_own and stat.S_ISDIR(status.st_mode)


def _make(folder: Path) -> None:
    if os.path.isdir(folder):
        return
    if os.geteuid() == 0 and os.stat(folder.parent).st_uid != 0:
        reason = "root makes no folder in one of another user"
        raise PermissionError(errno.EPERM, reason, str(folder))
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        if not os.path.isdir(folder):  # else another session was faster
            raise
