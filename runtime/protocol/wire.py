"""What controller and executor say to each other: the controller's half.

The executor's half is ``wire.h`` beside it, which says what each operation
carries; a test holds the two together. Little endian, no padding.
"""

from __future__ import annotations

import enum
import errno
import signal
import struct
from collections.abc import Callable, Iterator

from msgspec import Struct

from runtime.addresses import ExecutorAddress
from runtime.errors import ExecutorError, ExecutorOutOfMemory, describe_error, told
from runtime.protocol.frames import Frame, Records

VERSION = 11
MAX_PAYLOAD = 64 << 20

HEAD = struct.Struct("<IHH")  # payload size, operation, error
HELLO = struct.Struct("<IIQQ")  # struct wire_hello
RESERVATION = struct.Struct("<QQQ")  # size, low, Sharing
RANGE = struct.Struct("<QQQ")  # address, size, protection
UNIT = struct.Struct("<QQQQQQQQqQ")  # struct wire_unit
MOVE = struct.Struct("<QQQ")  # struct wire_move
THREAD_LOCAL = struct.Struct("<Qq")  # module, offset
DESCRIPTION = struct.Struct("<QQQ")  # address, size, whether it is a variable
THREAD_AREA = struct.Struct("<qQQ")  # struct wire_thread_area
WORD = struct.Struct("<Q")
STATUS = struct.Struct("<i")  # of SHUTDOWN, EXITING and ENDED
CHECKPOINT = struct.Struct("<II")  # struct wire_checkpoint
KEEPER_REPORT = struct.Struct("<Ii")  # process number, status of wait(2)
OUTCOME = struct.Struct("<IiQII")  # struct wire_outcome
EXCEPTION = struct.Struct("<IIII")  # struct wire_exception
MOST_THROW_FRAMES = 32
MOST_CAUSES = 3
_MOST_OF_EXCEPTION = 16 << 10  # bytes of text
VALUE = struct.Struct("<QQQII")  # struct wire_value
PRINTED = struct.Struct("<Ii")  # struct wire_printed
ELEMENT = struct.Struct("<QQ")  # struct wire_element
MAX_VALUE = 4096
_MOST_PRINTED = 64 << 10  # bytes that a printer may write
PATCH = struct.Struct("<QQ16s")  # struct wire_patch
CALL = struct.Struct("<QQQQ")  # number, address of the words, function, argument
CALL_BACK = struct.Struct("<IIQQ")  # struct wire_call_back
CALLS = struct.Struct("<QQQ40sQQQQQ")  # struct wire_calls


class Operation(enum.IntEnum):
    """``enum wire_operation`` of ``wire.h`` beside it."""

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
    VALUE = 27
    RESUME = 28
    NAME = 29
    PRINT = 32
    ELEMENT = 33
    DEBUG_OBJECT = 30
    PERF_MAP = 31
    RUN_PROGRAM = 34
    INTERPOSE = 35
    TOGETHER = 36
    PATCH = 37
    SHOW_OBJECTS = 38
    CALL = 39
    REDIRECT = 48


class Sharing(enum.IntEnum):
    """Whether a memfd comes along with RESERVE (``enum wire_sharing``)."""

    ANONYMOUS = 0
    PRIVATE = 1
    """What the executor writes, it alone sees; a checkpoint has it as it was."""
    SHARED = 2


class Keep(enum.IntEnum):
    """How long a value stays (``enum forkrepl_keep``)."""

    NOT_KEPT = 0
    OBJECT = 1
    """It is an object of the program's."""
    BYTES = 2
    """A copy of its bytes, until the next such value."""
    HELD = 3
    """The object itself, until the next such value."""
    NUMBERED_BYTES = 4
    """A copy of its bytes, until there are many newer ones."""
    NUMBERED_HELD = 5
    """The object itself, until there are some newer ones."""


class Value(Struct, frozen=True):
    """The value of an expression, an object of ``size`` bytes.

    ``address``: where it is while the program waits; ``kept``: where it is afterwards,
    if ``keep`` says so; ``data``: its first bytes, as far as they can be read, at most
    ``MAX_VALUE``.
    """

    address: int
    size: int
    kept: int
    keep: Keep
    data: bytes


