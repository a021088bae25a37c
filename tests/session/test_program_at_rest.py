"""The program ends while a command looks at it, though nothing of it runs: the session goes
back, and says what happened, as for an input."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from repl import ProgramCrashed
from repl.commands import run_command
from repl.commands.context import Shell
from repl.configuration.session_options import SessionOptions
from repl.input.source import Source
from repl.program.at_rest import ProgramAtRest
from repl.session.live_session import LiveSession
from repl.shell.run_input import evaluate
from runtime.addresses import ExecutorAddress
from runtime.executor_client.connection import Connection
from runtime.executor_client.states import Waiting
from runtime.executor_client.waiting import is_readable
from runtime.protocol.wire import Operation


@pytest.fixture
def session() -> Iterator[LiveSession]:
    with LiveSession(SessionOptions(recover=True)) as one:
        one.run("int x = 5; int *p = &x;")
        yield one


def kill(pid: int) -> None:
    """Returns when it has ended."""
    pidfd = os.pidfd_open(pid)
    signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    assert is_readable(pidfd, 30)
    os.close(pidfd)


def run(session: LiveSession, text: str) -> str | None:
    shell = Shell(session, evaluate, log=[])
    shell.begin_entry(Source(text, "In[9]"))
    return run_command(shell, text)


LOOKS = (Operation.LOOKUP, Operation.READ)
COMMANDS = {
    "%env": LOOKS,
    "%env HOME": LOOKS,
    "%env A=b": (Operation.READ,),
    "%cd .": (Operation.READ,),
    "%vars": LOOKS,
    "?x": LOOKS,
    "%time x": LOOKS,
    "%timeit -n 1 -r 1 x": (Operation.READ,),
}


@pytest.mark.parametrize("text", COMMANDS)
def test_killed_in_the_midst_of_a_command(
    text: str, session: LiveSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the command asks it something for the first time."""
    ask = Connection.ask
    killed: list[Operation] = []

    def kill_and_ask(self: Connection, operation: Operation, *rest: Any, **named: Any) -> bytes:
        # While an input's value is looked at, it is not at rest.
        if operation in COMMANDS[text] and not killed and not isinstance(self.state, Waiting):
            killed.append(operation)
            kill(session.executor_pid)
        return ask(self, operation, *rest, **named)

    environment, folder = dict(os.environ), Path.cwd()
    with monkeypatch.context() as patch:
        patch.setattr(Connection, "ask", kill_and_ask)
        with pytest.raises(ProgramCrashed, match="SIGKILL") as crashed:
            run(session, text)
    assert killed
    assert "rolled back: memory and declarations are as before" in str(crashed.value)
    assert session.take_warnings() == []
    assert (dict(os.environ), Path.cwd()) == (environment, folder)
    inputs = [each for each in session.inputs if "__forkrepl" in each]
    assert inputs == []
    assert session.value("x") == 5
    assert session.value("*p") == 5


def test_memory_does_not_need_the_program(session: LiveSession) -> None:
    """What ``%memory`` draws is the controller's; that the program has ended is noticed."""
    before = run(session, "%memory")
    kill(session.executor_pid)
    assert run(session, "%memory") == before
    assert [w for w in session.take_warnings() if "between two inputs" in w]
    assert session.value("x") == 5


def test_what_a_user_of_the_library_looks_at(session: LiveSession) -> None:
    with session.using_program() as program:
        definition = program.find_definition("x")
        assert definition is not None
        assert program.read(definition.address, 4) == b"\5\0\0\0"
        assert program.lookup("puts")
        assert program.lookup("nothing_is_called_so") is None
        assert program.find_definition("nothing_is_called_so") is None
    with pytest.raises(ProgramCrashed, match="rolled back"), session.using_program() as program:
        kill_and_read(program, session.executor_pid, definition.address)
    assert session.value("x") == 5


def kill_and_read(program: ProgramAtRest, pid: int, address: ExecutorAddress) -> None:
    kill(pid)
    program.read(address, 4)


def test_what_is_raised_while_looking_changes_nothing(session: LiveSession) -> None:
    """Ctrl-C is not for a program that does not run, so that does not go back."""
    session.run("int &reached = *new int(7);")
    pid = session.executor_pid
    for error in (KeyboardInterrupt, ZeroDivisionError):
        with pytest.raises(error), session.using_program():
            raise error
    assert session.executor_pid == pid
    assert session.value("reached") == 7
