"""What can go wrong between Python and C++, besides what ``Session.run`` raises."""

from __future__ import annotations

from repl.errors import ShellError


class CallError(ShellError, TypeError):
    """Clang finds no way to use a function, a class or an operator with these arguments."""


class GoneError(ShellError, ReferenceError):
    """An object is used that is not in the program any more: it, or its class, was undone, or
    the program is as it was before it was made."""


class UnknownNameError(ShellError, AttributeError):
    """Nothing of this name is declared."""
