"""How an argument is written in an expression of C++, and how its value gets into the frame of a
call.

What is to be called is left to Clang. As some ways to write an argument fit more parameters than
others, each has several, and they are tried in this order:

0. for a function that has one declaration: a number that has to fit, or it is an OverflowError;
1. as it is: the overload is chosen as in C++;
2. objects are passed as pointers, lists are made vectors;
3. objects may be references or pointers, each as it fits, arrays are made vectors, lists what
   stands in braces, and a text is a character or has wide ones;
4. objects may be moved from, texts are pointers to wide characters.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from repl.python.frame import Frame

if TYPE_CHECKING:
    from runtime.addresses import ExecutorAddress

LEVELS = 5

Pack = Callable[[Frame, int], None]


class Argument(Struct, frozen=True):
    """``key``: what the wrapper depends on. ``spellings``: one for each level, in which ``#``
    is the number of the slot, and ``@`` that of the ``function`` of Python's that it is;
    ``pack``: writes the value into that. ``slots``: how many it takes. ``typed``: the first level
    at which it has a type that a template may be instantiated with."""

    key: Hashable
    spellings: tuple[str, ...]
    pack: Pack
    slots: int = 1
    function: Callable[..., Any] | None = None
    typed: int = 0

    def spelled(self, level: int, first: int) -> str:
        """The expression. ``first``: the number of its slot."""
        return self.spellings[min(level, len(self.spellings) - 1)].replace("#", str(first))


class HasArgument:
    """An object that says itself what it is as an argument."""

    __slots__ = ()

    _cpp_type: str

    @property
    def _cpp_shown_type(self) -> str:
        return self._cpp_type

    def _cpp_owner(self) -> Any:
        """What must live as long as that which this is, or points at; None if nobody knows."""
        return None

    def _cpp_argument(self) -> Argument:
        raise NotImplementedError

    def _cpp_place(self) -> ExecutorAddress:
        """Where it is. Raises GoneError."""
        raise NotImplementedError
