"""``--token-file``: written by a listener, read by the shells that connect to it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from repl.errors import ShellError
from runtime.errors import printable
from runtime.kernel_calls.limits import reason
from runtime.protocol.listener_address import remove_if_same
from runtime.protocol.tokens import was_written_by_us

_LONGEST_TOKEN = 4096  # bytes


def read_token(path: str) -> str:
    """The token in a file. Raises ShellError if others may know it, or have chosen it."""
    shown = printable(path)
    try:
        with _open_without_waiting(path) as file:
            status = os.fstat(file)
            if not stat.S_ISREG(status.st_mode):
                raise ShellError(f"cannot read the token from {shown}: it is no file")
            if status.st_uid != os.geteuid():
                raise ShellError(
                    f"the token file {shown} is of another user (number {status.st_uid}), who may "
                    "have chosen the token: copy it, if that is meant"
                )
            if stat.S_IMODE(status.st_mode) & 0o077:
                raise ShellError(
                    f"others can read or write the token file {shown}: chmod 600 {shown}"
                )
            data = os.read(file, _LONGEST_TOKEN + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL byte
        raise ShellError(f"cannot read the token from {shown}: {reason(error)}") from error
    if len(data) > _LONGEST_TOKEN or not data.strip():
        raise ShellError(f"{shown} holds no token: give the file that the listener has written")
    return data.decode("utf-8", "surrogateescape").strip()


@contextmanager
def token_file(path: str, token: str) -> Iterator[None]:
    """A file with the token, for its owner alone, as long as the listener listens.

    What a listener has left there that was killed is replaced, nothing else is. Raises ShellError.
    """
    with contextlib.ExitStack() as stack:
        try:
            made = _write(path, token, stack)
        except (OSError, ValueError) as error:  # ValueError: a NUL byte
            shown = printable(path)
            raise ShellError(f"cannot write {shown}: {reason(error)}") from error
        try:
            yield
        finally:
            remove_if_same(path, made)


def _write(path: str, token: str, kept_open: contextlib.ExitStack) -> os.stat_result:
    """Raises OSError, ValueError, and ShellError if something else is there."""
    # Complete when it appears; mkstemp makes it private, whatever the umask.
    folder, name = os.path.split(path)
    file, temporary = tempfile.mkstemp(prefix=f".{name[:100]}.", dir=folder or ".")
    try:
        kept_open.callback(os.close, file)
        os.write(file, (token + "\n").encode())
        fcntl.flock(file, fcntl.LOCK_EX)  # as long as this listener lives
        _remove_dead_token(path)
        os.link(temporary, path, follow_symlinks=False)  # which replaces nothing
        return os.fstat(file)
    except FileExistsError:
        raise ShellError(_exists(path)) from None
    finally:
        os.unlink(temporary)


def _remove_dead_token(path: str) -> None:
    """Make room for a token file, if all that is there is one whose listener is gone."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
        raise ShellError(_exists(path))
    with _open_without_waiting(path) as file:
        contents = os.read(file, _LONGEST_TOKEN).decode("ascii", "replace")
        if not was_written_by_us(contents) or not os.path.samestat(found, os.fstat(file)):
            raise ShellError(_exists(path))
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ShellError(
                f"cannot write {printable(path)}: it is the token file of a listener that runs"
            ) from None
        remove_if_same(path, found)


def _exists(path: str) -> str:
    return (
        f"cannot write {printable(path)}: it exists, and is no listener's token file: "
        "name another, or remove it"
    )


@contextmanager
def _open_without_waiting(path: str) -> Iterator[int]:
    """For reading, also where a FIFO has no other end."""
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        yield file
    finally:
        os.close(file)
