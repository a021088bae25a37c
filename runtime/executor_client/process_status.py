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
