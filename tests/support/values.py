"""Values of a session that runs in this process."""

from __future__ import annotations

from typing import Any, TypeVar

from repl.display.inspect import inspect
from repl.display.limits import COMPLETE, Limits
from repl.display.program_view import ProgramView
from repl.display.python_values import to_python
from repl.display.types import ValueType
from repl.input.source import Source
from repl.program.printing import Inspect
from repl.python.session import Session
from runtime.addresses import ExecutorAddress

V = TypeVar("V")


class Values:
    """Gives values of expressions."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def look(self, expression: str, what: Inspect[V]) -> V:
        """What ``what`` makes of it while the program waits."""
        value = self._session.run(Source(expression, "In[1]"), inspect=what).value
        assert value is not None
        return value

    def python(self, expression: str, limits: Limits = COMPLETE) -> Any:
        def read(type_: ValueType, address: ExecutorAddress, view: ProgramView) -> Any:
            return to_python(inspect(type_, address, view, limits))

        return self._session.run(Source(expression, "In[1]"), inspect=read).value

    def type(self, expression: str) -> ValueType:
        return self.look(expression, lambda type_, address, view: type_)

    def address(self, expression: str) -> ExecutorAddress:
        return self.look(expression, lambda type_, address, view: address)
