"""What the controller and the code generator say to each other.

Each message is one of these as JSON, with bytes beside it (``framing``).
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class Generate(Struct, frozen=True):
    """Of the bytes beside it, which are LLVM's, an object at -O``level``.

    ``modules``: the sizes of the modules that they are, which are to be joined, in order.
    ``foreign``: they are the user's, not Clang's; ``output``: "assembly" and "ir" ask for text of
    what would become an object.
    """

    level: int
    modules: tuple[int, ...]
    foreign: bool = False
    output: Literal["object", "assembly", "ir"] = "object"


class Generated(Struct, frozen=True):
    """The bytes beside it are what was asked for, or ``error`` says why there are none;
    ``unreadable``: it is about foreign code."""

    error: str | None = None
    unreadable: bool = False
