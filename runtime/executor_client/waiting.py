"""Waiting for descriptors."""

from __future__ import annotations

import select
import socket


def is_readable(descriptor: int | socket.socket, timeout: float) -> bool:
    """Whether there is something to read, or the end, within ``timeout`` s."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(timeout * 1000))
