"""How much memory the user's program may have, so that an endless allocation is refused
instead of the machine's memory being used up."""

from __future__ import annotations

import contextlib
import os
import resource
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from runtime.executor_client.process_status import process_status

_CGROUPS = Path("/sys/fs/cgroup")
_OOM_SCORE = 500  # of -1000 to 1000: as if half of all memory more were in use


def limit_memory(pid: int, size: int | None, *, is_besides: bool = False) -> None:
    """Give a process, and what it forks, ``size`` bytes of writable private memory;
    ``is_besides``: besides what it has now.

    Then mmap(2) and mprotect(2) fail with ENOMEM. What is reserved but not writable does
    not count, nor does the main thread's stack (RLIMIT_DATA in getrlimit(2)). A lower
    limit stays. With or without a limit the kernel is told to end this process before
    others when memory runs out. Does nothing if the process is gone, or limits may not be set.
    """
    with contextlib.suppress(OSError):
        if size is not None:
            size += _private_memory(pid) if is_besides else 0
            soft, hard = resource.prlimit(pid, resource.RLIMIT_DATA)
            limits = [limit for limit in (size, soft, hard) if limit != resource.RLIM_INFINITY]
            resource.prlimit(pid, resource.RLIMIT_DATA, (min(limits), hard))
    with contextlib.suppress(OSError):
        score = Path(f"/proc/{pid}/oom_score_adj")
        if int(score.read_text()) < _OOM_SCORE:
            score.write_text(str(_OOM_SCORE))


def _private_memory(pid: int) -> int:
    """What RLIMIT_DATA counts. Raises ProcessLookupError."""
    size = process_status(pid).get("VmData")
    if size is None:  # it is gone, or a zombie
        raise ProcessLookupError
    return int(size.split()[0]) << 10


def machine_memory() -> int:
    """Bytes of memory that this process can use: the machine's, or its control groups'
    limit if that is less."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min([machine, *_group_limits(Path("/proc/self/cgroup"), _CGROUPS)])


def _group_limits(groups: Path, root: Path) -> Iterator[int]:
    """The limits of the groups in a file as /proc/PID/cgroup (cgroups(7)), and of those
    around them. In a container the names may be those outside of it: then the limit
    is found at the root."""
    try:
        lines = groups.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, name = line.split(":", 2)
        if not controllers:
            yield from _limits_along(root, name, "memory.max")
        elif "memory" in controllers.split(","):
            yield from _limits_along(root / "memory", name, "memory.limit_in_bytes")


def _limits_along(root: Path, name: str, file: str) -> Iterator[int]:
    inner = PurePosixPath(name.lstrip("/"))
    for group in (inner, *inner.parents):
        with contextlib.suppress(OSError, ValueError):  # no such group here, or "max"
            yield int((root / group / file).read_text())
