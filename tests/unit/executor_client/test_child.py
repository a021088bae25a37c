"""The executor process, well-behaved and not: an answer or a clear error, never a hang."""

from __future__ import annotations

import array
import contextlib
import errno
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from repl import native_programs
from runtime.addresses import PAGE_SIZE, RO, RW, RX, ExecutorAddress, Protection
from runtime.errors import ExecutorDied, ExecutorError
from runtime.executor_client.child import ExecutorProcess
from runtime.executor_client.stream import FrameStream
from runtime.executor_client.waiting import is_readable
from runtime.protocol import wire
from runtime.protocol.wire import Operation
from tests.support.executor import SIZE, RawExecutor, methods, start_peer
from tests.support.runtime import Program, mappings, open_descriptors, running_program


@pytest.fixture(autouse=True)
def no_hang() -> Iterator[None]:
    """A hang is a failure and not the end of the test run."""

    def give_up(*_: object) -> None:
        raise AssertionError("it hangs")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def program() -> Iterator[Program]:
    with running_program() as found:
        yield found


@pytest.fixture
def process() -> Iterator[ExecutorProcess]:
    with ExecutorProcess(native_programs.executor()) as found:
        yield found


def run_to_its_end(program: Program, source: str) -> ExecutorDied:
    """Call ``go``, which must not return; afterwards every request says the same."""
    program.load_c(source, flags=("-fPIC", "-D_GNU_SOURCE", "-pthread"))
    functions = [program.address("go")]
    with pytest.raises(ExecutorDied) as first:
        program.process.run(functions)
    with pytest.raises(ExecutorDied) as second:
        program.process.lookup(["malloc"])
    assert str(second.value) == str(first.value)
    return first.value


# How it can end.


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGKILL,
        signal.SIGTERM,
        signal.SIGINT,
        signal.SIGABRT,
        signal.SIGSEGV,
        signal.SIGPIPE,
        signal.SIGRTMIN + 3,
    ],
)
def test_a_fatal_signal_is_reported(program: Program, number: int) -> None:
    died = run_to_its_end(
        program, f"#include <signal.h>\nvoid go(void) {{ raise({int(number)}); for (;;); }}"
    )
    assert (died.exit_status, died.signal, died.wait_status) == (None, number, None)
    assert str(int(number)) in str(died)


@pytest.mark.parametrize(
    ("body", "number"),
    [
        ("*(volatile int *)0 = 1;", signal.SIGSEGV),
        ("volatile int zero = 0; zero = 7 / zero;", signal.SIGFPE),
        ("__builtin_trap();", signal.SIGILL),
        ("void abort(void); abort();", signal.SIGABRT),
        ("volatile char big[1 << 16]; big[0] = 1; go(); big[1] = 2;", signal.SIGSEGV),
    ],
    ids=["null store", "division", "trap", "abort", "stack overflow"],
)
def test_a_crash_is_reported(program: Program, body: str, number: int) -> None:
    died = run_to_its_end(program, f"void go(void) {{ {body} }}")
    assert (died.exit_status, died.signal) == (None, number)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_killed_from_outside_while_it_runs(program: Program, number: int) -> None:
    program.load_c("void go(void) { for (;;); }")
    killer = threading.Timer(0.05, os.kill, (program.process.pid, number))
    killer.start()
    with pytest.raises(ExecutorDied) as died:
        program.process.run([program.address("go")])
    killer.join()
    assert died.value.signal == number


@pytest.mark.parametrize("greeted", [False, True])
@pytest.mark.parametrize("name", methods())
def test_killed_between_requests(process: ExecutorProcess, name: str, greeted: bool) -> None:
    if greeted:
        process.lookup([])
    os.kill(process.pid, signal.SIGKILL)
    for _ in range(2):
        with pytest.raises(ExecutorDied) as died:
            methods()[name](process)
        assert died.value.signal == signal.SIGKILL


