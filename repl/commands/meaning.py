"""What a text is that could be meant in two ways: C++ or a command, a name or a wish."""

from __future__ import annotations

import re

from repl.clang.protocol import DescribeName
from repl.commands.catalogue import COMMAND_LINES
from repl.commands.context import Shell
from repl.commands.types import type_of
from repl.errors import ShellError

_NEGATION = re.compile(r"\s*!(?P<operand>.*?)[;\s]*", re.DOTALL)
_WISH = re.compile(r"\s*:?(?P<name>\w+)\s*(?P<call>\(\s*\))?[;\s]*")
_LEAVE = "%quit or Ctrl-D on an empty line leaves the shell"
_ADVICE = {
    "exit": f"{_LEAVE}; exit(0) ends your program, and the shell with it",
    "quit": _LEAVE,
    "q": _LEAVE,
    "help": "%help lists the commands, ?name tells what is known of a name",
    "clear": "%clear clears the screen (Ctrl-L does too)",
}


def is_command(shell: Shell, text: str) -> bool:
    """Whether an input is for the shell and not for Clang, who is asked about ``!flag``."""
    return COMMAND_LINES.is_command(text) and not _is_negation(shell, text)


def _is_negation(shell: Shell, text: str) -> bool:
    match = _NEGATION.fullmatch(text)
    if match is None:
        return False
    operand = match["operand"]
    try:
        if not _is_expression(shell, f"!{operand}"):
            return False
        # `!kill`: nobody asks whether there is a function.
        return not operand.isidentifier() or type_of(shell, operand).size > 0
    except ShellError:  # who runs it will learn why
        return False


def _is_expression(shell: Shell, code: str) -> bool:
    reply = type_of(shell, code)
    return reply.ok and bool(reply.category)


def advice_on(shell: Shell, text: str) -> str:
    """What to do, if somebody types ``exit`` or the like; nothing if that is C++."""
    match = _WISH.fullmatch(text)
    if match is None or match["name"] not in _ADVICE:
        return ""
    name = match["name"]
    found = shell.session.compiler.ask(DescribeName(), name).found
    # The C library's needs an argument, and alone would only be named.
    is_of_library = name == "exit" and not any(each.file.startswith("In[") for each in found)
    if found and not (is_of_library and all(each.kind == "function" for each in found)):
        return ""
    return f"{name}: {_ADVICE[name]}"
