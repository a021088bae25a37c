"""What controller and executor say to each other: the controller's half.

The executor's half is ``executor/wire.h``, which says what each operation
carries; a test holds the two together. Little endian, no padding.
"""

from __future__ import annotations

import enum
import signal
import struct
from dataclasses import dataclass

from runtime.errors import ExecutorError

VERSION = 4
MAX_PAYLOAD = 64 << 20

HEAD = struct.Struct("<IHH")  # payload size, operation, error
HELLO = struct.Struct("<IIQ")  # version, pid, page size
RESERVATION = struct.Struct("<QQQ")  # size, low, whether a memfd comes along
RANGE = struct.Struct("<QQQ")  # address, size, protection
UNIT = struct.Struct("<QQQQQQQQqQ")  # struct wire_unit
MOVE = struct.Struct("<QQQ")  # struct wire_move
THREAD_LOCAL = struct.Struct("<Qq")  # module, offset
DESCRIPTION = struct.Struct("<QQQ")  # address, size, whether it is a variable
THREAD_AREA = struct.Struct("<qQQ")  # offset from the thread pointer, size, align
WORD = struct.Struct("<Q")
STATUS = struct.Struct("<i")  # of SHUTDOWN, EXITING and ENDED
CHECKPOINT = struct.Struct("<II")  # struct wire_checkpoint
KEEPER_REPORT = struct.Struct("<Ii")  # process number, status of wait(2)
OUTCOME = struct.Struct("<IiQQQQQIIII")
MAX_VALUE = 4096


class Operation(enum.IntEnum):
    """``enum wire_operation`` of ``executor/wire.h``."""

    HELLO = 1
    RESERVE = 2
    RELEASE = 3
    PROTECT = 4
    LOOKUP = 5
    LOAD_LIBRARY = 6
    REGISTER = 7
    RUN = 8
    RUN_MAIN = 9
    CLOSE = 10
    READ = 11
    SHUTDOWN = 12
    SET_ARGUMENTS = 13
    EXITING = 14
    CHOOSE = 15
    LOOKUP_THREAD_LOCAL = 16
    WRITE = 17
    THREAD_AREA = 18
    DESCRIBE = 19
    ENDED = 20
    OPEN_EXPORTS = 21
    CLOSE_EXPORTS = 22
    CHECKPOINT = 23
    TAKE_OVER = 24
    CRASHED = 25
    CRASH_DETAILS = 26
    DEBUG_OBJECT = 30
    PERF_MAP = 31


@dataclass(frozen=True, slots=True)
class Value:
    """The value of an expression (``struct forkrepl_value``).

    ``address``: where the object was, and still is if it outlives the snippet;
    ``storage``: where a copy of its bytes is kept, ``size`` of them (a very large
    object's are cut); ``data``: the first of these, at most ``MAX_VALUE``.
    """

    address: int
    storage: int
    size: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run in the executor ended, when it ended by itself.

    ``restored_signals``: a unit went with the handlers of these signals, which have
    their default action again.
    """

    status: int
    value: Value | None
    exception_type: str | None
    exception_what: str
    restored_signals: tuple[int, ...] = ()


def pack_strings(strings: list[str]) -> bytes:
    """NUL-terminated strings, one after another. Raises ValueError on a NUL inside."""
    encoded = [text.encode("utf-8", "surrogateescape") for text in strings]
    if any(b"\0" in text for text in encoded):
        raise ValueError("a string with a NUL byte cannot be passed to a C program")
    return b"".join(text + b"\0" for text in encoded)


def pack_wait_status(exit_code: int) -> int:
    """The status of wait(2) of a process's exit status, or of its signal's number,
    negative."""
    return -exit_code if exit_code < 0 else exit_code << 8


def unpack_wait_status(status: int) -> int | None:
    """Undo ``pack_wait_status``; None if no process can end so."""
    if 0 < status <= signal.NSIG - 1:
        return -status
    return status >> 8 if status & ~0xFF00 == 0 else None


def unpack_outcome(payload: bytes) -> Outcome:
    """Decode ``struct wire_outcome``. Raises ExecutorError if it is malformed."""
    if len(payload) < OUTCOME.size:
        raise ExecutorError(f"malformed outcome from the executor: {len(payload)} bytes")
    kind, status, *captured, restored, type_length, what_length, value_length, _ = (
        OUTCOME.unpack_from(payload)
    )
    present, address, storage, size = captured
    lengths = (type_length, what_length, value_length)
    if kind not in (0, 1) or sum(lengths) != len(payload) - OUTCOME.size:
        raise ExecutorError("malformed outcome from the executor: its lengths do not add up")
    if value_length > min(size, MAX_VALUE):
        raise ExecutorError("malformed outcome from the executor: too much of a value")
    type_end = OUTCOME.size + type_length
    what_end = type_end + what_length
    exception_type = payload[OUTCOME.size : type_end].decode("utf-8", "replace")
    return Outcome(
        status=status,
        value=Value(address, storage, size, payload[what_end:]) if present else None,
        exception_type=exception_type if kind == 1 else None,
        exception_what=payload[type_end:what_end].decode("utf-8", "replace"),
        restored_signals=signals_in(restored),
    )


def signals_in(bits: int) -> tuple[int, ...]:
    """The numbers of signals in a set of 64 bits, the lowest of which is signal 1."""
    return tuple(number for number in range(1, 65) if bits >> (number - 1) & 1)
