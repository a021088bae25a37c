"""What ended the program by being destroyed.

Where that was, the platform library tells (``platform_support/native/deadly_handlers.c``): it does
not call the destructor again, in whatever process the program goes on.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from repl.display.names import as_users_write
from runtime.addresses import ExecutorAddress
from runtime.errors import ExecutorError

if TYPE_CHECKING:
    from repl.program.program import Program

_IDENTITY = struct.Struct("<QQ")  # struct forkrepl_handler_identity
_POINTER = struct.Struct("<Q")
_DROPPED = r"(?s)void __forkrepl_drop_value<(.*)>\(void\*\)"
_LAMBDA = "{lambda"
_DESTRUCTOR = r"(?s)(.*)::~\w+\(\)"


def deadly_handler(program: Program) -> str:
    """What ran when the program ended, if it was a destructor or an exit handler: ``destroying the
    value of In[3], a std::thread,``. For a program that has just gone back. Raises
    ExecutorDied."""
    try:
        function, argument = _what_ran(program)
    except (ExecutorError, struct.error):
        return ""
    if not function:
        return ""
    execution = program.execution()
    called = execution.symbol_at(ExecutorAddress(function)) or ""
    if match := re.fullmatch(_DROPPED, called):
        number = execution.number_of_value_at(ExecutorAddress(argument))
        value = f"the value of In[{number}]" if number else "a value"
        return f"destroying {value}, a {as_users_write(match[1])},"
    name = (execution.symbol_at(ExecutorAddress(argument)) or "") if argument else ""
    if match := re.fullmatch(_DESTRUCTOR, called):
        return f"destroying {name or 'an object'}, a {as_users_write(match[1])},"
    name = name or called  # one that is called without an argument
    return "" if not name else "an exit handler" if _LAMBDA in name else f"the exit handler {name}"


def _what_ran(program: Program) -> tuple[int, int]:
    executor = program.executor
    (place,) = executor.lookup(["forkrepl_deadly_handlers"])
    (shared,) = _POINTER.unpack(executor.read_memory(place, _POINTER.size)) if place else (0,)
    if not shared:
        return 0, 0
    memory = executor.read_memory(ExecutorAddress(shared), _IDENTITY.size)
    function, argument = _IDENTITY.unpack(memory)
    return function, argument
