"""``%load_ext forkrepl``: ``%%cpp`` cells and ``%cpp`` lines in IPython and in notebooks of Python.

Owns what IPython gets to see: the magics, variables that go in and out, errors, completion. What a
cell of C++ is and what its values look like is ``repl.jupyter``'s. Start reading at ``magics``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load(ipython: InteractiveShell) -> None:
    """Make the magics known."""
    from repl.ipython.extension import load_into  # with IPython, which only they need

    load_into(ipython)


def unload(ipython: InteractiveShell) -> None:
    """The same backwards. The session stays: it is ``forkrepl.default_session``."""
    from repl.ipython.extension import unload_from

    unload_from(ipython)
