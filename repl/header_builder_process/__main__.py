"""Makes the precompiled headers that ``argv[1]`` asks for, see ``header_cache.builder``."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from repl.clang.header_cache.builder import BuildFailed, build
from repl.clang.header_cache.instances import ProgramText
from repl.clang.header_cache.storage import HeaderCache
from repl.errors import SetupError

_DELAY = 2.0  # s: what begins with the shell comes first
_LONGEST = 60  # s, after a shell that has ended
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    """Wait until the shell has begun, then make what is missing, one entry after another."""
    task = json.loads(sys.argv[1])
    if task["parent"]:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    _be_modest()
    if task["parent"]:
        if os.getppid() != task["parent"]:
            return  # it ended before we could ask to be told
        time.sleep(_DELAY)
    else:
        signal.alarm(_LONGEST)
    cache = HeaderCache(
        Path(task["folder"]),
        Path(task["program"]),
        task["flags"],
        for_programs=task["for_programs"],
    )
    program = None
    if task["instances_of"]:
        name, *flags = task["instances_of"]
        program = ProgramText(name, tuple(flags), sys.stdin.buffer.read())
    with suppress(BuildFailed, SetupError):  # next time, perhaps
        build(cache, task["wanted"], lambda _: None, program)


def _be_modest() -> None:
    os.nice(19)
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


if __name__ == "__main__":
    main()
