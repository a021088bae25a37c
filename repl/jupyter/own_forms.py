"""What a type's own functions say it looks like: ``forkrepl_mime``, or xeus's
``mime_bundle_repr``. They are found as C++ finds them, and run in the program."""

from __future__ import annotations

import sys
from typing import Any

import msgspec

from repl.commands.context import Shell
from repl.commands.types import type_of
from repl.errors import ShellError
from runtime.errors import RuntimeFailure

_FUNCTIONS = ("forkrepl_mime(_)", "mime_bundle_repr(_).dump()")


def own_forms(shell: Shell) -> dict[str, Any]:
    """Of the last value, by MIME type; none if its type has none. What goes wrong is told."""
    for call in _FUNCTIONS:
        function = call.partition("(")[0]
        reply = type_of(shell, call)
        if not reply.ok or not reply.category:
            continue
        try:
            return _checked(shell.session.value(call))
        except (ShellError, RuntimeFailure, ValueError) as error:
            print(f"{function}: {error}", file=sys.stderr, flush=True)
    return {}


def _checked(value: object) -> dict[str, Any]:
    """Raises ValueError if it is no dictionary of strings."""
    if isinstance(value, str):
        value = msgspec.json.decode(value)
    elif isinstance(value, list):
        value = dict(value)
    try:
        return msgspec.convert(value, dict[str, Any], str_keys=True)
    except msgspec.ValidationError:
        raise ValueError("it has to give texts by MIME type") from None
