"""Which call the cursor is in: a look at the text, before Clang is asked."""

from __future__ import annotations

import re
from typing import NamedTuple

_LOOKED_AT = 4000  # characters before the cursor
_TOKEN = re.compile(
    r"""(?P<hidden> //[^\n]* | /\*.*?(?:\*/|\Z) | "(?:\\.|[^"\\\n])*(?:"|\Z|(?=\n))
                  | '(?:\\.|[^'\\\n])*(?:'|\Z|(?=\n)) )
      | (?P<word> \w+(?:'\w+)* ) | (?P<open> [([{] ) | (?P<close> [)\]}] ) | (?P<comma> , )
      | (?P<space> \s+ ) | (?P<other> . )""",
    re.VERBOSE | re.DOTALL,
)
_WORDS = (
    "if while for switch catch return sizeof alignof alignas decltype noexcept typeid case else "
    "throw delete and or not co_return co_yield co_await"
)
_NO_FUNCTIONS = frozenset(_WORDS.split())


class CallSite(NamedTuple):
    """``argument``: where the current argument begins, an offset into the text."""

    begin: int
    argument: int


class _Bracket(NamedTuple):
    text: str
    offset: int
    argument: int
    is_call: bool


def find_call(text: str, cursor: int) -> CallSite | None:
    """The innermost call whose arguments the cursor is among, if the innermost bracket is one."""
    begin = 0
    if cursor > _LOOKED_AT:
        begin = text.find("\n", cursor - _LOOKED_AT, cursor) + 1 or cursor - _LOOKED_AT
    open_brackets: list[_Bracket] = []
    callable_before = False  # whether what comes before could be called
    for token in _TOKEN.finditer(text, begin, cursor):
        kind = token.lastgroup
        if kind == "open":
            is_call = token.group() == "(" and callable_before
            bracket = _Bracket(token.group(), token.start(), token.end(), is_call)
            open_brackets.append(bracket)
        elif kind == "close" and open_brackets:
            open_brackets.pop()
        elif kind == "comma" and open_brackets:
            open_brackets[-1] = open_brackets[-1]._replace(argument=token.end())
        if kind != "space":
            callable_before = (
                kind == "word" and token.group() not in _NO_FUNCTIONS
            ) or token.group() in (")", "]", ">")
    if not open_brackets or not open_brackets[-1].is_call:
        return None
    return CallSite(open_brackets[-1].offset, open_brackets[-1].argument)
