"""A shell whose program runs elsewhere: ``forkrepl executor`` and ``--connect``."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import stat
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pexpect
import pytest

from runtime.errors import ExecutorDied
from runtime.executor_client.remote import RemoteExecutor, connect_and_authenticate
from runtime.protocol import wire
from runtime.protocol.handshake import ANSWER, GREETING, ListenerHandshake, busy_greeting
from runtime.protocol.listener_address import (
    Address,
    Listener,
    TcpAddress,
    UnixAddress,
    connect,
    parse_address,
)
from runtime.protocol.machine import OWN_MACHINE
from runtime.protocol.wire import Operation
from tests.support.leaks import wait_for
from tests.support.listener import KINDS, RunningListener, running_listener
from tests.support.program import PROGRAM, TIMEOUT, Completed, OpenShell, Run
from tests.support.runtime import compile_source, permissions_at

BUSY = '#include <cstdio>\nputs("busy"); fflush(stdout); for (volatile int i = 0;; ++i);'

Listen = Callable[..., RunningListener]
Remotely = Callable[..., Completed]


@pytest.fixture
def listen(tmp_path: Path, environment: dict[str, str]) -> Iterator[Listen]:
    """Start listeners: ``listen(kind, *arguments)``; they end with the test."""
    with ExitStack() as stack:

        def start(kind: str, *arguments: str) -> RunningListener:
            context: AbstractContextManager[RunningListener] = running_listener(
                tmp_path, environment, kind, *arguments
            )
            return stack.enter_context(context)

        yield start


@pytest.fixture(params=KINDS)
def listener(request: pytest.FixtureRequest, listen: Listen) -> RunningListener:
    return listen(request.param)


@pytest.fixture
def remotely(forkrepl: Run, listener: RunningListener) -> Remotely:
    """Run the program (or ``link``) with its executor behind the listener."""

    def run(*arguments: str | Path) -> Completed:
        command = arguments[:1] if arguments[0] == "link" else ()
        connect = ("--connect", listener.address)
        rest = arguments[len(command) :]
        return forkrepl(*command, *connect, *rest, FORKREPL_TOKEN=listener.token)

    return run


def test_values_are_shown_here_and_output_there(
    remotely: Remotely, listener: RunningListener
) -> None:
    code = """\
