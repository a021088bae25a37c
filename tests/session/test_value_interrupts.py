"""Ctrl-C while a value is printed ends the printing: neither the program, which waits, nor
an answer that is on its way."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from repl.configuration.session_options import SessionOptions
from repl.display.program_view import ProgramView
from repl.display.types import ValueType
from repl.errors import ProgramCrashed, ShellError
from repl.input.source import Source
from repl.python.session import Session
from runtime.addresses import ExecutorAddress
from tests.support.leaks import wait_for
from tests.support.program import OpenShell


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with Session(SessionOptions(recover=True, interactive=True)) as found:
        found.run(Source("int n = 5; volatile bool stop = false;", "In[1]"))
        yield found


def value(session: Session, text: str) -> str | None:
    return session.run(Source(text, "In[2]")).value


def test_a_value_is_what_was_made_of_it(session: Session) -> None:
    def inspect(type_: ValueType, address: ExecutorAddress, view: ProgramView) -> int:
        assert (type_.name, type_.size) == ("int", 4)
        assert view.read(ExecutorAddress(address), 0) == b""
        assert view.read(ExecutorAddress(8), 4) == b""
        assert view.symbol(address) == "n"
        assert view.symbol(ExecutorAddress(address + 1)) is None
        return int.from_bytes(view.read(address, 4), "little")

    result = session.run(Source("n", "In[2]"), inspect=inspect)
    assert result.value == 5
    assert session.run(Source("n = 5;", "In[2]"), inspect=inspect).value is None


def test_interrupt_while_the_program_waits(session: Session) -> None:
    asked = []

    def inspect(type_: ValueType, address: ExecutorAddress, view: ProgramView) -> str:
        asked.append(view.read(ExecutorAddress(address + 1), 64))
        os.kill(session.executor_pid, signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        asked.append(view.read(ExecutorAddress(address + 1), 64))
        raise AssertionError("what is asked after an interrupt is refused")

    program = session.executor_pid
    result = session.run(Source("++n", "In[2]"), inspect=inspect)
    assert (result.value, len(asked)) == ("(int) <interrupted>", 1)
    assert value(session, "n - 1") == "(int) 5"
    assert value(session, "_ + 1") == "(int) 6"
    assert session.executor_pid == program
    session.undo(3)
    assert value(session, "n = 5") == "(int) 5"


def test_an_error_of_the_inspection_is_raised_when_the_input_has_run(session: Session) -> None:
    def inspect(type_: ValueType, address: ExecutorAddress, view: ProgramView) -> str:
        raise ShellError("no")

    before = len(session.inputs)
    with pytest.raises(ShellError, match="no"):
        session.run(Source("int unseen = 1; ++n", "In[2]"), inspect=inspect)
    assert len(session.inputs) == before
    assert value(session, "--n") == "(int) 5"
    with pytest.raises(ShellError, match="undeclared"):
        value(session, "unseen")


def test_the_program_ends_while_it_waits(session: Session) -> None:
    def inspect(type_: ValueType, address: ExecutorAddress, view: ProgramView) -> bytes:
        os.kill(session.executor_pid, signal.SIGKILL)
        return view.read(ExecutorAddress(address + 1), 64)

    with pytest.raises(ProgramCrashed, match="SIGKILL"):
        session.run(Source("n = 77", "In[2]"), inspect=inspect)
    assert value(session, "n") == "(int) 5"


def test_ctrl_c_while_a_printer_hangs(open_shell: OpenShell, tmp_path: Path) -> None:
    shell = open_shell("--quiet")
    shell.run("#include <fcntl.h>")
    shell.run("#include <unistd.h>")
    shell.run("struct Slow { int n; };")
    shell.run(
        "const char *forkrepl_print(const Slow &) "
        '{ close(open("started", O_CREAT | O_WRONLY, 0600)); for (;;) pause(); }'
    )
    shell.run("int n = 5; pid_t program = getpid();")
    shell.type("Slow{++n}")
    assert wait_for((tmp_path / "started").exists)
    shell.child.sendintr()
    assert "(Slow) <interrupted>\n" in shell.output()
    assert shell.run("_.n") == "(int) 6\n"
    assert shell.run("program == getpid()") == "(bool) true\n"
    assert shell.leave() == 0
