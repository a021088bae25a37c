"""A process of ours is stopped (SIGSTOP) while another one waits for it: the wait ends by
itself or by one Ctrl-C, the session goes on, and nothing is left behind.

``WAITS.md`` (runtime/) lists the waits.
"""

from __future__ import annotations

import ctypes
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Unpack

import pytest

from repl import CompileError, ProgramCrashed, ShellError, native_programs
from repl.clang import compiler_process, framing, frontend_copies
from repl.clang.code_generator import CodeGenerator
from repl.clang.code_questions import CodeQuestions
from repl.clang.frontend import Frontend
from repl.clang.protocol import FindDeclarations
from repl.errors import SetupError
from repl.input.source import Source
from repl.link_command.compile_files import CompileOptions, FileCompiler
from repl.link_command.source_files import SourceFile
from repl.session.choices import Choices, chosen_options
from repl.session.live_session import LiveSession
from runtime.addresses import ExecutorAddress, Protection
from runtime.errors import ExecutorDied, ExecutorError
from runtime.executor_client import child as executor_process
from runtime.executor_client import connection as executor_connection
from runtime.executor_client import keeper
from runtime.executor_client import remote as remote_executor
from runtime.executor_client import states as executor_states
from runtime.executor_client import stream as executor_stream
from runtime.executor_client.child import ExecutorProcess
from runtime.executor_client.remote import RemoteExecutor
from runtime.executor_client.stream import FrameStream
from tests.support.leaks import MARK, living, wait_for
from tests.support.listener import RunningListener, running_listener

LIMIT = 60  # s, after which a wait counts as endless
LONG = 1000.0  # s: a deadline that is not what ends the wait


@pytest.fixture(autouse=True)
def ctrl_c() -> Iterator[None]:
    """As in a shell, even if whoever has started the tests ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Processes that are started from now on have it, and are gone at the end. A wait that
    does not end is ended by killing them, and the test fails."""
    name = f"stopped-{os.getpid()}-{threading.get_native_id()}"
    monkeypatch.setenv(MARK, name)
    endless: list[str] = []

    def kill_all() -> None:
        endless.append("a wait did not end")
        for pid in living(name):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    watchdog = threading.Timer(LIMIT, kill_all)
    watchdog.start()
    try:
        yield name
    finally:
        watchdog.cancel()
        is_gone = wait_for(lambda: not living(name))
        kill_all()
    assert len(endless) == 1
    assert is_gone, "processes are left"


def parent(pid: int) -> int:
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0


