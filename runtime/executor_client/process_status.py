"""What the kernel says of a process."""

from __future__ import annotations

import os
from pathlib import Path

_STATUS = 48  # fields behind the state


def process_status(pid: int) -> dict[str, str]:
    """The rows of ``/proc/PID/status`` (proc_pid_status(5)); none if the process is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def status_of_zombie(pid: int) -> int | None:
    """The status of wait(2) of a process that has ended and that nobody has waited for
    (proc_pid_stat(5)); None if it is none, or not ours to know."""
    try:
        if os.stat(f"/proc/{pid}").st_uid != os.geteuid():
            return None  # then the kernel says 0
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    state, *fields = text.rpartition(")")[2].split()  # the name before it may be anything
    return int(fields[_STATUS]) if state == "Z" and len(fields) > _STATUS else None


def is_traced(pid: int) -> bool:
    """Whether somebody traces the process, as debuggers do: then it may never go on."""
    return process_status(pid).get("TracerPid", "0") != "0"