@pytest.mark.parametrize("name", methods())
def test_requests_after_kill(process: ExecutorProcess, name: str) -> None:
    process.kill()
    process.kill()
    with pytest.raises(ExecutorDied) as died:
        methods()[name](process)
    assert died.value.signal == signal.SIGKILL


@pytest.mark.parametrize("status", [0, 3, 255, 256 + 7, -1])
@pytest.mark.parametrize(
    "how",
    [
        "void go(void) { exit(STATUS); }",
        "void go(void) { quick_exit(STATUS); }",
        "static void *run(void *u) { exit(STATUS); }"
        "void go(void) { pthread_t t; pthread_create(&t, 0, run, 0); pthread_join(t, 0); }",
    ],
    ids=["from the snippet", "quickly", "from a thread"],
)
def test_exit_gives_its_status(program: Program, how: str, status: int) -> None:
    source = "#include <stdlib.h>\n#include <pthread.h>\n" + how.replace("STATUS", str(status))
    died = run_to_its_end(program, source)
    assert (died.exit_status, died.signal, died.wait_status) == (status & 0xFF, None, None)


@pytest.mark.parametrize("call", ["_exit(5)", "_Exit(5)"])
def test_ending_without_exit_gives_the_wait_status(program: Program, call: str) -> None:
    died = run_to_its_end(
        program, f"#include <stdlib.h>\n#include <unistd.h>\nvoid go(void) {{ {call}; }}"
    )
    assert (died.exit_status, died.signal, died.wait_status) == (None, None, 5)


def test_exit_while_a_unit_is_unloaded(program: Program) -> None:
    unit = program.load_c(
        "#include <stdlib.h>\n__attribute__((destructor)) void d(void) { exit(9); }"
    )
    with pytest.raises(ExecutorDied) as died:
        program.session.unload(unit)
    assert died.value.exit_status == 9


def test_exit_from_main(program: Program) -> None:
    program.load_c("#include <stdlib.h>\nint main(int c, char **v) { exit(c + atoi(v[1])); }")
    with pytest.raises(ExecutorDied) as died:
        program.process.run_main(program.address("main"), ["x", "40"])
    assert died.value.exit_status == 42


def test_main_returns(program: Program) -> None:
    program.load_c("int main(int c, char **v) { return c == 3 && v[2][0] == 'z' && !v[3]; }")
    assert program.process.run_main(program.address("main"), ["x", "", "z"]).status == 1


