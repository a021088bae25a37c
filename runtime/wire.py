"""What controller and executor say to each other: the controller's half.

The executor's half is ``executor/wire.h``, which says what each operation
carries; a test holds the two together. Little endian, no padding.
"""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass

from runtime.errors import ExecutorError

VERSION = 1
MAX_PAYLOAD = 64 << 20

HEAD = struct.Struct("<IHH")  # payload size, operation, error
HELLO = struct.Struct("<IIQ")  # version, pid, page size
RANGE = struct.Struct("<QQQ")  # address, size, protection
UNIT = struct.Struct("<QQQQ")  # dso handle, text start, text size, eh_frame
WORD = struct.Struct("<Q")
STATUS = struct.Struct("<i")
OUTCOME = struct.Struct("<IiQQQd16sQII")


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


@dataclass(frozen=True, slots=True)
class Value:
    """The value of an expression, as the ABI passed it (``struct forkrepl_value``).

    Which field holds it depends on the type, which only the frontend can name:
    ``integer`` for integers, pointers and the address of an object that outlives
    the snippet; ``floating`` for what arrives in an SSE register; ``extended``
    for an x87 ``long double`` (16 bytes); ``storage`` is the address of a copy.
    """

    type: int
    integer: int
    floating: float
    extended: bytes
    storage: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run in the executor ended, when it ended by itself."""

    status: int
    value: Value | None
    exception_type: str | None
    exception_what: str


def pack_strings(strings: list[str]) -> bytes:
    """NUL-terminated strings, one after another. Raises ValueError on a NUL inside."""
    encoded = [text.encode("utf-8", "surrogateescape") for text in strings]
    if any(b"\0" in text for text in encoded):
        raise ValueError("a string with a NUL byte cannot be passed to a C program")
    return b"".join(text + b"\0" for text in encoded)


def unpack_outcome(payload: bytes) -> Outcome:
    """Decode ``struct wire_outcome``. Raises ExecutorError if it is malformed."""
    if len(payload) < OUTCOME.size:
        raise ExecutorError(f"malformed outcome from the executor: {len(payload)} bytes")
    (
        kind,
        status,
        present,
        type_,
        integer,
        floating,
        extended,
        storage,
        type_length,
        what_length,
    ) = OUTCOME.unpack_from(payload)
    text = payload[OUTCOME.size :]
    if kind not in (0, 1) or type_length + what_length != len(text):
        raise ExecutorError("malformed outcome from the executor: its lengths do not add up")
    value = Value(type_, integer, floating, extended, storage) if present else None
    exception_type = text[:type_length].decode("utf-8", "replace") if kind == 1 else None
    return Outcome(status, value, exception_type, text[type_length:].decode("utf-8", "replace"))
