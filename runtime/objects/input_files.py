"""Files that the user names: regular ones are read, all else is refused."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from runtime.errors import RuntimeFailure, printable

Contents = bytes | memoryview
"""What is in a file; a member of an archive is a view of the archive's."""

_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def read_input_file(path: Path, most: int = -1, *, only_own: bool = False) -> bytes:
    """The contents of a regular file, or the first ``most`` bytes.

    ``only_own``: not if somebody else than the user or root can have written it.
    Raises RuntimeFailure, naming the file.
    """
    try:
        # Without O_NONBLOCK, a pipe to which nobody writes would be waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            kind = stat.S_IFMT(status.st_mode)
            if kind != stat.S_IFREG:
                raise _failure(path, f"it is {_KINDS.get(kind, 'no file')}, not a file")
            if only_own:
                _check_own(path, status)
            return file.read(most)
    except OSError as error:
        raise _failure(path, error.strerror or str(error)) from error
    except MemoryError as error:
        raise _failure(path, "it is too large") from error
    except ValueError as error:  # a NUL in a name that a file gave
        raise _failure(path, "this is no file name") from error


def absolute_path(name: str) -> str:
    """The whole path of a file or folder that the user names, perhaps with ``~``.

    Raises RuntimeFailure if there can be no such file.
    """
    try:
        return os.path.abspath(expanded_path(name))
    except OSError as error:
        raise RuntimeFailure(f"{printable(name)}: {no_current_folder(error)}") from None


def expanded_path(name: str) -> str:
    """The same, where it may be relative."""
    try:
        path = os.path.expanduser(name)
        if "\0" not in path and os.fsencode(path):
            return path
    except ValueError:  # what is no text
        pass
    raise RuntimeFailure(f"{printable(name) or 'nothing'}: this is no file name")


def no_current_folder(error: OSError) -> str:
    """Why names of files mean nothing now."""
    if error.errno == errno.ENOENT:
        return "the current folder is gone (%cd DIR goes elsewhere)"
    return f"the current folder has no name: {error.strerror}"


def _check_own(path: Path, status: os.stat_result) -> None:
    if status.st_uid not in (os.geteuid(), 0):
        raise _failure(path, "it belongs to another user")
    if status.st_mode & stat.S_IWOTH:
        raise _failure(path, f"everybody can write to it: chmod o-w {printable(str(path))}")


def _failure(path: Path, reason: str) -> RuntimeFailure:
    return RuntimeFailure(f"cannot read {printable(str(path))}: {reason}")
