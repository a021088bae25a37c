"""Waiting for descriptors."""

from __future__ import annotations

import errno
import os
import select
import socket
from collections.abc import Iterable


def is_readable(descriptor: int | socket.socket, timeout: float) -> bool:
    """Whether there is something to read, or the end, within ``timeout`` s.

    Raises OSError if the socket is closed.
    """
    return is_ready([(descriptor, select.POLLIN)], timeout)


def is_ready(wanted: Iterable[tuple[int | socket.socket, int]], timeout: float) -> bool:
    """Whether one of the events of poll(2) comes within ``timeout`` s.

    ``wanted``: descriptors, each with its events. Raises OSError if a socket is closed.
    """
    poll = select.poll()
    for descriptor, events in wanted:
        number = descriptor if isinstance(descriptor, int) else descriptor.fileno()
        if number < 0:  # register would raise ValueError
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        poll.register(number, events)
    return bool(poll.poll(timeout * 1000))
