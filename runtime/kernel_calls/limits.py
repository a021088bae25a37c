"""Which limit it was: the system only says that there is one."""

from __future__ import annotations

import errno
import resource

# By error: the limits that it may come from, as resource(2) and as a shell's ulimit call them.
_LIMITS = {
    errno.EMFILE: ((resource.RLIMIT_NOFILE, "-n", "open files"),),
    errno.EFBIG: ((resource.RLIMIT_FSIZE, "-f", "the size of files"),),
    errno.ENOMEM: (
        (resource.RLIMIT_AS, "-v", "address space"),
        (resource.RLIMIT_DATA, "-d", "writable memory"),
    ),
    errno.EAGAIN: ((resource.RLIMIT_NPROC, "-u", "processes of this user"),),
}
_SHARE = 16  # one n-th of all descriptors
_BYTES = {
    resource.RLIMIT_AS,
    resource.RLIMIT_DATA,
    resource.RLIMIT_FSIZE,
    resource.RLIMIT_STACK,
}


def reason(error: Exception) -> str:
    """What an exception says. If it is the system's: without names of files, and with the limit
    that it may be about, where there is one."""
    if not isinstance(error, OSError):
        return str(error)
    text = error.strerror or str(error)
    hints = []
    for number, option, what in _LIMITS.get(error.errno or 0, ()):
        limit = soft_limit(number)
        if limit != resource.RLIM_INFINITY:
            hints.append(f"the limit of {what} is {shown_limit(number, limit)} (ulimit {option})")
    return f"{text}: {', '.join(hints)}" if hints else text


def affordable_files(most: int) -> int:
    """How many of up to ``most`` things that cost a descriptor or two this process can keep
    besides what it needs; at least one."""
    limit = soft_limit(resource.RLIMIT_NOFILE)
    return most if limit == resource.RLIM_INFINITY else max(1, min(most, limit // _SHARE))


def soft_limit(number: int) -> int:
    """The limit that is in force; without one, or where that may not be asked, RLIM_INFINITY."""
    try:
        return resource.getrlimit(number)[0]
    except OSError:
        return resource.RLIM_INFINITY


def shown_limit(number: int, limit: int) -> str:
    """A limit of resource(2), as people read it."""
    if number not in _BYTES:
        return str(limit)
    return f"{limit >> 20} MiB" if limit >= 1 << 20 else f"{limit >> 10} KiB"