def command(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""


def processes(mark: str, name: str) -> list[int]:
    """Those that run a program of this name."""
    return [pid for pid in living(mark) if name in command(pid)]


def is_stopped(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "TZ"
    return True


def stop(pids: list[int]) -> None:
    """Returns when they do nothing more."""
    assert pids
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    assert wait_for(lambda: all(map(is_stopped, pids)))


@contextmanager
def ctrl_c_on(
    monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, *, first: Callable[[], None]
) -> Iterator[None]:
    """When ``owner.name`` is called for the first time, after which somebody waits, ``first``
    is called; then Ctrl-C is pressed, once."""
    original = getattr(owner, name)
    waits = threading.Event()
    over = threading.Event()

    def waiting(*arguments: Any, **named: Any) -> Any:
        if not waits.is_set():
            first()
            waits.set()
        return original(*arguments, **named)

    def press() -> None:
        if waits.wait(LIMIT) and not over.is_set():  # or it would be pytest's
            os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, waiting)
        thread.start()
        try:
            yield
        finally:
            over.set()
            waits.set()
            thread.join()


def executors(mark: str) -> dict[str, list[int]]:
    """By what they are: the keeper is our child, the executor's name is not known here."""
    found = processes(mark, "forkrepl-executor")
    keepers = [pid for pid in found if parent(pid) == os.getpid()]
    return {"keeper": keepers, "others": [pid for pid in found if pid not in keepers]}


def checkpoints(session: LiveSession, mark: str) -> list[int]:
    return [pid for pid in executors(mark)["others"] if pid != session.executor_pid]


@contextmanager
def session_with_x(**choices: Unpack[Choices]) -> Iterator[LiveSession]:
    with LiveSession(chosen_options(choices)) as session:
        session.run("int x = 5;")
        session.attend()  # it is saved
        yield session


def check(session: LiveSession) -> None:
    """It goes on, with what was there."""
    session.take_warnings()
    assert session.value("x") == 5
    assert session.run("int later = 1; later").value == "(int) 1"
    with pytest.raises(CompileError):
        session.run("gone;")


# The executor.


def test_executor_that_runs(mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with session_with_x() as session:
        with (
            ctrl_c_on(
                monkeypatch,
                FrameStream,
                "send",
                first=lambda: stop([session.executor_pid]),
            ),
            pytest.raises(KeyboardInterrupt),
        ):
            session.run("int gone = 1;")
        check(session)


def test_executor_that_makes_a_checkpoint(mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with session_with_x() as session:
        session.run("int lost = 1;")
        session.attend()
        begin = ExecutorProcess.begin_checkpoint

        def stop_and_begin(self: ExecutorProcess) -> None:
            stop([self.pid])
            begin(self)

        with monkeypatch.context() as patch:
            patch.setattr(ExecutorProcess, "begin_checkpoint", stop_and_begin)
            session.run("int gone = 1;")
        with (
            ctrl_c_on(monkeypatch, ExecutorProcess, "finish_checkpoint", first=lambda: None),
            pytest.raises(KeyboardInterrupt),
        ):
            session.attend()
        # What was not saved is lost, and that is said.
        with pytest.raises(ProgramCrashed, match=r"SIGINT|SIGKILL"):
            session.attend()
        check(session)


def test_executor_whose_value_is_looked_at(mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor_states, "_PATIENCE", 0.5)
    with session_with_x() as session:
        session.run("int many[100'000];")

        def look(type_: object, address: ExecutorAddress, view: Any) -> bytes:
            with ctrl_c_on(
                monkeypatch,
                FrameStream,
                "send",
                first=lambda: stop([session.executor_pid]),
            ):
                return bytes(view.read(ExecutorAddress(address + 4096), 64))

        with pytest.raises(KeyboardInterrupt):
            session.run("many", inspect=look)
        check(session)


def test_executor_that_has_not_said_hello(mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop_both() -> None:  # the keeper is there first
        assert wait_for(lambda: len(processes(mark, "forkrepl-executor")) == 2)
        stop(processes(mark, "forkrepl-executor"))

    with ExecutorProcess(native_programs.executor()) as process:
        with (
            ctrl_c_on(monkeypatch, FrameStream, "send", first=stop_both),
            pytest.raises(KeyboardInterrupt),
        ):
            process.greet()
        with pytest.raises(ExecutorDied):
            process.lookup(["puts"])


def test_executor_that_does_not_read(mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """More is sent than the socket holds."""
    with ExecutorProcess(native_programs.executor()) as process:
        size = 16 << 20
        address = process.map_memory(size, None)
        process.protect_memory([(address, size, Protection.READ | Protection.WRITE)])
        with (
            ctrl_c_on(monkeypatch, FrameStream, "send", first=lambda: stop([process.pid])),
            pytest.raises(KeyboardInterrupt),
        ):
            process.write_memory(address, bytes(size))
        with pytest.raises(ExecutorDied):
            process.read_memory(address, 1)


# Checkpoints.


def test_newest_checkpoint(mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next older one is taken in its place, without Ctrl-C."""
    monkeypatch.setattr(executor_process, "TAKE_OVER_PATIENCE", 0.5)
    with session_with_x() as session:
        session.attend()
        before = checkpoints(session, mark)
        session.run("int lost = 1;")
        session.attend()
        stop([pid for pid in checkpoints(session, mark) if pid not in before])
        with pytest.raises(ProgramCrashed, match="is lost too"):
            session.run("__builtin_trap();")
        check(session)
        assert "int lost = 1;" not in session.inputs


@pytest.mark.parametrize("ends_by", ["deadline", "ctrl-c"])
def test_all_checkpoints(ends_by: str, mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What declares something runs again."""
    patience = 0.2 if ends_by == "deadline" else LONG
    monkeypatch.setattr(executor_process, "TAKE_OVER_PATIENCE", patience)
    with session_with_x() as session, ExitStack() as stack:
        for _ in range(3):
            session.run("x;")
            session.attend()
        stop(checkpoints(session, mark))
        if ends_by == "ctrl-c":
            stack.enter_context(
                ctrl_c_on(monkeypatch, ExecutorProcess, "take_over", first=lambda: None)
            )
        with pytest.raises(ProgramCrashed, match="no checkpoint is left"):
            session.run("__builtin_trap();")
        stack.close()
        check(session)


def test_checkpoint_to_rewind_to(mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor_process, "TAKE_OVER_PATIENCE", 0.5)
    with session_with_x() as session:
        before = checkpoints(session, mark)
        session.run("int y = 1;")
        session.attend()
        stop(before)
        with pytest.raises(ShellError, match="is gone"):
            session.rewind()
        assert session.value("y") == 1
        check(session)


def test_checkpoints_that_nobody_needs_any_more(mark: str) -> None:
    """A stopped process does not see that its connection is closed."""
    with session_with_x() as session:
        stop(checkpoints(session, mark))
        session.restart()
        session.run("int y;")
        session.attend()
        assert wait_for(lambda: not [p for p in checkpoints(session, mark) if is_stopped(p)])
        check(session)


# The keeper, printers.


def trace(pid: int) -> None:
    """As a debugger does that never lets it go on."""
    attach, all_children = 16, 0x40000000  # PTRACE_ATTACH, __WALL
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(attach, pid, None, None) != 0:
        pytest.skip(f"nobody may trace here: {os.strerror(ctypes.get_errno())}")
    os.waitpid(pid, all_children)


@pytest.mark.parametrize("how", ["stopped", "traced"])
@pytest.mark.parametrize("recover", [True, False])
def test_keeper(how: str, recover: bool, mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not say how processes end: the kernel does, and nobody waits for the keeper. A fork
    of the program's ends with the session, if the keeper can be made to end it."""
    monkeypatch.setattr(keeper, "_NEWS_TIME", LONG)
    with session_with_x(recover=recover) as session:
        session.run("#include <unistd.h>\n")
        (found,) = executors(mark)["keeper"]
        if how == "stopped":
            stop([found])
        else:
            trace(found)
            monkeypatch.setattr(keeper, "_PATIENCE", LONG)
        with pytest.raises(ProgramCrashed, match=r"SIGILL|SIGTRAP"):
            session.run("__builtin_trap();")
        with pytest.raises(ProgramCrashed, match="with status 7"):
            session.run("#include <unistd.h>\n_exit(7);")
        if recover:
            check(session)
            if how == "stopped":
                session.run("if (fork() == 0) for (;;) pause();")
        else:
            assert session.value("40 + 2") == 42
        session.restart()
        assert session.value("40 + 2") == 42


def test_printer(mark: str) -> None:
    with session_with_x() as session:
        session.run(
            "#include <csignal>\n#include <string>\n"
            "struct S {};\nstd::string forkrepl_print(const S &) { raise(SIGSTOP); return {}; }"
        )
        assert "took longer than 2 s" in str(session.run("S{}").value)
        check(session)


# The compilers.


def frontends(mark: str) -> dict[str, list[int]]:
    found = processes(mark, "forkrepl-frontend")
    root = [pid for pid in found if parent(pid) == os.getpid()]
    return {"root": root, "copies": [p for p in found if p not in root], "all": found}


@pytest.mark.parametrize("victims", ["root", "copies", "all"])
@pytest.mark.parametrize("ends_by", ["deadline", "ctrl-c"])
def test_clang(victims: str, ends_by: str, mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An input, an error, after which another copy is needed, and a question."""
    is_deadline = ends_by == "deadline"
    monkeypatch.setattr(frontend_copies, "_FORK_PATIENCE", 0.5 if is_deadline else LONG)
    monkeypatch.setattr(frontend_copies, "_START_PATIENCE", LIMIT / 10 if is_deadline else LONG)
    with session_with_x(parse_timeout=1 if is_deadline else 0) as session:
        for action in (
            lambda: session.run("1 + 1"),
            lambda: session.run("wrong"),
            lambda: session.run("2 + 2"),
            lambda: session.compiler.ask(FindDeclarations(inputs=0)),
        ):
            session.prepare()  # there is a copy, whatever has happened
            stop(frontends(mark)[victims])
            if is_deadline:
                with suppress(ShellError):
                    action()
                continue
            with (
                suppress(ShellError, KeyboardInterrupt),
                ctrl_c_on(monkeypatch, framing, "_receive_exactly", first=lambda: None),
            ):
                action()
            for pid in frontends(mark)["all"]:  # another Ctrl-C would give up the next one
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
        check(session)


def test_clang_that_has_not_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """(The real one starts sooner than it could be stopped.)"""
    monkeypatch.setattr(frontend_copies, "_START_PATIENCE", 0.5)
    silent = tmp_path / "frontend"
    silent.write_text("#!/bin/sh\nexec sleep 1000\n")
    silent.chmod(0o700)
    failure = pytest.raises(SetupError, match="has not started within")
    with Frontend(silent, ["-xc++"]) as frontend, failure:
        frontend.wait_until_ready()


def test_clang_that_is_asked_by_another_thread(mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The prompt does not wait for it."""
    monkeypatch.setattr(frontend_copies, "_FORK_PATIENCE", 0.5)
    with (
        session_with_x() as session,
        CodeQuestions(session.compiler.scratch, session.compiler.input_ends) as questions,
    ):
        session.compiler.ask(FindDeclarations(inputs=0))
        stop(frontends(mark)["all"])
        answer = questions.ask("complete", "x", 1)
        questions.stop()
        assert answer.done()
        check(session)


def test_code_generator(mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with session_with_x() as session:
        with (
            ctrl_c_on(
                monkeypatch,
                compiler_process,
                "send_message",
                first=lambda: stop(processes(mark, "code_generator_process")),
            ),
            pytest.raises(KeyboardInterrupt),
        ):
            session.run("int gone = 1;")
        check(session)


def test_code_generator_that_works_ahead(mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an input crashes Ctrl-C is deferred, and what was done ahead is dropped."""
    begin = CodeGenerator.begin

    def stop_and_begin(self: CodeGenerator, *arguments: Any, **named: Any) -> None:
        if b"gone" in arguments[0]:
            stop([self.pid])
        begin(self, *arguments, **named)

    with session_with_x() as session:
        crash, gone = Source("__builtin_trap();", "crash"), Source("int gone = 1;", "gone")
        with monkeypatch.context() as patch:
            patch.setattr(CodeGenerator, "begin", stop_and_begin)
            with pytest.raises(ProgramCrashed):
                session.run(crash, [gone])
        check(session)


def test_run_of_clang(mark: str, tmp_path: Path) -> None:
    """Several files are compiled; Ctrl-C ends all."""
    paths = [tmp_path / f"{number}.c" for number in range(3)]
    for path in paths:
        path.write_text("int f(void) { return 1; }")
    files = [SourceFile(str(path), "c") for path in paths]

    def stop_and_press(done: int) -> None:
        stop(processes(mark, "--compile") or processes(mark, "code_generator_process"))
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt), FileCompiler(files, CompileOptions()) as compiler:
        compiler.results(stop_and_press)


# Listeners.


@contextmanager
def on_listener(
    folder: Path, environment: dict[str, str]
) -> Iterator[tuple[RemoteExecutor, RunningListener]]:
    """An executor that runs there; the listener goes on at the end."""
    with running_listener(folder, environment, "unix") as listener:
        try:
            with RemoteExecutor(listener.listener) as executor:
                executor.greet()
                yield executor, listener
        finally:
            os.kill(listener.process.pid, signal.SIGCONT)


def test_listener_and_its_executor(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody says how the process ended."""
    monkeypatch.setattr(executor_stream, "_PATIENCE", 0.5)
    with on_listener(tmp_path, environment) as (executor, listener):
        stop([listener.process.pid, *listener.executors])
        with (
            ctrl_c_on(monkeypatch, FrameStream, "send", first=lambda: None),
            pytest.raises(KeyboardInterrupt),
        ):
            executor.lookup(["puts"])
        with pytest.raises(ExecutorDied):
            executor.lookup(["puts"])


def test_listener_whose_executor_does_not_read(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with on_listener(tmp_path, environment) as (executor, listener):
        size = 16 << 20
        address = executor.map_memory(size, None)
        executor.protect_memory([(address, size, Protection.READ | Protection.WRITE)])
        with (
            ctrl_c_on(monkeypatch, FrameStream, "send", first=lambda: stop(listener.executors)),
            pytest.raises(KeyboardInterrupt),
        ):
            executor.write_memory(address, bytes(size))
        with pytest.raises(ExecutorDied):
            executor.read_memory(address, 1)


def test_listener_of_a_program_that_exits(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its end is not told; the wait for that is no endless one."""
    monkeypatch.setattr(executor_connection, "_PATIENCE", 0.5)
    with on_listener(tmp_path, environment) as (executor, listener):
        stop([listener.process.pid])
        assert executor.shutdown(3) == 3


def test_listener_that_does_not_answer(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_executor, "_PATIENCE", 0.5)
    with running_listener(tmp_path, environment, "unix") as listener:
        stop([listener.process.pid])
        try:
            with (
                RemoteExecutor(listener.listener) as executor,
                pytest.raises(ExecutorError, match="does not answer"),
            ):
                executor.greet()
        finally:
            os.kill(listener.process.pid, signal.SIGCONT)
