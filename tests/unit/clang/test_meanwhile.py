"""What there is to do while the compilers work is done then, and not before they have work."""

from __future__ import annotations

from typing import Any

import pytest

from repl.clang.compiler import Compiler
from repl.clang.diagnostics import Messages
from repl.clang.inputs import ParsedInput
from repl.input.source import Source


class Processes:
    """Stands for both: notes what is asked of them."""

    def __init__(self, *, is_started: bool = True) -> None:
        self.log: list[str] = []
        self.length = 0
        self._is_started = is_started

    def is_ready(self) -> bool:
        return self._is_started

    def wait_until_ready(self) -> None:
        self.log.append("ready")

    def has_begun(self, _: Source) -> bool:
        return False

    def parse(self, _: Source) -> ParsedInput:
        self.log.append("parsed")
        self.length += 1
        return ParsedInput(b"bitcode", None, Messages(), declares=True)

    def rollback(self, length: int) -> None:
        self.log.append("rolled back")
        self.length = length

    def begin(self, *_: Any) -> None:
        self.log.append("begun")

    def finish(self) -> bytes:
        self.log.append("finished")
        return b"object"

    def cancel(self) -> None:
        self.log.append("cancelled")


def compiler(processes: Any, meanwhile: str = "meanwhile") -> Compiler:
    def note() -> None:
        processes.log.append(meanwhile)
        if meanwhile == "interrupted":
            raise KeyboardInterrupt

    return Compiler(processes, processes, 0, meanwhile=note)


def test_code_is_generated_meanwhile() -> None:
    processes = Processes()
    assert compiler(processes).compile(Source("f();", "In[1]")).machine_code == b"object"
    assert processes.log == ["parsed", "begun", "meanwhile", "finished"]


@pytest.mark.parametrize("is_started", [True, False])
def test_clang_starts_meanwhile(is_started: bool) -> None:
    processes = Processes(is_started=is_started)
    compiler(processes).wait_until_ready()
    assert processes.log == (["ready"] if is_started else ["meanwhile", "ready"])


def test_an_interrupt_meanwhile_takes_the_input_back() -> None:
    processes = Processes()
    with pytest.raises(KeyboardInterrupt):
        compiler(processes, "interrupted").compile(Source("f();", "In[1]"))
    assert processes.log[:4] == ["parsed", "begun", "interrupted", "cancelled"]
    assert processes.length == 0
