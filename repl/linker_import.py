"""Importing the linker, which takes 100 ms: when there is time, and once it is needed."""

from __future__ import annotations

import os
import signal

_THREADS = "OPENBLAS_NUM_THREADS"


def import_linker() -> None:
    """Import ``runtime.execution_session`` and all that it needs."""
    # numpy's linear algebra would start a thread for each processor.
    ours = _THREADS not in os.environ
    if ours:
        os.environ[_THREADS] = "1"
    # An interrupt comes when it is over: inside, numpy would make an ImportError of it.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        import runtime.execution_session
        import runtime.link_inputs  # noqa: F401
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if ours:  # the user's program has the environment that the user gave it
            del os.environ[_THREADS]
