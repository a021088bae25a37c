"""What the executor tells of a crash before it ends: decoded, and not believed.

The process that tells it has just broken. A report that makes no sense is none.
"""

from __future__ import annotations

import signal
import struct
import time
from collections.abc import Callable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from runtime.addresses import Protection
from runtime.errors import ExecutorError
from runtime.protocol.frames import Frame, Records
from runtime.protocol.wire import HEAD, MOST_THROW_FRAMES, Operation

CRASH = struct.Struct("<IiQQQQIIII")  # struct wire_crash
DETAILS = struct.Struct("<QQIIIIII")  # struct wire_crash_details
MAPPING = struct.Struct("<QQII")  # struct wire_crash_mapping

_MOST_DETAILS = 64 << 10  # bytes
_MOST_FRAMES = 48
_ACCESS_WRITE, _ACCESS_FETCH = 0x2, 0x10  # of a page fault's error code


class Mapping(Struct, frozen=True):
    """A line of ``/proc/PID/maps``."""

    start: int
    end: int
    protection: Protection
    name: str


class CrashReport(Struct, frozen=True):
    """A fatal signal, as the process saw it.

    ``code``: ``si_code``; ``address``: what the faulting instruction accessed;
    ``access``: the error code of a page fault, or the number of the system call;
    ``sender``: the process that sent the signal, 0 if it was a fault.

    The rest is empty, but for a frame, if the process could not say it
    (``is_detailed`` is false then). ``frames``: innermost first;
    after ``newest_count`` of them ``left_out`` others are left out (``is_complete``:
    no more than these). ``thrown``: of an abort in the midst of an exception, the calls that
    led to its throw; ``assertion``: if one of the C++ library's called it, in lines, condition,
    function, file, line, and perhaps the two numbers that it has compared.
    ``mappings``: those around the address; ``instruction``: the first bytes at the pc.
    """

    signal: int
    code: int
    address: int
    access: int
    pc: int
    sp: int
    process: int
    thread: int
    sender: int
    frames: tuple[Frame, ...] = ()
    thrown: tuple[Frame, ...] = ()
    assertion: str = ""
    newest_count: int = 0
    left_out: int = 0
    is_complete: bool = True
    mappings: tuple[Mapping, ...] = ()
    instruction: bytes = b""
    is_detailed: bool = False

    @property
    def is_write(self) -> bool:
        """Whether the page fault was a write."""
        return bool(self.access & _ACCESS_WRITE)

    @property
    def is_fetch(self) -> bool:
        """Whether the page fault was for an instruction."""
        return bool(self.access & _ACCESS_FETCH)

    def mapping_at_address(self) -> Mapping | None:
        """The mapping that holds the faulting address."""
        return next((m for m in self.mappings if m.start <= self.address < m.end), None)

    def mapping_above(self) -> Mapping | None:
        """The first one above the address."""
        return next((m for m in self.mappings if m.start > self.address), None)


def read_report(
    crashed: bytes, receive: Callable[[float], bytes], patience: float
) -> CrashReport | None:
    """The report that begins with the payload of CRASHED; None if that is malformed.

    ``receive(seconds)``: more of the stream, nothing at its end or when time is up.
    Waits at most ``patience`` s for the details.
    """
    if len(crashed) != CRASH.size:
        return None
    payload = _receive_details(receive, time.monotonic() + patience)
    try:
        return unpack_report(crashed, payload)
    except ExecutorError:
        return None


def _receive_details(receive: Callable[[float], bytes], deadline: float) -> bytes:
    """The payload of CRASH_DETAILS; empty if that does not come."""
    received = bytearray()
    missing = HEAD.size
    while missing > 0:
        left = deadline - time.monotonic()
        piece = receive(left) if left > 0 else b""
        if not piece:
            return b""
        received += piece
        if len(received) >= HEAD.size:
            size, operation, _ = HEAD.unpack_from(received)
            if operation != Operation.CRASH_DETAILS or size > _MOST_DETAILS:
                return b""
            missing = HEAD.size + size - len(received)
        else:
            missing = HEAD.size - len(received)
    size, *_ = HEAD.unpack_from(received)
    return bytes(received[HEAD.size : HEAD.size + size])


def unpack_report(crashed: bytes, details: bytes) -> CrashReport:
    """Decode the payloads of CRASHED and CRASH_DETAILS, which may be empty.

    Raises ExecutorError if the first one is malformed; the second then counts as
    empty.
    """
    if len(crashed) != CRASH.size:
        raise ExecutorError(f"malformed crash from the executor: {len(crashed)} bytes")
    number, code, address, access, pc, sp, process, thread, sender, _ = CRASH.unpack(crashed)
    if number not in signal.valid_signals():
        raise ExecutorError(f"malformed crash from the executor: signal {number}")
    report = CrashReport(
        signal=number,
        code=code,
        address=address,
        access=access,
        pc=pc,
        sp=sp,
        process=process,
        thread=thread,
        sender=sender,
        frames=(Frame(pc),),
    )
    try:
        return _with_details(report, details)
    except (ValueError, struct.error):
        return report


def _with_details(report: CrashReport, payload: bytes) -> CrashReport:
    """Raises ValueError or struct.error."""
    records = Records(payload, 0)
    details = records.take(DETAILS)
    walked, instruction, is_complete, newest_count, mapping_count, frame_count = details[:6]
    throw_count, assertion_length = details[6:]
    if mapping_count > 3 or frame_count > min(_MOST_FRAMES, walked):
        raise ValueError("too many records")
    if throw_count > MOST_THROW_FRAMES:
        raise ValueError("too many frames of a throw")
    mappings = tuple(_mappings(records, mapping_count))
    frames = tuple(records.frames(frame_count))
    thrown = tuple(records.frames(throw_count))
    assertion = records.text(assertion_length).decode("utf-8", "replace")
    if not frames or not records.is_at_end:
        raise ValueError("not as many bytes as told")
    return replace(
        report,
        frames=frames,
        thrown=thrown,
        assertion=assertion,
        newest_count=newest_count,
        left_out=walked - frame_count,
        is_complete=bool(is_complete),
        mappings=mappings,
        instruction=instruction.to_bytes(8, "little"),
        is_detailed=True,
    )


def _mappings(records: Records, count: int) -> Iterator[Mapping]:
    for _ in range(count):
        start, end, protection, length = records.take(MAPPING)
        yield Mapping(start, end, Protection(protection & 7), records.name(length))
