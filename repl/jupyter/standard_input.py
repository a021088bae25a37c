"""Asking the user for a line, by the frontend."""

from __future__ import annotations

import threading
from typing import Any

from jupyter_client.session import Session

_TICK = 50  # ms
_ENDS = ("\x04", "^D")
"""What is typed to end the input: Ctrl-D, for which browsers have no key."""


def ask_frontend(
    session: Session | None,
    socket: Any,
    request: tuple[dict[str, Any], Any],
    is_hidden: bool,
    is_over: threading.Event,
) -> str | None:
    """The line that the user types, None at the end of the input; None also if ``is_over``.

    ``request``: that of the cell, and who has sent it.
    """
    assert session is not None
    parent, ident = request
    while socket.poll(0):  # answers to what nobody wants to know any more
        socket.recv_multipart()
    content = {"prompt": "", "password": is_hidden}
    session.send(socket, "input_request", content, parent, ident=ident)
    while not is_over.is_set():
        if not socket.poll(_TICK):
            continue
        _, reply = session.recv(socket)
        if reply is not None:
            value = str(reply["content"].get("value", ""))
            return None if value in _ENDS else value
    return None
