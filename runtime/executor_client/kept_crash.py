"""A process that has crashed, kept as it was then: the controller's side of
``executor_process/kept_crash.c``.

One at a time, until ``drop``, or until this side of its socket is closed: it sees that.
"""

from __future__ import annotations

import array
import contextlib
import socket

from runtime.errors import ExecutorError
from runtime.executor_client.checkpoint import peer_credentials
from runtime.executor_client.process_handle import ProcessHandle
from runtime.executor_client.process_status import process_status
from runtime.executor_client.waiting import is_readable

_PATIENCE = 2.0  # s, for a word of a process that has just been forked
_KEPT = b"k"
_ANSWERS = b"d"
_FOR_DEBUGGER = b"d"
_GO_ON = b"g"


def open_channel() -> tuple[socket.socket, socket.socket]:
    """Our end of a socket on which the other says which process it is, and that one's."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    ours.settimeout(_PATIENCE)
    return ours, theirs


class Debuggee:
    """A copy of what is kept, for one debugger. A context manager: leaving it ends it.

    ``connection``: our end. Raises ExecutorError if it does not say who it is.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.pid = _hear(connection, _ANSWERS)
        try:
            self._process = ProcessHandle(self.pid)
        except ProcessLookupError as error:
            raise ExecutorError("the process that crashed is not there any more") from error

    def __enter__(self) -> Debuggee:
        return self

    def __exit__(self, *_: object) -> None:
        _end(self._process)
        self._connection.close()

    def go_on(self) -> None:
        """A debugger has attached: the signal comes again, where it came."""
        with contextlib.suppress(OSError):  # it has ended
            self._connection.send(_GO_ON)


class KeptCrashes:
    """Of an executor and of its checkpoints, which all have the other end. ``keeper``: the
    process that what is left of an executor becomes a child of."""

    def __init__(self, connection: socket.socket, keeper: int) -> None:
        self._connection = connection
        self._keeper = keeper
        self._kept: ProcessHandle | None = None

    def receive(self) -> bool:
        """The program has reported a crash: whether it has left something behind."""
        self._end_kept()
        try:
            self._kept = ProcessHandle(_hear(self._connection, _KEPT))
        except (ExecutorError, OSError):
            return False
        return True

    def enter(self, objects: int | None) -> Debuggee:
        """A copy of what is kept. ``objects``: a memfd, see ``debug_objects.shown_objects``.

        Raises ExecutorError.
        """
        ours, theirs = open_channel()
        try:
            with theirs:
                rights = [theirs.fileno(), *([] if objects is None else [objects])]
                ancillary = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", rights))
                self._connection.sendmsg([_FOR_DEBUGGER], [ancillary])
            return Debuggee(ours)
        except OSError as error:
            ours.close()
            raise ExecutorError("the process that crashed is not there any more") from error
        except BaseException:
            ours.close()
            raise

    def drop(self) -> None:
        """End what is kept, if something is; also what has been left behind by a crash that was
        not reported, or after nobody had waited for it any more."""
        self._end_kept()
        with contextlib.suppress(OSError):
            while is_readable(self._connection, 0):
                word, pid = peer_credentials(self._connection, len(_KEPT))
                if not word:  # all that have the other end are gone
                    break
                if word == _KEPT:
                    self._end_stray(pid)

    def _end_kept(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            _end(kept)

    def _end_stray(self, pid: int) -> None:
        """It may be gone by now, and its number somebody else's."""
        with contextlib.suppress(OSError), ProcessHandle(pid) as stray:
            if process_status(pid).get("PPid") == str(self._keeper):
                stray.kill()

    def close(self) -> None:
        """End what is kept, and keep nothing more."""
        self.drop()
        self._connection.close()


def _hear(connection: socket.socket, expected: bytes) -> int:
    """The number of the process that says this word. Raises ExecutorError."""
    try:
        word, pid = peer_credentials(connection, len(expected))
    except TimeoutError:
        raise ExecutorError("the process that crashed does not answer") from None
    except OSError as error:
        raise ExecutorError("the process that crashed is not there any more") from error
    if word != expected or pid <= 1:
        raise ExecutorError("the process that crashed could not be kept")
    return pid


def _end(process: ProcessHandle) -> None:
    process.kill()
    process.close()
