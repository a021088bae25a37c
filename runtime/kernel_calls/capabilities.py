"""What is asked of a kernel, and what it costs where that is not to be had."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from msgspec import Struct

from runtime.kernel_calls.memory_files import create_memfd

_NO_DESCRIPTOR = -1
_ALLOW = "allow it in the filter of the container (docker: --security-opt seccomp=FILE)"


class Capability(Struct, frozen=True):
    """``probe`` uses it, without any effect: raises OSError if it cannot be used. ``cost``: of
    its lack; ``remedy``: what to do about that."""

    name: str
    probe: Callable[[], None]
    cost: str
    remedy: str


@contextmanager
def _built_with() -> Iterator[None]:
    """A Python that is built without a call lacks it as a kernel does."""
    try:
        yield
    except AttributeError:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS)) from None


def _memfd_create() -> None:
    os.close(create_memfd("forkrepl-probe"))


def _pidfd_open() -> None:
    with _built_with():
        os.close(os.pidfd_open(os.getpid()))


def _pidfd_send_signal() -> None:
    try:
        with _built_with():
            signal.pidfd_send_signal(_NO_DESCRIPTOR, 0)
    except OSError as error:
        if error.errno != errno.EBADF:
            raise


class _Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]


def _copy(call: str) -> None:
    """From a byte of this process to another."""
    libc = ctypes.CDLL(None, use_errno=True)
    here, there = ctypes.create_string_buffer(1), ctypes.create_string_buffer(1)
    vectors = [_Iovec(ctypes.addressof(each), 1) for each in (here, there)]
    local, remote = (ctypes.byref(each) for each in vectors)
    if getattr(libc, call)(os.getpid(), local, 1, remote, 1, 0) != 1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _ptrace() -> None:
    """Of this process, which nobody traces: the kernel says ESRCH, a filter EPERM."""
    libc = ctypes.CDLL(None, use_errno=True)
    peek = 2  # PTRACE_PEEKDATA
    ctypes.set_errno(0)
    libc.ptrace(peek, os.getpid(), None, None)
    error = ctypes.get_errno()
    if error not in (0, errno.ESRCH):
        raise OSError(error, os.strerror(error))


def _proc() -> None:
    os.readlink("/proc/self/exe")
    os.listdir("/proc/self/fd")


CAPABILITIES = (
    Capability(
        "memfd_create(2)",
        _memfd_create,
        "code reaches the program through a socket, slower, and 'forkrepl link "
        "--memory=in-process' does not work",
        _ALLOW,
    ),
    Capability(
        "pidfd_open(2)",
        _pidfd_open,
        "processes are waited for by looking again and again, and known by their numbers",
        f"{_ALLOW}, or use Linux 5.3 or newer",
    ),
    Capability(
        "pidfd_send_signal(2)",
        _pidfd_send_signal,
        "processes are ended by their numbers",
        f"{_ALLOW}, or use Linux 5.1 or newer",
    ),
    Capability(
        "process_vm_readv(2)",
        lambda: _copy("process_vm_readv"),
        "values are read by the program itself, slower",
        f"{_ALLOW}, or give the container the capability SYS_PTRACE",
    ),
    Capability(
        "process_vm_writev(2)",
        lambda: _copy("process_vm_writev"),
        "memory is written through a pipe, slower",
        f"{_ALLOW}, or give the container the capability SYS_PTRACE",
    ),
    Capability(
        "ptrace(2)",
        _ptrace,
        "%debug, gdb and the search for leaks (--sanitize=leak, %leaks) do not work",
        f"{_ALLOW}, or give the container the capability SYS_PTRACE",
    ),
    Capability(
        "/proc",
        _proc,
        "memory limits of control groups, names of mappings in crash reports, threads and open "
        "pipes that a rollback loses, and %debug are not known",
        "mount it: mount -t proc proc /proc",
    ),
)


def why_not(name: str) -> str:
    """Why one of them cannot be used, and what to do about that; nothing if it can."""
    for capability in CAPABILITIES:
        if capability.name == name:
            try:
                capability.probe()
            except OSError as error:
                why = os.strerror(error.errno or errno.ENOSYS)
                return f"{name} cannot be used ({why}): {capability.remedy}"
    return ""