#include <cstdio>
int square(int n) { return n * n; }
puts("from the program");
fprintf(stderr, "on its standard error\\n");
square(12)
struct P { int x; double y; } p{1, 2.5};
p.y
"a string"
"""
    result = remotely("-c", code)
    assert result.stderr == ""
    assert result.stdout.splitlines() == [
        "(int) 144",
        "(double) 2.5",
        '(const char[9]) "a string"',
    ]
    assert result.returncode == 0
    assert listener.read_line() == "from the program\n"
    assert listener.errors == "on its standard error\n"


ENDS = {
    "1 + 1": (0, ""),
    "int x = missing;": (1, "undeclared identifier"),
    "void nowhere();\nnowhere();": (1, "undefined symbol"),
    "throw 42;": (1, "uncaught exception of type int"),
    "#include <cstdlib>\nexit(7);": (7, ""),
    "#include <unistd.h>\n_exit(7);": (7, "ended without notice, with status 7"),
    "int main() { return 7; }": (7, ""),
    "*(volatile int *)0 = 1;": (128 + signal.SIGSEGV, "SIGSEGV: write to address 0x0 (null"),
    "#include <csignal>\nraise(SIGKILL);": (128 + signal.SIGKILL, "SIGKILL"),
    "int main() { __builtin_trap(); }": (128 + signal.SIGILL, "at -c:1:14   in main"),
    "#include <cstdlib>\nstruct A { ~A() { abort(); } } a;": (128 + signal.SIGABRT, "SIGABRT"),
    "%lib nowhere": (1, "no library nowhere"),
}


def test_exit_statuses(remotely: Remotely, listener: RunningListener) -> None:
    """As of a local executor; and the listener is ready for the next."""
    for code, (status, message) in ENDS.items():
        result = remotely("-c", code)
        assert (result.returncode, message in result.stderr) == (status, True), result.stderr
        assert (result.stderr == "") == (message == "")


def test_crash_and_recovery(open_shell: OpenShell, listener: RunningListener) -> None:
    shell = open_shell("-q", "--connect", listener.address, FORKREPL_TOKEN=listener.token)
    shell.run("int n = 42;")
    assert "SIGSEGV" in shell.run("*(volatile int *)0 = 1;")
    assert "runs behind a listener" in shell.run("%debug")
    # No checkpoints there: what declares something runs again.
    assert shell.run("n") == "(int) 42\n"
    assert "of type int" in shell.run("throw 1;")
    assert shell.run("n") == "(int) 42\n"
    shell.run("int m = 5;")
    shell.run("%undo")
    assert "undeclared" in shell.run("m")
    assert shell.leave() == 0
    assert wait_for(lambda: not listener.executors)


def test_ctrl_c_ends_an_endless_loop(open_shell: OpenShell, listener: RunningListener) -> None:
    shell = open_shell("-q", "--connect", listener.address, FORKREPL_TOKEN=listener.token)
    shell.run("#include <cstdio>")
    shell.type(BUSY.partition("\n")[2])
    assert listener.read_line() == "busy\n"
    (first,) = listener.executors
    shell.child.sendintr()
    assert "SIGINT" in shell.output()
    assert shell.run("6 * 7") == "(int) 42\n"
    assert first not in listener.executors
    assert shell.leave() == 0


def test_memory_is_shared_over_a_unix_socket_only(
    open_shell: OpenShell, listener: RunningListener
) -> None:
    shell = open_shell("-q", "--connect", listener.address, FORKREPL_TOKEN=listener.token)
    address = int(shell.run("int f() { return 1; } (void *)&f").split()[-1], 16)
    (executor,) = listener.executors
    assert permissions_at(executor, address) == "r-xp"
    maps = Path(f"/proc/{executor}/maps").read_text()
    assert ("memfd:forkrepl" in maps) == listener.address.startswith("unix:")


# Linking.


def make_object(folder: Path, source: str) -> Path:
    path = folder / "main.o"
    path.write_bytes(compile_source(source, "-fPIC"))
    return path


@pytest.mark.parametrize("memory", [[], ["--memory=stream"]])
def test_link(
    remotely: Remotely, listener: RunningListener, tmp_path: Path, memory: list[str]
) -> None:
    main = make_object(
        tmp_path,
        '#include <stdio.h>\n#include <stdlib.h>\nstatic void bye(void) { puts("bye"); }'
        'int main(int c, char **v) { atexit(bye); printf("%d %s\\n", c, v[1]); return 3; }',
    )
    result = remotely("link", *memory, main, "--", "argument")
    assert (result.stdout, result.stderr, result.returncode) == ("", "", 3)
    assert listener.read_line() == "2 argument\n"
    assert listener.read_line() == "bye\n"


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ("__builtin_trap();", 132, "SIGILL"),
        ("exit(9);", 9, ""),
        ("_exit(9);", 9, "status 9"),
        ("kill(getpid(), SIGTERM); pause();", 143, "SIGTERM"),
    ],
)
def test_link_and_the_end_of_the_program(
    remotely: Remotely, tmp_path: Path, body: str, status: int, message: str
) -> None:
    headers = "#include <signal.h>\n#include <stdlib.h>\n#include <unistd.h>\n"
    result = remotely("link", make_object(tmp_path, headers + f"int main(void) {{ {body} }}"))
    assert (result.returncode, message in result.stderr) == (status, True), result.stderr


def test_link_with_shared_memory(listen: Listen, forkrepl: Run, tmp_path: Path) -> None:
    main = make_object(tmp_path, "int main(void) { return 5; }")
    for kind, status, message in (("unix", 5, ""), ("tcp", 2, "memory cannot be shared")):
        listener = listen(kind)
        connect = ["--connect", listener.address, "--memory=shared"]
        result = forkrepl("link", *connect, main, FORKREPL_TOKEN=listener.token)
        assert (result.returncode, message in result.stderr) == (status, True)


# One at a time, one after another.


def test_a_second_shell_is_refused_until_the_first_has_gone(
    forkrepl: Run, open_shell: OpenShell, listen: Listen
) -> None:
    listener = listen("unix")
    shell = open_shell("-q", "--connect", listener.address, FORKREPL_TOKEN=listener.token)
    shell.run("int n = 42;")
    refused = forkrepl("--connect", listener.address, "-c", "1", FORKREPL_TOKEN=listener.token)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "busy with another session" in refused.stderr
    assert shell.run("n") == "(int) 42\n"
    assert shell.leave() == 0
    second = forkrepl("--connect", listener.address, "-c", "6 * 7", FORKREPL_TOKEN=listener.token)
    assert second.stdout == "(int) 42\n"


def test_many_sessions_leave_nothing_open(listener: RunningListener) -> None:
    def session() -> None:
        with RemoteExecutor(listener.listener) as executor:
            executor.lookup(["malloc"])

    session()
    assert wait_for(lambda: not listener.executors)
    with RemoteExecutor(listener.listener) as executor:  # the one before is all gone
        executor.greet()
        before = listener.descriptors()
    for _ in range(20):
        session()
    with RemoteExecutor(listener.listener) as executor:
        executor.greet()
        assert listener.descriptors() == before


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_end_of_the_shell_ends_the_program_and_not_the_listener(
    listener: RunningListener,
    environment: dict[str, str],
    remotely: Remotely,
    number: signal.Signals,
) -> None:
    with subprocess.Popen(
        [str(PROGRAM), "--connect", listener.address, "-c", BUSY],
        env=environment | {"FORKREPL_TOKEN": listener.token},
    ) as shell:
        assert listener.read_line() == "busy\n"
        shell.send_signal(number)
        shell.wait(TIMEOUT)
    assert wait_for(lambda: not listener.executors)
    assert remotely("-c", "6 * 7").stdout == "(int) 42\n"


def test_a_fork_of_the_program_does_not_keep_the_session(
    remotely: Remotely, listener: RunningListener
) -> None:
    """It holds the socket still, and must not be taken for the program."""
    code = "#include <unistd.h>\nif (!fork()) { setsid(); alarm(20); for (;;) pause(); }\n"
    result = remotely("-c", code + "__builtin_trap();")
    assert (result.returncode, "SIGILL" in result.stderr) == (132, True)
    assert remotely("-c", "6 * 7").stdout == "(int) 42\n"
    for pid in listener.executors:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("code", ["1 + 1", "__builtin_trap();"])
def test_once(listen: Listen, forkrepl: Run, kind: str, code: str) -> None:
    listener = listen(kind, "--once")
    forkrepl("--connect", listener.address, "-c", "1", FORKREPL_TOKEN="wrong")
    result = forkrepl("--connect", listener.address, "-c", code, FORKREPL_TOKEN=listener.token)
    assert result.returncode == (0 if code == "1 + 1" else 132)
    assert listener.process.wait(TIMEOUT) == 0


def test_a_shell_that_outlives_the_listener(open_shell: OpenShell, listen: Listen) -> None:
    listener = listen("unix", "--once")
    shell = open_shell("-q", "--connect", listener.address, FORKREPL_TOKEN=listener.token)
    assert "SIGSEGV" in shell.run("*(volatile int *)0 = 1;")
    for _ in range(2):
        assert f"cannot connect to {listener.address}" in shell.run("1 + 1")
    assert shell.leave() == 0


# The end of the listener.


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_listener_and_the_program(
    listener: RunningListener, environment: dict[str, str], number: signal.Signals
) -> None:
    with subprocess.Popen(
        [str(PROGRAM), "--connect", listener.address, "-c", BUSY],
        env=environment | {"FORKREPL_TOKEN": listener.token},
        stderr=subprocess.PIPE,
        text=True,
    ) as shell:
        assert listener.read_line() == "busy\n"
        assert listener.stop(number) == 0
        _, errors = shell.communicate(timeout=TIMEOUT)
        assert shell.returncode == 128 + signal.SIGKILL
        assert "SIGKILL" in errors
    assert listener.executors == []


def test_a_listener_that_is_killed(listener: RunningListener, environment: dict[str, str]) -> None:
    with subprocess.Popen(
        [str(PROGRAM), "--connect", listener.address, "-c", BUSY],
        env=environment | {"FORKREPL_TOKEN": listener.token},
        stderr=subprocess.PIPE,
        text=True,
    ) as shell:
        assert listener.read_line() == "busy\n"
        listener.stop(signal.SIGKILL)
        _, errors = shell.communicate(timeout=TIMEOUT)
    assert (shell.returncode, errors) == (
        1,
        "the program was lost: the connection to its executor ended\n",
    )


# Addresses.


def test_the_socket_is_private_and_goes_with_the_listener(listen: Listen, tmp_path: Path) -> None:
    listener = listen("unix")
    mode = (tmp_path / "socket").stat().st_mode
    assert (stat.S_ISSOCK(mode), stat.S_IMODE(mode)) == (True, 0o600)
    assert listener.stop() == 0
    assert not (tmp_path / "socket").exists()


def test_a_dead_socket_is_replaced(listen: Listen, forkrepl: Run, tmp_path: Path) -> None:
    listen("unix").stop(signal.SIGKILL)
    assert (tmp_path / "socket").is_socket()
    listener = listen("unix")
    result = forkrepl("--connect", listener.address, "-c", "6 * 7", FORKREPL_TOKEN=listener.token)
    assert result.stdout == "(int) 42\n"


@pytest.mark.parametrize("kind", ["file", "link", "folder", "listener"])
def test_what_is_there_is_not_replaced(
    listen: Listen, forkrepl: Run, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "there"
    expected = "is no socket"
    if kind == "file":
        path.write_text("precious")
    elif kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to(tmp_path / "nowhere")
    else:
        listener = listen("unix")
        path, expected = tmp_path / "socket", "another program listens"
    before = path.lstat()
    result = forkrepl("executor", "--listen", f"unix:{path}")
    assert (result.returncode, result.stdout) == (1, "")
    assert f"cannot listen on unix:{path}: " in result.stderr
    assert expected in result.stderr
    assert os.path.samestat(path.lstat(), before)
    if kind == "listener":
        with RemoteExecutor(listener.listener) as executor:
            executor.greet()


def test_a_second_listener_leaves_the_firsts_files_alone(
    listen: Listen, forkrepl: Run, tmp_path: Path
) -> None:
    listener = listen("unix", "--token-file", "token")
    again = forkrepl("executor", "--listen", listener.address, "--token-file", "token")
    assert again.returncode == 1
    result = forkrepl("--connect", listener.address, "--token-file", "token", "-c", "6 * 7")
    assert result.stdout == "(int) 42\n"


def test_a_port_that_is_taken(listen: Listen, forkrepl: Run) -> None:
    result = forkrepl("executor", "--listen", listen("tcp").address)
    assert (result.returncode, result.stdout) == (1, "")
    assert "Address already in use" in result.stderr


def test_an_address_that_others_can_reach_is_warned_of(
    environment: dict[str, str], tmp_path: Path, listen: Listen
) -> None:
    assert listen("tcp").errors == ""
    command = [str(PROGRAM), "executor", "--listen", "0.0.0.0:0"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("listening on 0.0.0.0:")
        process.terminate()
        _, errors = process.communicate(timeout=TIMEOUT)
    assert "not encrypted" in errors
    assert "ssh" in errors


@pytest.mark.parametrize(
    "address",
    [
        "",
        "unix:",
        "unix:" + "x" * 108,
        "unix:a\0b",
        "unix:a\nb",
        "unix:\udcff",
        "/tmp/socket",
        "localhost",
        "localhost:",
        "localhost:http",
        "localhost:65536",
        "localhost:-1",
        "::1:80",
        "a b:80",
    ],
)
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(ValueError, match=r"unix:PATH|HOST\]?:PORT|no port|bytes|cannot be printed"):
        parse_address(address)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("unix:a b:c", UnixAddress("a b:c")),
        ("unix:" + "x" * 107, UnixAddress("x" * 107)),
        (":0", TcpAddress("127.0.0.1", 0)),
        ("localhost:65535", TcpAddress("127.0.0.1", 65535)),
        ("[::1]:80", TcpAddress("::1", 80)),
        ("host.example:80", TcpAddress("host.example", 80)),
    ],
)
def test_an_address_that_is_one(text: str, address: Address) -> None:
    assert parse_address(text) == address
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["executor"], 2, "--listen"),
        (["executor", "--listen", "/tmp/x"], 2, "argument --listen: '/tmp/x' is no address"),
        (["--connect", "here:http"], 2, "argument --connect: 'http' is no port"),
        (["link", "--connect", "here"], 2, "argument --connect: 'here' is no address"),
        (["executor", "--listen", ":0", "word"], 2, "word"),
        (["executor", "--listen", ":0", "--wrapper", "'"], 2, "--wrapper"),
        (["executor", "--listen", ":0", "--wrapper", "no-such-program"], 1, "no-such-program"),
        (["executor", "--listen", "unix:/no/such/folder/s"], 1, "No such file"),
        (["executor", "--listen", "host.invalid:80"], 1, "cannot listen on host.invalid:80"),
        (["executor", "--listen", ".:80"], 1, "cannot listen on .:80"),
        (["executor", "--listen", ":0", "--token-file", "/no/such/f"], 1, "cannot write /no/such"),
        (["--connect", ":0", "-c", "1"], 2, "port 0"),
        (["--connect", "unix:nowhere", "-c", "1"], 1, "cannot connect to unix:nowhere"),
        (["--connect", "host.invalid:80", "-c", "1"], 1, "cannot connect to host.invalid:80"),
        (["--token-file", "x", "-c", "1"], 2, "without --connect"),
        (["link", "--connect", "unix:x", "--memory=in-process", "x.o"], 2, "in-process"),
        (["link", "--connect", ":80", "--memory=shared", "x.o"], 2, "--memory=stream"),
    ],
)
def test_wrong_usage(forkrepl: Run, arguments: list[str], status: int, message: str) -> None:
    result = forkrepl(*arguments, FORKREPL_TOKEN="x")
    assert (result.returncode, result.stdout) == (status, "")
    assert message in result.stderr


# The token.


def test_token_files(listen: Listen, forkrepl: Run, tmp_path: Path) -> None:
    listener = listen("unix", "--token-file", "token")
    path = tmp_path / "token"
    assert listener.token == ""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    result = forkrepl("--connect", listener.address, "--token-file", path, "-c", "6 * 7")
    assert (result.stdout, result.stderr) == ("(int) 42\n", "")
    path.chmod(0o640)
    result = forkrepl("--connect", listener.address, "--token-file", path, "-c", "1")
    assert (result.returncode, result.stdout) == (1, "")
    assert f"chmod 600 {path}" in result.stderr
    listener.stop()
    assert not path.exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["home", "listener_errors", "tmp"]


@pytest.mark.parametrize("kind", ["missing", "empty", "large", "folder", "fifo"])
def test_a_token_file_that_is_none(forkrepl: Run, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "token"
    if kind in ("empty", "large"):
        path.write_text(" \n" if kind == "empty" else "x" * 5000)
        path.chmod(0o600)
    elif kind == "folder":
        path.mkdir(0o700)
    elif kind == "fifo":
        os.mkfifo(path, 0o600)
    result = forkrepl("--connect", "unix:x", "--token-file", "token", "-c", "1")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("forkrepl: error: ")
    assert "token" in result.stderr


def test_a_wrong_token_and_none(forkrepl: Run, listener: RunningListener) -> None:
    result = forkrepl("--connect", listener.address, "-c", "1", FORKREPL_TOKEN="wrong")
    assert (result.returncode, result.stdout) == (1, "")
    assert "it has another token" in result.stderr
    assert wait_for(lambda: "does not know the token" in listener.errors)
    result = forkrepl("--connect", listener.address, "-c", "1")
    assert (result.returncode, result.stdout) == (1, "")
    assert "set FORKREPL_TOKEN" in result.stderr


def test_on_a_terminal_the_token_is_asked_for(
    listener: RunningListener, environment: dict[str, str]
) -> None:
    child = pexpect.spawn(
        str(PROGRAM),
        ["--connect", listener.address, "-c", "6 * 7"],
        env=environment,
        encoding="utf-8",
        timeout=TIMEOUT,
    )
    child.expect_exact("Token of ")
    assert child.waitnoecho(TIMEOUT)
    child.sendline(listener.token)
    child.expect_exact("(int) 42")
    assert listener.token not in child.before
    child.expect_exact(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


# What the executor is started with, and how its end is told.


def test_a_wrapper(listen: Listen, forkrepl: Run) -> None:
    listener = listen("unix", "--wrapper", "env 'WRAPPED=a word'")
    code = '#include <cstdlib>\n#include <cstring>\nstrcmp(getenv("WRAPPED"), "a word")'
    for _ in range(2):
        result = forkrepl("--connect", listener.address, "-c", code, FORKREPL_TOKEN=listener.token)
        assert (result.stdout, result.stderr) == ("(int) 0\n", "")


def test_ctrl_c_is_the_wrappers_while_a_session_lasts(listen: Listen) -> None:
    listener = listen("unix", "--wrapper", "env")

    def is_busy() -> bool:
        with connect(listener.listener.address, TIMEOUT) as peer:
            return peer.recv(GREETING.size, socket.MSG_WAITALL) == busy_greeting()

    with RemoteExecutor(listener.listener) as executor:
        executor.greet()
        listener.process.send_signal(signal.SIGINT)
        assert executor.lookup(["malloc"]) != [0]
        assert is_busy()
    assert wait_for(lambda: not is_busy())  # it has seen the end of the session
    assert listener.stop(signal.SIGINT) == 0


def test_a_wrapper_that_goes_on_is_ended(listen: Listen) -> None:
    listener = listen("unix", "--wrapper", f"{sys.executable} -c 'import time; time.sleep(1000)'")
    with connect_and_authenticate(listener.listener):
        assert wait_for(lambda: len(listener.executors) == 1)
    assert wait_for(lambda: not listener.executors)


def test_an_executor_that_cannot_be_started(listen: Listen, forkrepl: Run, tmp_path: Path) -> None:
    program = tmp_path / "wrapper"
    program.write_bytes(b"\x7fELF nonsense")
    program.chmod(0o700)
    listener = listen("unix", "--wrapper", str(program))
    result = forkrepl("--connect", listener.address, "-c", "1", FORKREPL_TOKEN=listener.token)
    assert (result.returncode, result.stdout) == (1, "")
    assert "it cannot start an executor" in result.stderr
    assert f"cannot start {program}" in listener.errors


def ended(status: int) -> bytes:
    return wire.HEAD.pack(4, Operation.ENDED, 0) + struct.pack("<i", status)


def exiting(status: int) -> bytes:
    return wire.HEAD.pack(4, Operation.EXITING, 0) + struct.pack("<i", status)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (ended(11), (None, 11, None)),
        (ended(5 << 8), (None, None, 5)),
        (wire.HEAD.pack(1000, Operation.LOOKUP, 0) + bytes(100) + ended(6), (None, 6, None)),
        (exiting(3) + ended(0), (3, None, None)),
        (b"", (None, None, None)),
        (ended(9)[:-1], (None, None, None)),
        (ended(-1), (None, None, None)),
        (ended(0x7F), (None, None, None)),
        (ended(0x57F), (None, None, None)),
        (ended(1 << 16), (None, None, None)),
        (wire.HEAD.pack(5, Operation.ENDED, 0) + bytes(5), (None, None, None)),
    ],
)
def test_how_the_end_is_told(
    tmp_path: Path, said: bytes, expected: tuple[int | None, int | None, int | None]
) -> None:
    """Also in the midst of a reply, and by a listener that cannot be trusted."""
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                handshake = ListenerHandshake("token")
                connection.sendall(handshake.greeting)
                assert handshake.receive(connection.recv(ANSWER.size, socket.MSG_WAITALL))
                connection.sendall(handshake.welcome())
                connection.recv(100)
                hello = wire.HELLO.pack(wire.VERSION, 1234, 4096, OWN_MACHINE)
                connection.sendall(wire.HEAD.pack(len(hello), Operation.HELLO, 0) + hello)
                connection.recv(100)
                connection.sendall(said)

        helper = threading.Thread(target=serve)
        helper.start()
        with RemoteExecutor(Listener(UnixAddress(path), "token")) as executor:
            assert executor.pid == 1234
            for _ in range(2):
                with pytest.raises(ExecutorDied) as died:
                    executor.lookup(["malloc"])
                found = died.value
                assert (found.exit_status, found.signal, found.wait_status) == expected
        helper.join()
