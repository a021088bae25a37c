"""Values of a session that runs in this process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

import repl.session
from repl.display.inspect import inspect
from repl.display.limits import COMPLETE, Limits
from repl.display.program_view import ProgramView
from repl.display.python_values import to_python
from repl.display.types import ValueType
from repl.executor_view import ExecutorView
from repl.frontend import ParsedInput, Source
from repl.program import Program
from repl.session import Session
from runtime.addresses import ExecutorAddress
from runtime.wire import Value


@dataclass
class LastValue:
    """Where the value of the last input was."""

    type: ValueType
    address: ExecutorAddress
    view: ProgramView

    def python(self, limits: Limits = COMPLETE) -> Any:
        return to_python(inspect(self.type, self.address, self.view, limits))


class Values:
    """Gives values of variables."""

    def __init__(self, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
        self._session = session
        self._last: LastValue | None = None
        monkeypatch.setattr(repl.session, "show_value", self._note)

    def _note(self, program: Program, parsed: ParsedInput, value: Value) -> None:
        if parsed.value_type is not None:
            type_ = ValueType.from_json(parsed.value_type)
            address = ExecutorAddress(value.address)
            self._last = LastValue(type_, address, ExecutorView(program))

    def run(self, text: str) -> None:
        self._session.run(Source(text, "In[1]"))

    def value(self, variable: str) -> LastValue:
        """Of an expression that names an object."""
        self._last = None
        self.run(variable)
        assert self._last is not None
        return self._last

    def python(self, variable: str) -> Any:
        return self.value(variable).python()
