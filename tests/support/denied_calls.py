"""A launcher that takes system calls away, as the seccomp filters of containers do and as old
kernels, which never had them: ``python -m tests.support.denied_calls ENOSYS CALL... -- COMMAND``.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Sequence

# Numbers of x86-64: /usr/include/x86_64-linux-gnu/asm/unistd_64.h
NUMBERS = {
    "ptrace": 101,
    "process_vm_readv": 310,
    "process_vm_writev": 311,
    "memfd_create": 319,
    "userfaultfd": 323,
    "pidfd_send_signal": 424,
    "pidfd_open": 434,
}

_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 22, 38  # linux/prctl.h
_MODE_FILTER = 2  # linux/seccomp.h
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000
_LOAD_WORD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06  # linux/bpf_common.h
_INSTRUCTION = struct.Struct("HBBI")


def command(error: str, calls: Sequence[str]) -> list[str]:
    """What to put before a command, so that these calls fail in it with this error."""
    return [sys.executable, __file__, error, *calls, "--"]


def _deny(calls: Sequence[str], error: int) -> None:
    """Install a filter, which this process and all that it starts keep."""
    program = _INSTRUCTION.pack(_LOAD_WORD, 0, 0, 0)  # the number of the call
    for call in calls:
        program += _INSTRUCTION.pack(_JUMP_IF_EQUAL, 0, 1, NUMBERS[call])
        program += _INSTRUCTION.pack(_RETURN, 0, 0, _FAIL | error)
    program += _INSTRUCTION.pack(_RETURN, 0, 0, _ALLOW)
    text = ctypes.create_string_buffer(program)
    length = len(program) // _INSTRUCTION.size
    described = ctypes.create_string_buffer(struct.pack("HP", length, ctypes.addressof(text)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(
        _PR_SET_SECCOMP, _MODE_FILTER, described, 0, 0
    ):
        raise OSError(ctypes.get_errno(), "cannot install a seccomp filter")


def main(arguments: Sequence[str]) -> None:
    """Become the command, without the calls."""
    end = arguments.index("--")
    _deny(arguments[1:end], int(getattr(errno, arguments[0])))
    os.execvp(arguments[end + 1], list(arguments[end + 1 :]))


if __name__ == "__main__":
    main(sys.argv[1:])
