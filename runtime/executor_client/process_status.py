"""What the kernel says of a process."""

from __future__ import annotations

import os
from pathlib import Path

_STATUS = 49  # which of the fields of process_stat: exit_code


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
    except OSError:
        return None
    fields = process_stat(pid)
    return int(fields[_STATUS]) if fields[:1] == ["Z"] and len(fields) > _STATUS else None


def is_traced(pid: int) -> bool:
    """Whether somebody traces the process, as debuggers do: then it may never go on."""
    return process_status(pid).get("TracerPid", "0") != "0"


def process_stat(pid: int) -> list[str]:
    """The fields of ``/proc/PID/stat`` from the state on (proc_pid_stat(5)), which comes after a
    name that may have anything in it; none if the process is gone, or without /proc."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return []