class CallEvent(enum.IntEnum):
    """What has come of a request for a call (``enum wire_event``)."""

    RETURNED = 0
    HAS_MORE = 1
    CALLS_BACK = 2


class CallBack(Struct, frozen=True):
    """A call waits until function ``number`` of the controller's has run, whose arguments are at
    ``offset`` in the memory of calls."""

    number: int
    offset: int


class Ending(enum.IntEnum):
    """How a printer ended (``enum wire_ending``)."""

    PRINTED = 0
    THREW = 1
    CRASHED = 2
    TOO_SLOW = 3
    ENDED = 4
    TOO_MUCH = 5
    INTERRUPTED = 6


class Printed(Struct, frozen=True):
    """What a printer of the user's has made of an object. ``text``: of an exception, what
    it is; ``signal``: of a crash."""

    ending: Ending
    signal: int
    text: str


LookAtValue = Callable[[Value], None]
"""What is to be done with the value of an expression while the program waits."""

LookAtElement = Callable[[ExecutorAddress, str | None], bool]
"""What is to be done with an element of a range, and the text that its own printer has made
of it, if it has one; whether more are wanted."""


class ExceptionClass(enum.IntEnum):
    """Of the C++ library's, from which an exception is derived (``enum
    forkrepl_exception``)."""

    OTHER = 0
    STD_EXCEPTION = 1
    OUT_OF_RANGE = 2
    BAD_ALLOC = 3
    BAD_VALUE = 4
    """invalid_argument, domain_error, length_error, range_error"""
    OVERFLOW_ERROR = 5
    SYSTEM_ERROR = 6


class ThrownException(Struct, frozen=True):
    """``type``, and what it says of itself. ``frames``: the calls that led to its throw,
    innermost first, none if that is not known; ``is_complete``: there were no more."""

    type: str
    what: str
    frames: tuple[Frame, ...] = ()
    is_complete: bool = True


class Outcome(Struct, frozen=True):
    """How a run in the executor ended, when it ended by itself.

    ``status``: what main returned. ``exceptions``: none if there was none; otherwise that, and
    the one that it holds (``std::nested_exception``), and so on. ``restored_signals``: a unit
    went with the handlers of these signals, which have their default action again.
    """

    status: int
    exceptions: tuple[ThrownException, ...] = ()
    restored_signals: tuple[int, ...] = ()
    exception_class: ExceptionClass = ExceptionClass.OTHER

    @property
    def exception_type(self) -> str | None:
        """Of the exception; None if there was none."""
        return self.exceptions[0].type if self.exceptions else None


def frame(operation: Operation, payload: bytes) -> bytes:
    """A request with its head."""
    return HEAD.pack(len(payload), operation, 0) + payload


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
    kind, status, restored, count, _ = OUTCOME.unpack_from(payload)
    threw = kind == 1
    if kind not in (0, 1) or count > 1 + MOST_CAUSES or threw != (count > 0):
        raise ExecutorError("malformed outcome from the executor: of no known kind")
    if threw and status not in iter(ExceptionClass):
        raise ExecutorError("malformed outcome from the executor: an exception of no known class")
    try:
        exceptions = _unpack_exceptions(Records(payload, OUTCOME.size), count)
    except (ValueError, struct.error):
        raise ExecutorError(
            "malformed outcome from the executor: its lengths do not add up"
        ) from None
    return Outcome(
        status=0 if threw else status,
        exceptions=exceptions,
        restored_signals=signals_in(restored),
        exception_class=ExceptionClass(status if threw else 0),
    )


def _unpack_exceptions(records: Records, count: int) -> tuple[ThrownException, ...]:
    """All that is left of the records. Raises ValueError or struct.error."""
    exceptions = []
    for _ in range(count):
        type_length, what_length, frame_count, is_complete = records.take(EXCEPTION)
        if frame_count > MOST_THROW_FRAMES:
            raise ValueError("too many frames")
        if type_length + what_length > _MOST_OF_EXCEPTION:
            raise ValueError("too much text")
        name = records.text(type_length).decode("utf-8", "replace")
        what = records.text(what_length).decode("utf-8", "replace")
        frames = tuple(records.frames(frame_count))
        exceptions.append(ThrownException(name, what, frames, bool(is_complete)))
    if not records.is_at_end:
        raise ValueError("more bytes than told")
    return tuple(exceptions)


