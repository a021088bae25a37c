"""Errors as IPython shows them: without what is between the user's line and Clang."""

from __future__ import annotations

import traceback
import types
from collections.abc import Iterator
from contextlib import contextmanager

from IPython.core.getipython import get_ipython

from repl.commands.context import Shell
from repl.jupyter.errors import error_content
from runtime.errors import ForkreplError

_RENDER = "_render_traceback_"
"""IPython's name for what an exception has to say of itself."""

_OURS = ("repl", "runtime", "platform_support", "forkrepl")
_OF_IPYTHON = ("IPython", "ipykernel")


def show_as_in_a_notebook(shell: Shell | None, error: BaseException) -> None:
    """Of an error in a cell of C++ the message is all, as no line of Python is its cause."""
    text = error_content(shell, error)["traceback"]
    setattr(error, _RENDER, lambda: text)


def hide_our_frames(*, hide: bool) -> None:
    """From now on tracebacks of all our errors show the user's lines only, or all again."""
    if hide:
        setattr(ForkreplError, _RENDER, _render)
    elif _RENDER in vars(ForkreplError):
        delattr(ForkreplError, _RENDER)


def _render(error: BaseException) -> list[str]:
    """As IPython does it for other errors, with the user's lines only."""
    ipython = get_ipython()
    users = None
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        if _package(frame) not in (*_OURS, *_OF_IPYTHON):
            users = types.TracebackType(users, frame, frame.f_lasti, line)
    if ipython is None or users is None:
        return error_content(None, error)["traceback"]
    with _without_context(error):
        shown: list[str] = ipython.InteractiveTB.structured_traceback(
            type(error), error, users, tb_offset=0
        )
    return shown


@contextmanager
def _without_context(error: BaseException) -> Iterator[None]:
    """What led to the error is ours, too."""
    before = error.__cause__, error.__context__, error.__suppress_context__
    error.__cause__ = error.__context__ = None
    try:
        yield
    finally:
        error.__cause__, error.__context__, error.__suppress_context__ = before


def _package(frame: types.FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]
