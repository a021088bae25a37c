"""What an executor says of its crash is decoded if it makes sense, and never believed."""

from __future__ import annotations

import contextlib
import os
import signal
import struct
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.addresses import RO, RW, RX
from runtime.errors import ExecutorDied, ExecutorError
from runtime.executor_client.waiting import is_readable
from runtime.protocol import crash
from runtime.protocol.crash import CrashReport, Mapping, unpack_report
from runtime.protocol.frames import FRAME, Frame
from tests.support.executor import start_peer
from tests.support.runtime import Program, open_descriptors, running_program

CRASHED, DETAILS = 25, 26  # of enum wire_operation


def encode_crash(number: int = 11, code: int = 1, address: int = 8, sender: int = 0) -> bytes:
    return crash.CRASH.pack(number, code, address, 6, 0x1000, 0x2000, 77, 77, sender, 0)


def encode_details(
    frames: list[tuple[int, int, bytes, bytes]],
    mappings: list[tuple[int, int, int, bytes]] | None = None,
    walked: int | None = None,
    counts: tuple[int, int] | None = None,
    thrown: Sequence[tuple[int, int, bytes, bytes]] = (),
    assertion: bytes = b"",
    throw_count: int | None = None,
) -> bytes:
    mappings = mappings or []
    walked = len(frames) if walked is None else walked
    mapping_count, frame_count = counts or (len(mappings), len(frames))
    throw_count = len(thrown) if throw_count is None else throw_count
    counted = (mapping_count, frame_count, throw_count, len(assertion))
    head = crash.DETAILS.pack(walked, 0x0B0F, 1, 32, *counted)
    parts = [
        crash.MAPPING.pack(start, end, protection, len(name)) + name
        for start, end, protection, name in mappings
    ]
    parts += [
        FRAME.pack(pc, 0x800, is_return, len(library), len(symbol), 0) + library + symbol
        for pc, is_return, library, symbol in [*frames, *thrown]
    ]
    return head + b"".join(parts) + assertion


ONE = [(0x1000, 0, b"", b"")]


def test_a_full_report() -> None:
    details = encode_details(
        [(0x1000, 0, b"", b""), (0x3000, 1, b"/lib/libc.so.6", b"abort")],
        [(0x1000, 0x2000, RX, b"/bin/x"), (0x4000, 0x5000, RW, b"[stack]")],
        walked=9,
        thrown=[(0x5000, 1, b"", b"")],
        assertion=b"false\nf\nx.h\n3",
    )
    report = unpack_report(encode_crash(address=0x1008), details)
    assert report == CrashReport(
        signal=11,
        code=1,
        address=0x1008,
        access=6,
        pc=0x1000,
        sp=0x2000,
        process=77,
        thread=77,
        sender=0,
        frames=(
            Frame(0x1000, base=0x800),
            Frame(0x3000, True, "/lib/libc.so.6", "abort", 0x800),
        ),
        thrown=(Frame(0x5000, True, base=0x800),),
        assertion="false\nf\nx.h\n3",
        newest_count=32,
        left_out=7,
        mappings=(Mapping(0x1000, 0x2000, RX, "/bin/x"), Mapping(0x4000, 0x5000, RW, "[stack]")),
        instruction=b"\x0f\x0b" + bytes(6),
        is_detailed=True,
    )
    assert report.is_write
    assert not report.is_fetch
    assert report.frames[1].instruction == 0x2FFF
    assert report.mapping_at_address() == report.mappings[0]
    assert report.mapping_above() == report.mappings[1]


@pytest.mark.parametrize("number", [0, 65, 128, (1 << 32) - 1])
def test_a_signal_that_does_not_exist_is_refused(number: int) -> None:
    with pytest.raises(ExecutorError, match="malformed"):
        unpack_report(encode_crash(number), b"")


@pytest.mark.parametrize("size", [*range(crash.CRASH.size), crash.CRASH.size + 1])
def test_a_crash_of_the_wrong_size_is_refused(size: int) -> None:
    with pytest.raises(ExecutorError, match="malformed"):
        unpack_report((encode_crash() + b"x")[:size], b"")


