"""A process is killed between any two messages of an input: the session goes on, with
everything as it was before, or as it is after the input, and nothing is left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from repl.clang import framing
from repl.configuration.session_options import SessionOptions
from repl.errors import ProgramCrashed, ShellError
from repl.input.source import Source
from repl.session import timeline
from repl.session.live_session import LiveSession
from runtime.errors import RuntimeFailure
from runtime.executor_client.stream import FrameStream
from runtime.executor_client.waiting import is_readable

EARLIER = [
    "#include <memory>\n#include <string>\n#define TWICE(n) (2 * (n))",
    "int x = 5; int inc() { return ++x; }",
    'std::unique_ptr<std::string> heap(new std::string("heap"));',
    "struct Pair { int a, b; }; Pair pair{1, 2};",
    "template <class T> T half(T n) { return n / 2; }",
]


class Saboteur:
    """Calls ``strike`` at the boundary number ``target`` of messages between processes:
    before one is sent, and before and after an answer is received."""

    def __init__(self, target: int, strike: Callable[[], None]) -> None:
        self.count = 0
        self._target = target
        self._strike = strike

    def boundary(self) -> None:
        self.count += 1
        if self.count == self._target:
            self._strike()

    @contextlib.contextmanager
    def at_work(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        with monkeypatch.context() as patch:
            for name in ("send", "receive"):
                patch.setattr(FrameStream, name, self._around(getattr(FrameStream, name)))
            for name in ("send_message", "receive_message"):
                original: Callable[..., object] = getattr(framing, name)
                for module in [m for n, m in sys.modules.items() if n.startswith("repl.")]:
                    if getattr(module, name, None) is original:
                        patch.setattr(module, name, self._around(original))
            yield

    def _around(self, function: Callable[..., object]) -> Callable[..., object]:
        def wrapped(*arguments: object, **named: object) -> object:
            self.boundary()
            result = function(*arguments, **named)
            self.boundary()
            return result

        return wrapped


def kill(pid: int) -> None:
    """Returns when the process is dead."""
    with contextlib.suppress(ProcessLookupError):
        pidfd = os.pidfd_open(pid)
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        assert is_readable(pidfd, 10)
        os.close(pidfd)


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def programs(name: str) -> list[int]:
    """Our descendants that run this program."""
    found, left = [], children(os.getpid())
    while left:
        pid = left.pop()
        with contextlib.suppress(OSError):
            left += children(pid)
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if any(part.endswith(name.encode()) for part in command[:4]):
                found.append(pid)
    return found


VICTIMS: dict[str, Callable[[LiveSession], list[int]]] = {
    "the program": lambda session: [session.executor_pid],
    "the program and its checkpoints": lambda _: [
        pid for pid in programs("forkrepl-executor") if pid not in children(os.getpid())
    ],
    "the keeper": lambda _: [
        pid for pid in programs("forkrepl-executor") if pid in children(os.getpid())
    ],
    "the code generator": lambda _: programs("repl.code_generator_process"),
    "Clang": lambda _: [
        pid for pid in programs("forkrepl-frontend") if pid not in children(os.getpid())
    ],
    "Clang's first process": lambda _: programs("forkrepl-frontend"),
}


def value(session: LiveSession, text: str) -> str | None:
    return session.run(Source(text, "check")).value


def check(session: LiveSession) -> None:
    """Everything from before is there and works."""
    # An input that was done when the program was killed, and not yet saved, is lost.
    with contextlib.suppress(ProgramCrashed):
        session.attend()
    earlier = "TWICE(21) == 42 && *heap->c_str() == 'h' && pair.b == 2 && half(10) == 5"
    assert value(session, earlier) == "(bool) true"
    assert value(session, "[] { int before = x; return inc() - before; }()") == "(int) 1"


def run_input(session: LiveSession) -> None:
    session.run(Source("int y = inc();", "victim"))


def run_value(session: LiveSession) -> None:
    session.run(Source('std::string("temporary").size()', "victim"))


def run_include(session: LiveSession) -> None:
    session.run(Source("#include <deque>\nstd::deque<int> queue{1, 2};", "victim"))


def undo_input(session: LiveSession) -> None:
    session.undo()


ACTIONS = {
    "an input": run_input,
    "a value": run_value,
    "an include": run_include,
    "undo": undo_input,
}


CASES = [
    *((victim, "an input") for victim in VICTIMS),
    *(("the program", action) for action in ACTIONS if action != "an input"),
    ("the program and its checkpoints", "undo"),
    ("Clang's first process", "undo"),
]
ROOM = 40_000  # bytes: what is kept for a checkpoint comes and goes, what is lost grows


def file_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize(("victim", "action"), CASES)
def test_killed_between_any_two_messages(
    victim: str, action: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is undone keeps its memory for as long as a checkpoint may bring it back.
    monkeypatch.setattr(timeline, "MOST_MOMENTS", 1)
    before = file_descriptors()
    used: list[int] = []
    with LiveSession(SessionOptions(recover=True)) as session:
        session.wait_until_ready()
        for text in EARLIER:
            session.run(Source(text, "earlier"))
        check(session)
        kept = len(session.inputs)
        for target in range(1, 200):
            if action == "undo":
                session.run(Source(f"int u{target} = {target};", "to undo"))
            strikes: list[int] = []

            def strike(strikes: list[int] = strikes) -> None:
                strikes.extend(VICTIMS[victim](session))
                for pid in strikes:
                    kill(pid)

            saboteur = Saboteur(target, strike)
            with saboteur.at_work(monkeypatch), contextlib.suppress(ShellError, RuntimeFailure):
                ACTIONS[action](session)
            session.take_warnings()
            check(session)
            session.undo(len(session.inputs) - kept)
            used.append(session.memory().used)
            if saboteur.count < target:
                break
        assert target > 4, "nothing was killed"
        half = len(used) // 2
        assert max(used[half:]) <= max(used[:half]) + ROOM
    assert file_descriptors() <= before + 1
    assert not programs("forkrepl-executor")
    assert not programs("forkrepl-frontend")
    assert not programs("repl.code_generator_process")
