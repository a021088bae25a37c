"""C and C++ from Python: the public face of ``repl``.

``%load_ext forkrepl`` in IPython and in notebooks gives ``%%cpp`` cells.
"""

from __future__ import annotations

import threading
from typing import Any

from repl import Session

__all__ = ["Session", "default_session", "load_ipython_extension", "set_default_session"]

_lock = threading.Lock()
_default: Session | None = None


def default_session() -> Session:
    """The session that is used where none is named; it begins with the first use."""
    global _default
    with _lock:
        if _default is None:
            from repl.ipython.sessions import begin  # survives exit(), shows lines as they come

            _default = begin([])
        return _default


def set_default_session(session: Session) -> None:
    """Another one is used from now on; that before is not closed, others may use it."""
    global _default
    with _lock:
        _default = session


def load_ipython_extension(ipython: Any) -> None:
    """``%load_ext forkrepl``."""
    from repl.ipython import load

    load(ipython)


def unload_ipython_extension(ipython: Any) -> None:
    """``%unload_ext forkrepl``."""
    from repl.ipython import unload

    unload(ipython)