@pytest.mark.parametrize(
    "details",
    [
        b"",
        encode_details(ONE)[:-1],
        encode_details(ONE) + b"x",
        encode_details([]),
        encode_details(ONE, walked=0),
        encode_details(ONE * 49),
        encode_details(ONE, [(0, 1, RO, b"")] * 4),
        encode_details(ONE, counts=(1, 1)),
        encode_details(ONE, counts=(0, 2), walked=2),
        encode_details(ONE, counts=(0xFFFFFFFF, 0xFFFFFFFF), walked=1 << 63),
        encode_details(ONE, thrown=ONE * 33),
        encode_details(ONE, thrown=ONE, throw_count=2),
        encode_details([(0x1000, 0, b"x" * 512, b"")]),
        encode_details(ONE)[: -FRAME.size] + FRAME.pack(1, 0, 0, 0xFFFFFFFF, 1, 0),
    ],
    ids=[
        "none",
        "cut",
        "too long",
        "no frame",
        "more frames than walked",
        "too many frames",
        "too many mappings",
        "a mapping is missing",
        "a frame is missing",
        "counts wrap",
        "too many frames of a throw",
        "a frame of a throw is missing",
        "long name",
        "name beyond the end",
    ],
)
def test_of_malformed_details_only_the_crash_is_kept(details: bytes) -> None:
    report = unpack_report(encode_crash(), details)
    assert (report.signal, report.frames, report.is_detailed) == (11, (Frame(0x1000),), False)
    assert (report.mappings, report.left_out) == ((), 0)


@given(st.binary(max_size=200), st.binary(max_size=400))
def test_any_bytes_are_a_report_or_an_error(crashed: bytes, details: bytes) -> None:
    with contextlib.suppress(ExecutorError):
        assert unpack_report(crashed, details).frames


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_damaged_byte_of_details(position: int, value: int) -> None:
    details = bytearray(
        encode_details(
            [(0x1000, 0, b"/lib/libc.so.6", b"abort"), (0x2000, 1, b"", b"")] * 3,
            [(0x1000, 0x2000, RX, b"/bin/x")],
        )
    )
    details[position % len(details)] = value
    report = unpack_report(encode_crash(), bytes(details))
    assert 1 <= len(report.frames) <= 48


def peer(body: str) -> str:
    """Greets, waits for a request and does ``body``, where crash() says that it does."""
    return f"""
greet()
take()
def crash(*payloads):
    send({CRASHED}, {encode_crash()!r})
    for payload in payloads:
        send({DETAILS}, payload)
{body}
"""


DETAILED = encode_details([(0x1000, 0, b"", b""), (0x2000, 1, b"lib.so", b"f")])
DETAILED_ENDINGS = {
    "details": f"crash({DETAILED!r})",
    "details, and it lives on": f"crash({DETAILED!r}); time.sleep(1000)",
    "details byte by byte": f"""
crash()
frame = struct.pack("<IHH", {len(DETAILED)}, {DETAILS}, 0) + {DETAILED!r}
for byte in frame:
    connection.sendall(bytes([byte]))
time.sleep(1000)""",
}
BARE_ENDINGS = {
    "nothing more": "crash()",
    "nothing more, and it lives on": "crash(); time.sleep(1000)",
    "empty details": "crash(b''); time.sleep(1000)",
    "huge details": f"crash(); send({DETAILS}, size=1 << 30); time.sleep(1000)",
    "something else": "crash(); send(8, bytes(8)); time.sleep(1000)",
    "bytes without end": """
crash()
send(26, size=60000)
while True:
    connection.sendall(b"x")
    time.sleep(0.1)""",
}


@pytest.mark.parametrize("name", [*DETAILED_ENDINGS, *BARE_ENDINGS])
def test_a_crash_ends_the_process_and_is_kept(name: str, tmp_path: Path) -> None:
    before = open_descriptors()
    body = peer((DETAILED_ENDINGS | BARE_ENDINGS)[name])
    with start_peer(tmp_path, body) as process:
        for _ in range(2):
            with pytest.raises(ExecutorDied) as died:
                process.run([])
            assert died.value.signal == signal.SIGSEGV
            assert died.value.crash is not None
            assert died.value.crash.is_detailed == (name in DETAILED_ENDINGS)
        assert not Path(f"/proc/{process.pid}").exists()
    assert open_descriptors() == before


