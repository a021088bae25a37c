"""What the kernel says of a process."""

from __future__ import annotations

from pathlib import Path


def process_status(pid: int) -> dict[str, str]:
    """The rows of ``/proc/PID/status`` (proc_pid_status(5)); none if the process is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def process_stat(pid: int) -> list[str]:
    """The fields of ``/proc/PID/stat`` from the state on (proc_pid_stat(5)), which comes after a
    name that may have anything in it; none if the process is gone, or without /proc."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return []