def unpack_event(payload: bytes) -> Outcome | CallBack:
    """Decode what CALL is answered by. Raises ExecutorError if it is malformed."""
    if len(payload) == CALL_BACK.size:
        kind, _, number, offset = CALL_BACK.unpack(payload)
        if kind == CallEvent.CALLS_BACK:
            return CallBack(number, offset)
    return unpack_outcome(payload)


def unpack_value(payload: bytes) -> Value:
    """Decode ``struct wire_value``. Raises ExecutorError if it is malformed."""
    if len(payload) < VALUE.size:
        raise ExecutorError(f"malformed value from the executor: {len(payload)} bytes")
    address, size, kept, keep, length = VALUE.unpack_from(payload)
    if length != len(payload) - VALUE.size or length > min(size, MAX_VALUE):
        raise ExecutorError("malformed value from the executor: its lengths do not add up")
    if keep not in iter(Keep):
        raise ExecutorError("malformed value from the executor: it is kept in no known way")
    return Value(address, size, kept, Keep(keep), payload[VALUE.size :])


def unpack_element(payload: bytes) -> tuple[ExecutorAddress, str | None]:
    """An element of a range, and its text. Raises ExecutorError."""
    if len(payload) < ELEMENT.size:
        raise ExecutorError("malformed element of a range")
    if len(payload) > ELEMENT.size + _MOST_PRINTED:
        raise ExecutorError("an element of a range with more text than a printer may write")
    address, has_text = ELEMENT.unpack_from(payload)
    text = payload[ELEMENT.size :].decode("utf-8", "replace") if has_text else None
    return ExecutorAddress(address), text


def unpack_printed(payload: bytes) -> Printed:
    """Decode ``struct wire_printed`` and the text. Raises ExecutorError if malformed."""
    if len(payload) < PRINTED.size:
        raise ExecutorError(f"malformed text of a printer: {len(payload)} bytes")
    ending, number = PRINTED.unpack_from(payload)
    if ending not in iter(Ending):
        raise ExecutorError("malformed text of a printer: it ended in no known way")
    if len(payload) > PRINTED.size + _MOST_PRINTED:
        raise ExecutorError("malformed text of a printer: more than it may write")
    return Printed(Ending(ending), number, payload[PRINTED.size :].decode("utf-8", "replace"))


def unpack_refusal(operation: Operation, error: int, payload: bytes) -> ExecutorError:
    """What to raise for an answer that is an error: the executor's words, or else errno's."""
    text = told(payload.rstrip(b"\0").decode("utf-8", "replace"))
    text = text or f"{operation.name.lower()}: {describe_error(error)}"
    if error == errno.ENOMEM:
        return ExecutorOutOfMemory(f"the program has no memory left ({text})")
    return ExecutorError(text)


def describe_frame(operation: int, error: int, descriptor: int | None = None) -> bytes:
    """What a frame's head says, for people to read."""
    is_known = operation in Operation.__members__.values()
    name = Operation(operation).name if is_known else f"operation {operation}"
    name += f" failed: {describe_error(error)}" if error else ""
    return (name if descriptor is None else f"{name} with a descriptor").encode()


def describe_request(frame: bytes, descriptor: int | None) -> Iterator[tuple[bytes, bytes]]:
    """What a request says, for people to read, and its payload; those of TOGETHER one by one."""
    _, operation, _ = HEAD.unpack_from(frame)
    payload = frame[HEAD.size :]
    if operation != Operation.TOGETHER:
        yield describe_frame(operation, 0, descriptor), payload
        return
    while payload:
        size, _, _ = HEAD.unpack_from(payload)
        first, payload = payload[: HEAD.size + size], payload[HEAD.size + size :]
        for message, inner in describe_request(first, None if payload else descriptor):
            yield message + (b", and with it" if payload else b""), inner


def signals_in(bits: int) -> tuple[int, ...]:
    """The numbers of signals in a set of 64 bits, the lowest of which is signal 1."""
    return tuple(number for number in range(1, 65) if bits >> (number - 1) & 1)
