"""Files that no folder has: memfd_create(2), or what comes closest to it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator

# Of a kernel that has no such call, of a filter around this process, of vm.memfd_noexec.
REFUSED = frozenset({errno.ENOSYS, errno.EPERM, errno.EACCES, errno.EINVAL})

LEAST_SHARED = 16 << 20  # bytes: less is not worth the trouble

_NOEXEC_SEAL = 8  # MFD_NOEXEC_SEAL: all that vm.memfd_noexec=2 allows in Linux 6.3 to 6.5


def create_memory_file(name: str) -> int:
    """A descriptor of an empty file that nobody else can open, and that is gone with the last
    process that holds it. Without memfd_create(2) it is one of a temporary folder that has no
    name any more.

    Raises OSError.
    """
    return _create(name)[0]


def _create(name: str) -> tuple[int, bool]:
    """Its descriptor, and whether it is one of a folder."""
    try:
        return create_memfd(name), False
    except OSError as error:
        if error.errno not in REFUSED:
            raise
        return _temporary_file(error), True


def create_memfd(name: str) -> int:
    """A descriptor of memory, by memfd_create(2) and nothing else. Raises OSError."""
    try:
        try:
            return os.memfd_create(name, os.MFD_CLOEXEC)
        except PermissionError:
            return os.memfd_create(name, os.MFD_CLOEXEC | _NOEXEC_SEAL)
    except OSError as error:
        raise OSError(error.errno, f"memfd_create(2): {error.strerror}") from None
    except AttributeError:
        raise OSError(errno.ENOSYS, "memfd_create(2): this Python is built without it") from None


def create_shared_memory(name: str, size: int) -> int:
    """As ``create_memory_file``, with this many bytes, zeros, that are there when it is mapped:
    who touches a page for which a full disk has no room is ended by SIGBUS.

    Raises OSError, and OverflowError for what no address space holds.
    """
    descriptor, has_disk = _create(name)
    try:
        os.truncate(descriptor, size)
        if has_disk:
            os.posix_fallocate(descriptor, 0, size)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def can_share() -> bool:
    """Whether memory of ``LEAST_SHARED`` bytes can be shared with another process: there is
    memfd_create(2), and no limit of the sizes of files (``ulimit -f``) that is less."""
    try:
        descriptor = create_memfd("forkrepl-probe")
    except OSError as error:
        return error.errno not in REFUSED
    try:
        os.truncate(descriptor, LEAST_SHARED)
    except OSError as error:
        return error.errno != errno.EFBIG
    finally:
        os.close(descriptor)
    return True


def _temporary_file(refused: OSError) -> int:
    """Of the folder that has most room, without a name."""
    import tempfile  # takes time to import

    for folder in sorted(_folders(), key=_space, reverse=True):
        try:
            with tempfile.TemporaryFile(dir=folder) as file:
                return os.dup(file.fileno())
        except OSError:
            continue
    raise OSError(
        refused.errno,
        f"{refused.strerror}, and there is no folder for temporary files either (set TMPDIR)",
    )


def _space(folder: str) -> int:
    try:
        status = os.statvfs(folder)
    except OSError:
        return 0
    return status.f_bavail * status.f_frsize


def _folders() -> Iterator[str]:
    yield "/dev/shm"
    for variable in ("TMPDIR", "XDG_RUNTIME_DIR"):
        if folder := os.environ.get(variable):
            yield folder
    yield from ("/tmp", "/var/tmp")
