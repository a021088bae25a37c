"""Calls of functions in a program that a listener has: by words where both share memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from repl.configuration.session_options import SessionOptions
from repl.errors import ProgramCrashed
from repl.session.live_session import LiveSession
from runtime.addresses import ExecutorAddress
from tests.support.listener import KINDS, running_listener

CODE = """
extern "C" {
int forkrepl_call_back(unsigned long, unsigned long);
void add(unsigned char *block) { int *i = (int *)block; i[0] += i[1]; }
void ask(unsigned char *block) {
  int *i = (int *)block;
  i[1] = 40;
  i[2] = forkrepl_call_back(3, 2048);
  i[3] = i[512];
}
void crash(unsigned char *) { *(volatile int *)0 = 1; }
}
"""


@pytest.mark.parametrize("kind", KINDS)
def test_calls(kind: str, tmp_path: Path, environment: dict[str, str]) -> None:
    with (
        running_listener(tmp_path, environment, kind) as listener,
        LiveSession(SessionOptions(recover=True, listener=listener.listener)) as session,
    ):
        session.run(CODE)
        numbers = session.call_block.cast("i")

        def address(name: str) -> ExecutorAddress:
            with session.using_program() as program:
                definition = program.find_definition(name)
            assert definition is not None
            return definition.address

        def answer(number: int, offset: int) -> bool:
            assert (number, offset, numbers[1]) == (3, 2048, 40)
            numbers[512], numbers[513] = 5, 6
            session.call(add, offset)
            return True

        add = address("add")
        numbers[:2] = memoryview(bytes(8)).cast("i")
        numbers[0], numbers[1] = 2, 3
        with session.unprotected():
            for _ in range(3):
                session.call(add)
        assert numbers[0] == 11
        session.on_callback = answer
        session.call(address("ask"))
        assert (numbers[2], numbers[3]) == (0, 11)
        with pytest.raises(ProgramCrashed, match="SIGSEGV"):
            session.call(address("crash"))
        numbers[0], numbers[1] = 2, 3
        session.call(address("add"))
        assert numbers[0] == 5