@pytest.mark.parametrize(
    "payload", [b"", bytes(4), bytes(crash.CRASH.size), bytes(crash.CRASH.size + 1)]
)
def test_a_crash_that_makes_no_sense_breaks_the_protocol(payload: bytes, tmp_path: Path) -> None:
    body = f"greet(); take(); send({CRASHED}, {payload!r}); time.sleep(1000)"
    with start_peer(tmp_path, body) as process:
        with pytest.raises(ExecutorError, match="broke the protocol"):
            process.run([])
        assert not Path(f"/proc/{process.pid}").exists()


def crash_of(program: Program, source: str) -> CrashReport:
    """Call ``go``, which must crash."""
    program.load_c("#define _GNU_SOURCE\n" + source, flags=("-fPIC", "-w", "-pthread"))
    with pytest.raises(ExecutorDied) as died:
        program.process.run([program.address("go")])
    assert died.value.crash is not None
    return died.value.crash


def test_what_a_process_tells() -> None:
    with running_program() as program:
        report = crash_of(
            program,
            "static void f(volatile int *p) { *p = 1; }\n"
            "static volatile int *const where = (int *)64;\nvoid go(void) { f(where); }",
        )
        names = [
            [place.function for place in program.session.describe_address(frame.instruction)]
            for frame in report.frames
        ]
        assert names[:2] == [["f"], ["go"]]
    assert (report.signal, report.address, report.sender) == (signal.SIGSEGV, 64, 0)
    assert (report.is_write, report.is_fetch, report.is_complete) == (True, False, True)
    assert report.thread == report.process == program.process.pid
    assert "libforkrepl_platform.so" in report.frames[2].library
    assert report.frames[2].symbol == "forkrepl_run"
    assert [frame.is_return for frame in report.frames[:3]] == [False, True, True]


def test_a_stack_of_nonsense_does_not_keep_the_report_from_coming() -> None:
    with running_program() as program:
        report = crash_of(
            program,
            'void go(void) { asm volatile("xor %rsp, %rsp; xor %rbp, %rbp; push %rax"); }',
        )
    assert (report.signal, report.is_detailed) == (signal.SIGSEGV, True)
    assert report.frames[0].pc == report.pc


def test_two_threads_that_crash_at_once_make_one_report() -> None:
    source = """
        #include <pthread.h>
        static pthread_barrier_t start;
        static void *run(void *unused) {
            pthread_barrier_wait(&start);
            *(volatile int *)0 = 1;
        }
        void go(void) {
            pthread_t threads[8];
            pthread_barrier_init(&start, 0, 8);
            for (int i = 0; i < 8; ++i) pthread_create(&threads[i], 0, run, 0);
            for (int i = 0; i < 8; ++i) pthread_join(threads[i], 0);
        }"""
    for _ in range(5):
        with running_program() as program:
            report = crash_of(program, source)
            assert (report.signal, report.address) == (signal.SIGSEGV, 0)
            assert report.is_detailed
            assert report.thread != report.process


def test_a_crash_between_requests_is_found_with_the_next(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    source = f"""
        #include <fcntl.h>
        #include <pthread.h>
        #include <unistd.h>
        static void *run(void *unused) {{
            char c;
            read(open("{fifo}", O_RDONLY), &c, 1);
            __builtin_trap();
        }}
        void go(void) {{ pthread_t thread; pthread_create(&thread, 0, run, 0); }}"""
    with running_program() as program:
        program.load_c(source, flags=("-fPIC", "-w", "-pthread"))
        program.call("go")
        pidfd = os.pidfd_open(program.process.pid)
        fifo.write_bytes(b"x")  # waits for the thread
        assert is_readable(pidfd, 10)
        os.close(pidfd)
        with pytest.raises(ExecutorDied) as died:
            program.process.lookup(["malloc"])
        assert died.value.signal == signal.SIGILL
        assert died.value.crash is not None
        assert died.value.crash.is_detailed


def test_struct_sizes_have_no_padding() -> None:
    for layout in (crash.CRASH, crash.DETAILS, crash.MAPPING, FRAME):
        assert layout.size == struct.calcsize(layout.format.replace("<", "@"))
