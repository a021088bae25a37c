"""Clang's answer to the question where the inputs of a text end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

Rest = Literal["nothing", "unknown", "incomplete", "open", "value", "wrong"]
"""What comes after the inputs whose ends are known:

``nothing`` but comments; ``unknown``: it depends on what these inputs mean; an ``incomplete``
input; one that is complete but ``open``: the next line may go on with it; a ``value``: an
expression without ``;``, with which the next line may go on; an input that no more text
makes right: ``wrong``.
"""


class InputEnds(Struct, frozen=True):
    """See ``frontend_process/input_end.h``. ``ends``: begin and end of each input, as offsets in
    the bytes of the text. ``missing``: the closing bracket that the end of the text waits for,
    or nothing. ``file`` and ``line``: where the last input that Clang has parsed ended, as its
    ``#line`` directives have it."""

    rest: Rest
    ends: tuple[tuple[int, int], ...] = ()
    missing: str = ""
    file: str = ""
    line: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether more lines are not needed, or do not help."""
        return self.rest != "incomplete"


AskEnds = Callable[[bytes], InputEnds]