def test_shutdown_runs_what_is_registered(program: Program, tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    program.load_c(
        "#include <stdio.h>\n#include <stdlib.h>\n"
        f'static void bye(void) {{ FILE *f = fopen("{witness}", "w"); fputs("bye", f); }}'
        "void go(void) { atexit(bye); }"
    )
    program.call("go")
    assert program.process.shutdown() == 0
    assert witness.read_text() == "bye"


def test_a_handler_may_change_the_exit_status(program: Program) -> None:
    program.load_c(
        "#include <stdlib.h>\nstatic void bye(void) { exit(4); } void go(void) { atexit(bye); }"
    )
    program.call("go")
    assert program.process.shutdown() == 4


def test_a_handler_that_crashes_at_the_end_is_reported(program: Program) -> None:
    program.load_c(
        "#include <stdlib.h>\nstatic void bye(void) { abort(); } void go(void) { atexit(bye); }"
    )
    program.call("go")
    with pytest.raises(ExecutorDied) as died:
        program.process.shutdown()
    assert died.value.signal == signal.SIGABRT


@pytest.mark.parametrize("ending", ["exit(3)", "_exit(3)", "return", "abort()", "for (;;) pause()"])
def test_a_child_of_the_program_does_not_speak_for_it(program: Program, ending: str) -> None:
    program.load_c(
        f"""
        #include <signal.h>
        #include <stdlib.h>
        #include <sys/wait.h>
        #include <unistd.h>
        pid_t child; int status = -1;
        void go(void) {{ child = fork(); if (!child) {{ {ending}; return; }} }}
        void reap(void) {{ waitpid(child, &status, 0); }}
        void stop(void) {{ kill(child, SIGKILL); }}
        """
    )
    program.call("go")
    if "pause" in ending:
        program.call("stop")
    program.call("reap")
    expected = {"exit(3)": 0x300, "_exit(3)": 0x300, "return": 0, "abort()": 6}.get(ending, 9)
    assert program.integer("status") & 0xFF7F == expected


# Descriptors.


@pytest.mark.parametrize(
    "body",
    [
        "for (int i = 0; i < 256; i++) close(i);",
        'int n = open("/dev/null", O_RDWR); for (int i = 0; i < 256; i++) dup2(n, i);',
        "close_range(3, 255, 0);",
    ],
    ids=["close", "dup2", "close_range"],
)
def test_low_descriptors_belong_to_the_program(program: Program, body: str) -> None:
    source = f"#include <fcntl.h>\n#include <unistd.h>\nvoid go(void) {{ {body} }}"
    program.load_c(source, flags=("-fPIC", "-D_GNU_SOURCE"))
    program.call("go")
    program.load_c("int still_here = 5;")  # also with a descriptor that is passed along
    assert program.integer("still_here") == 5
    address = program.process.map_memory(SIZE, os.memfd_create("more"))
    program.process.unmap_memory(address, SIZE)


@pytest.mark.parametrize("then", ["", "for (;;) pause();"], ids=["returns", "goes on"])
def test_closing_every_descriptor_ends_it(program: Program, then: str) -> None:
    died = run_to_its_end(program, f"#include <unistd.h>\nvoid go(void) {{ closefrom(3); {then} }}")
    assert died.exit_status is None


def test_the_program_inherits_no_descriptor_of_ours(process: ExecutorProcess) -> None:
    process.lookup([])
    folder = Path(f"/proc/{process.pid}/fd")
    high = [int(path.name) for path in folder.iterdir() if int(path.name) > 2]
    assert len(high) == 1  # the control socket
    assert high[0] >= 256


def test_ending_leaves_no_descriptor_open() -> None:
    before = open_descriptors()
    for _ in range(5):
        with ExecutorProcess(native_programs.executor()) as process:
            process.lookup(["malloc"])
    assert open_descriptors() == before


# What it refuses.


@pytest.fixture
def slab(process: ExecutorProcess) -> ExecutorAddress:
    descriptor = os.memfd_create("test")
    os.truncate(descriptor, SIZE)
    try:
        return process.map_memory(SIZE, descriptor)
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("protection", [RW | RX, Protection.WRITE | Protection.EXEC])
def test_writable_and_executable_is_refused(
    process: ExecutorProcess, slab: ExecutorAddress, protection: Protection
) -> None:
    with pytest.raises(ExecutorError, match="EPERM"):
        process.protect_memory([(slab, PAGE_SIZE, protection)])
    assert not [m for m in mappings(process.pid) if "w" in m.permissions and "x" in m.permissions]


@pytest.mark.parametrize(
    ("offset", "size"),
    [
        (-PAGE_SIZE, PAGE_SIZE),
        (-PAGE_SIZE, 2 * PAGE_SIZE),
        (SIZE, PAGE_SIZE),
        (SIZE - PAGE_SIZE, 2 * PAGE_SIZE),
        (0, SIZE + PAGE_SIZE),
        (PAGE_SIZE, (1 << 64) - PAGE_SIZE),
        (0, (1 << 64) - PAGE_SIZE),
    ],
)
def test_ranges_outside_of_reservations_are_refused(
    process: ExecutorProcess, slab: ExecutorAddress, offset: int, size: int
) -> None:
    before = mappings(process.pid)
    with pytest.raises(ExecutorError, match="EINVAL"):
        process.protect_memory([(ExecutorAddress(slab + offset), size, RW)])
    assert mappings(process.pid) == before


def test_memory_of_others_is_refused(process: ExecutorProcess) -> None:
    (libc,) = process.lookup(["malloc"])
    page = ExecutorAddress(libc & -PAGE_SIZE)
    with pytest.raises(ExecutorError, match="EINVAL"):
        process.protect_memory([(page, PAGE_SIZE, RW)])
    with pytest.raises(ExecutorError, match="EINVAL"):
        process.unmap_memory(page, PAGE_SIZE)
    assert process.lookup(["malloc"]) == [libc]


@pytest.mark.parametrize(("offset", "size"), [(0, PAGE_SIZE), (PAGE_SIZE, SIZE - PAGE_SIZE)])
def test_only_whole_reservations_are_unmapped(
    process: ExecutorProcess, slab: ExecutorAddress, offset: int, size: int
) -> None:
    with pytest.raises(ExecutorError, match="EINVAL"):
        process.unmap_memory(ExecutorAddress(slab + offset), size)
    process.unmap_memory(slab, SIZE)
    with pytest.raises(ExecutorError, match="EINVAL"):
        process.protect_memory([(slab, PAGE_SIZE, RO)])


def test_reading_stops_where_memory_cannot_be_read(
    process: ExecutorProcess, slab: ExecutorAddress
) -> None:
    process.protect_memory([(slab, PAGE_SIZE, RO)])
    assert process.read_memory(slab, 2 * PAGE_SIZE) == bytes(PAGE_SIZE)
    assert process.read_memory(ExecutorAddress(slab + PAGE_SIZE - 3), 10) == bytes(3)
    assert process.read_memory(ExecutorAddress(slab + PAGE_SIZE), 10) == b""
    assert process.read_memory(ExecutorAddress(0), 10) == b""
    assert process.read_memory(ExecutorAddress((1 << 64) - 4), 10) == b""
    assert process.read_memory(slab, 0) == b""
    with pytest.raises(ExecutorError):
        process.read_memory(slab, 1 << 62)
    assert process.read_memory(slab, 4) == bytes(4)


def test_a_request_that_is_too_large_is_refused_here(process: ExecutorProcess) -> None:
    with pytest.raises(ExecutorError, match="too large"):
        process.lookup(["x" * wire.MAX_PAYLOAD])
    assert process.lookup(["malloc"])[0]


def test_a_library_that_cannot_be_loaded_says_why(process: ExecutorProcess) -> None:
    with pytest.raises(ExecutorError, match=r"/no/such/lib\.so"):
        process.load_library("/no/such/lib.so")
    assert process.lookup(["malloc"])[0]


def test_lookup_of_what_is_not_there(process: ExecutorProcess) -> None:
    found = process.lookup(["malloc", "no_such_name", "", "free", "f\udcff"])
    assert [bool(address) for address in found] == [True, False, False, True, False]


# A program that cannot be started, or is not an executor.


@pytest.mark.parametrize("kind", ["missing", "folder", "not executable", "no program"])
def test_what_cannot_be_started(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "executor"
    if kind == "folder":
        path.mkdir()
    elif kind != "missing":
        path.write_bytes(b"\x7fELF nonsense")
        path.chmod(0o755 if kind == "no program" else 0o644)
    before = open_descriptors()
    with pytest.raises(ExecutorError, match=f"cannot start the executor {path}"):
        ExecutorProcess(path)
    assert open_descriptors() == before


@pytest.mark.parametrize(("name", "status"), [("true", 0), ("false", 1)])
def test_a_program_that_ends_at_once(name: str, status: int) -> None:
    with ExecutorProcess(Path("/bin", name)) as process:
        for _ in range(2):
            with pytest.raises(ExecutorDied) as died:
                process.run([])
            assert died.value.wait_status == status


MALFORMED = {
    "a byte": "connection.sendall(b'x')",
    "half a head": "connection.sendall(bytes(7))",
    "zeros": "connection.sendall(bytes(1000))",
    "garbage": "connection.sendall(bytes(range(256)) * 8)",
    "answers unasked": "greet(); send(8); send(8); send(11, bytes(8))",
    "short greeting": "send(take(), bytes(15))",
    "long greeting": "send(take(), bytes(17))",
    "error as greeting": "send(take(), b'no', error=1)",
    "another greeting": "take(); send(5, bytes(16))",
    "oversized": f"greet(); send(take(), size={wire.MAX_PAYLOAD + 1})",
    "largest size": "greet(); send(take(), size=0xFFFFFFFF)",
    "cut off": "greet(); send(take(), bytes(10), size=1000)",
    "only a head": f"greet(); send(take(), size={wire.OUTCOME.size})",
    "empty": "greet(); send(take())",
    "three bytes": "greet(); send(take(), bytes(3))",
    "much too long": "greet(); send(take(), bytes(100000))",
    "wrong operation": "greet(); send(take() + 1, bytes(8))",
    "unknown operation": "greet(); send(0xFFFF, bytes(8))",
    "error of odd text": "greet(); send(take(), bytes(range(256)), error=5)",
    "unknown error": "greet(); send(take(), error=0xFFFF)",
    "exit without status": "greet(); take(); send(14)",
    "exit with a long status": "greet(); take(); send(14, bytes(8))",
    "exit and more": "greet(); take(); send(14, bytes(4)); send(8, bytes(9))",
    "value of nothing": "greet(); send(take() and 27)",
    "values without end": "greet(); take(); [send(27, bytes(32)) for _ in range(2000)]",
    "elements without end": "greet(); take(); [send(33, bytes(8)) for _ in range(2000)]",
    "element of odd size": "greet(); take(); send(33, bytes(7))",
    "value, and no more": "greet(); take(); send(27, bytes(32)); take()",
    "value as the answer to RESUME only": "greet(); take(); send(27, bytes(32)); take(); send(28)",
    "outcome of bad kind": f"greet(); send(take(), b'\\xff' * {wire.OUTCOME.size})",
}
ASKED = ("run", "print_value", "lookup", "map_memory", "shutdown")


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("body", MALFORMED.values(), ids=list(MALFORMED))
def test_malformed_replies(body: str, name: str, tmp_path: Path) -> None:
    before = open_descriptors()
    with start_peer(tmp_path, body) as process:
        # Some are a proper answer to some questions; then the next has none.
        for _ in range(4):
            with contextlib.suppress(ExecutorError, ExecutorDied):
                methods()[name](process)
                continue
            break
    assert open_descriptors() == before


@pytest.mark.parametrize(
    "body",
    [
        MALFORMED["oversized"],
        MALFORMED["wrong operation"],
        MALFORMED["exit without status"],
        MALFORMED["short greeting"],
    ],
)
def test_after_a_broken_protocol_nothing_more_is_believed(body: str, tmp_path: Path) -> None:
    with start_peer(tmp_path, body + "; time.sleep(1000)") as process:
        with pytest.raises(ExecutorError):
            process.run([])
        with pytest.raises(ExecutorDied):
            process.run([])
        assert not Path(f"/proc/{process.pid}").exists()


def test_another_version_is_refused_every_time(tmp_path: Path) -> None:
    body = """
send(take(), struct.pack("<IIQQ", 999, os.getpid(), 4096, 62))
while True:
    send(take(), bytes(56))
"""
    with start_peer(tmp_path, body) as process:
        for _ in range(2):
            with pytest.raises((ExecutorError, ExecutorDied)):
                process.run([])


def test_an_exit_that_does_not_end_is_ended(tmp_path: Path) -> None:
    body = "greet(); take(); send(14, struct.pack('<i', 6)); time.sleep(1000)"
    with start_peer(tmp_path, body) as process:
        helper = threading.Timer(8, os.kill, (process.pid, signal.SIGTERM))
        helper.start()
        with pytest.raises(ExecutorDied) as died:
            process.run([])
        waited = not helper.is_alive()
        helper.cancel()
        assert died.value.exit_status == 6
        assert not waited, "it waits for the process for ever"


def test_a_reply_in_pieces_is_put_together(tmp_path: Path) -> None:
    body = """
greet()
take()
for byte in struct.pack("<IHHQQ", 16, 5, 0, 11, 22):
    connection.sendall(bytes([byte]))
connection.recv(1)
"""
    with start_peer(tmp_path, body) as process:
        assert process.lookup(["a", "b"]) == [11, 22]


# The executor program, asked by hand.


@pytest.fixture
def raw() -> Iterator[RawExecutor]:
    found = RawExecutor()
    yield found
    found.close()


@pytest.mark.parametrize("operation", [0, Operation.EXITING, 99, 999, 0xFFFF])
def test_an_unknown_operation_is_answered_with_an_error(raw: RawExecutor, operation: int) -> None:
    assert raw.ask(operation, b"whatever")[:2] == (operation, errno.ENOSYS)
    assert raw.ask(Operation.HELLO, bytes(4))[1] == 0


@pytest.mark.parametrize("payload", [b"", bytes(3), bytes(7)])
@pytest.mark.parametrize(
    "operation",
    [Operation.RESERVE, Operation.RELEASE, Operation.REGISTER, Operation.CLOSE],
)
def test_a_short_request_is_answered_with_an_error(
    raw: RawExecutor, operation: Operation, payload: bytes
) -> None:
    answered, error, _ = raw.ask(operation, payload)
    assert answered == operation
    assert error != 0
    assert raw.ask(Operation.HELLO, bytes(4))[1] == 0


def test_a_descriptor_that_got_lost_is_an_error(raw: RawExecutor) -> None:
    """A forwarded socket carries none, and the memory would not be shared."""
    _, error, reply = raw.ask(Operation.RESERVE, wire.RESERVATION.pack(SIZE, 0, 1))
    assert (error, b"got lost" in reply) == (errno.EBADF, True)
    assert raw.ask(Operation.RESERVE, wire.RESERVATION.pack(SIZE, 0, 0))[1] == 0


def test_an_oversized_request_ends_it(raw: RawExecutor) -> None:
    raw.connection.sendall(wire.HEAD.pack(wire.MAX_PAYLOAD + 1, Operation.LOOKUP, 0))
    assert raw.connection.recv(1) == b""
    assert raw.process.wait() == 0


def test_it_ends_when_the_controller_is_gone(raw: RawExecutor) -> None:
    raw.ask(Operation.HELLO, bytes(4))
    raw.connection.close()
    assert raw.process.wait() == 0


def test_descriptors_that_nobody_asked_for_are_closed(raw: RawExecutor) -> None:
    raw.ask(Operation.HELLO, bytes(4))
    folder = Path(f"/proc/{raw.process.pid}/fd")
    before = len(list(folder.iterdir()))
    descriptor = os.memfd_create("stray")
    for _ in range(3):
        rights = array.array("i", [descriptor])
        head = wire.HEAD.pack(4, Operation.HELLO, 0) + bytes(4)
        raw.connection.sendmsg([head], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        raw.connection.recv(wire.HEAD.size + wire.HELLO.size, socket.MSG_WAITALL)
    os.close(descriptor)
    raw.ask(Operation.HELLO, bytes(4))
    assert len(list(folder.iterdir())) == before


def test_started_by_hand_it_explains_itself() -> None:
    done = subprocess.run([native_programs.executor()], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "forkrepl" in done.stderr


def test_a_closed_socket_is_an_os_error() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        ours.close()
        with pytest.raises(OSError, match="Bad file descriptor"):
            is_readable(ours, 0)


def test_killed_while_an_answer_is_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    """As by another thread."""
    wait = FrameStream.wait

    with ExecutorProcess(native_programs.executor()) as process:

        def kill_and_wait(self: FrameStream, timeout: float, event: int) -> bool:
            process.kill()
            return wait(self, timeout, event)

        process.greet()
        monkeypatch.setattr(FrameStream, "wait", kill_and_wait)
        with pytest.raises(ExecutorDied):
            process.lookup(["puts"])


def test_one_of_another_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    with ExecutorProcess(native_programs.executor()) as process:
        monkeypatch.setattr(wire, "VERSION", wire.VERSION + 1)
        with pytest.raises(ExecutorError, match="different installations"):
            process.greet()
        with pytest.raises(ExecutorDied):
            process.check()
