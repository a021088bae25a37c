"""Who may use a session: one thread after another, no fork of the process, and nobody in the
midst of an input."""

from __future__ import annotations

import inspect
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from repl import Session, SessionOptions, ShellError
from repl.input.source import Source


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with Session() as one:
        one.run("int x = 1;")
        yield one


def test_a_second_thread_waits_its_turn(session: Session) -> None:
    """Inputs of several threads neither mix nor fail, however they meet."""
    failures: list[BaseException] = []
    together = threading.Barrier(4)

    def work(number: int) -> None:
        try:
            together.wait(30)
            for turn in range(5):
                session.run(f"int of_{number}_{turn} = x + {number};")
                assert session.value(f"of_{number}_{turn}") == number + 1
                with pytest.raises(ShellError):
                    session.run("wrong")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len([text for text in session.inputs if "int of_" in text]) == 20
    session.undo(20)


def test_close_waits_for_the_input_of_another_thread() -> None:
    with Session() as session:
        flags = session.shared_array("flags", 2, "i4")
        results: list[Any] = []
        text = "volatile int *f = flags; f[0] = 1; while (!f[1]) {} f[1]"
        thread = threading.Thread(target=lambda: results.append(session.run(text).value))
        thread.start()
        while not flags[0]:
            pass
        closing = threading.Thread(target=session.close)
        closing.start()
        flags[1] = 1
        thread.join()
        closing.join()
        assert results == ["(volatile int) 1"]
        with pytest.raises(ShellError, match="closed"):
            session.run("1")
        session.close()


INSIDE: dict[str, Callable[[Session], object]] = {
    "run": lambda session: session.run("int y = 2;"),
    "value": lambda session: session.value("x"),
    "undo": lambda session: session.undo(),
    "rewind": lambda session: session.rewind(),
    "restart": lambda session: session.restart(),
    "reset": lambda session: session.reset(),
    "close": lambda session: session.close(),
    "shared_array": lambda session: session.shared_array("y", 1),
}


@pytest.mark.parametrize("name", INSIDE)
def test_inspect_cannot_use_the_session(name: str, session: Session) -> None:
    """The program waits in the midst of an input; that input is taken back."""
    before = session.inputs
    with pytest.raises(ShellError, match="cannot be used while its program waits"):
        session.run("x", inspect=lambda *_: INSIDE[name](session))
    assert session.inputs == before
    assert session.value("x") == 1
    # What only tells something can be had.
    assert session.run("x", inspect=lambda *_: session.inputs).value == before
    session.undo()


ARGUMENTS: dict[str, list[Any]] = {
    "change_options": [SessionOptions()],
    "evaluate": ["x", lambda *_: None],
    "load_library": ["m"],
    "run": [Source("x", "input")],
    "shared_array": ["shared", 2],
    "show": ["x"],
    "value": ["x"],
}
WITHOUT_ERROR = {"close"}  # does nothing in a fork, and `with` calls it


def public_methods() -> list[str]:
    return [
        name
        for name, _ in inspect.getmembers(Session, inspect.isfunction)
        if not name.startswith("_") and name not in {*WITHOUT_ERROR, "sharing"}
    ]


def enter(session: Session, name: str) -> None:
    result = getattr(session, name)(*ARGUMENTS.get(name, []))
    if hasattr(result, "__enter__"):
        with result:
            pass


def test_a_fork_gets_an_error_for_every_method(session: Session) -> None:
    """And the session of its parent stays whole."""
    assert {"run", "undo", "value", "finish"} <= {*public_methods()}
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        wrong = "nothing"
        try:
            for name in public_methods():
                wrong = name
                with pytest.raises(ShellError, match="of which this one is a fork"):
                    enter(session, name)
            wrong = "a property"
            with pytest.raises(ShellError, match="of which this one is a fork"):
                _ = session.executor_pid
            session.close()
            wrong = ""
        finally:
            os.write(writing, wrong.encode() or b"fine")
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        assert pipe.read() == b"fine"
    os.waitpid(pid, 0)
    assert session.value("x") == 1
    session.run("int after = x + 1;")
    assert session.value("after") == 2
    session.undo()


def test_a_closed_session_says_so_for_every_method() -> None:
    with Session() as session:
        pass
    for name in public_methods():
        with pytest.raises(ShellError, match="the session is closed"):
            enter(session, name)
