"""Functions of Python's that C++ calls: see ``call_python`` in ``repl/python/glue.hpp``."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from repl.display.python_values import EnumValue
from repl.python.errors import CallError
from repl.python.frame import ARGUMENT, FIRST_SLOT, FRAME
from repl.python.results import (
    BOOL,
    FLOATING,
    NOTHING,
    REFERENCE,
    SIGNED,
    TEXT,
    UNSIGNED,
    read_result,
)
from repl.python.spelling import HasArgument

if TYPE_CHECKING:
    from repl.python.results import Reader

_WORD = struct.Struct("<Q")
_ANSWER = struct.Struct("<QQQ")
_SIGNED_ANSWER = struct.Struct("<QqQ")
_FLOAT_ANSWER = struct.Struct("<Qd")
_MOST_ARGUMENTS = FRAME // ARGUMENT - 1


class Callbacks:
    """Gives functions their numbers, by which C++ knows them, and calls them.

    A function that C++ has been given is kept for good: C++ may have stored it.
    """

    def __init__(self, reader: Callable[[], Reader]) -> None:
        """``reader``: of the arguments of a call."""
        self._reader = reader
        self._functions: list[Callable[..., Any]] = []
        self._numbers: dict[int, int] = {}  # by identity
        self._raised: BaseException | None = None

    def number_of(self, function: Callable[..., Any]) -> int:
        """The number of a function, the same each time."""
        number = self._numbers.get(id(function))
        if number is None:
            number = self._numbers[id(function)] = len(self._functions)
            self._functions.append(function)
        return number

    def take_raised(self) -> BaseException | None:
        """What the last function has raised, once."""
        raised, self._raised = self._raised, None
        return raised

    def serve(self, block: memoryview, number: int, offset: int) -> bool:
        """Call a function, whose arguments are in the frame at an offset, and put there what it
        returns: whether it has returned."""
        try:
            if not (number < len(self._functions) and 0 <= offset <= len(block) - FRAME):
                raise CallError("the program calls a function that it was not given")
            (count,) = _WORD.unpack_from(block, offset)
            reader = self._reader()
            places = range(offset + ARGUMENT, offset + FRAME, ARGUMENT)
            arguments = [
                read_result(block, at, {}, reader) for at in places[: min(count, _MOST_ARGUMENTS)]
            ]
            self._answer(block, offset, self._functions[number](*arguments))
        except BaseException as error:  # it goes through the frames of C++, and on in Python
            self._raised = error
            return False
        return True

    def _answer(self, block: memoryview, offset: int, value: Any) -> None:
        match value:
            case None:
                _ANSWER.pack_into(block, offset, NOTHING, 0, 0)
            case bool():
                _ANSWER.pack_into(block, offset, BOOL, int(value), 0)
            case int() if -(1 << 63) <= value < 1 << 63:
                _SIGNED_ANSWER.pack_into(block, offset, SIGNED, value, 0)
            case int() if 0 <= value < 1 << 64:
                _ANSWER.pack_into(block, offset, UNSIGNED, value, 0)
            case EnumValue():
                _SIGNED_ANSWER.pack_into(block, offset, SIGNED, value.value, 0)
            case float():
                _FLOAT_ANSWER.pack_into(block, offset, FLOATING, value)
            case str():
                self._put(block, offset, TEXT, 0, value.encode("utf-8", "surrogateescape"))
            case bytes():
                self._put(block, offset, TEXT, 0, value)
            case HasArgument():
                name = value._cpp_shown_type.removeprefix("const ").encode()
                self._put(block, offset, REFERENCE, value._cpp_place(), name)
            case _ if hasattr(value, "item"):  # a number of numpy's
                self._answer(block, offset, value.item())
            case _:
                raise CallError(f"C++ can make nothing of a returned {type(value).__name__}")

    def _put(self, block: memoryview, offset: int, tag: int, value: int, text: bytes) -> None:
        if FIRST_SLOT + len(text) >= FRAME:
            raise CallError(f"a text of {len(text)} bytes is too long to be returned to C++")
        _ANSWER.pack_into(block, offset, tag, value, len(text))
        at = offset + FIRST_SLOT
        block[at : at + len(text)] = text
        block[at + len(text)] = 0
