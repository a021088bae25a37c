"""Importing the linker, which takes 100 ms: when there is time, and once it is needed."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress

from repl.display.readers import all_readers

_THREADS = "OPENBLAS_NUM_THREADS"
_PAUSE = 0.3  # s: the line editor comes first

_importing = threading.Lock()
_wanted = threading.Event()
_done = threading.Event()


def import_linker() -> None:
    """Import what ``repl.program.program`` needs to link, unless that is done."""
    if _done.is_set():
        return
    _wanted.set()
    with _importing:
        _import_all()


def import_linker_behind() -> None:
    """The same, while the user has not typed anything yet. Returns at once."""
    with suppress(RuntimeError):  # no room for a thread: the first input imports it
        threading.Thread(target=_import_when_idle, name="import", daemon=True).start()


def _import_when_idle() -> None:
    if not _wanted.wait(_PAUSE):
        with _importing, suppress(Exception):  # the first input tries again, and tells
            _import_all()
            all_readers()  # which sooner or later a value wants


def _import_all() -> None:
    # numpy's linear algebra would start a thread for each processor.
    ours = _THREADS not in os.environ
    if ours:
        os.environ[_THREADS] = "1"
    # An interrupt comes when it is over: inside, numpy would make an ImportError of it.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        import numpy  # noqa: F401

        import platform_support.platform  # noqa: F401
        import runtime.debugging.developer_tools
        import runtime.memory.memfd_mapper
        import runtime.memory.stream_mapper
        import runtime.units.execution_session  # noqa: F401

        _done.set()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if ours:  # the user's program has the environment that the user gave it
            del os.environ[_THREADS]
