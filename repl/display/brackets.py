"""Where the brackets of a demangled name are."""

from __future__ import annotations

import re
from collections.abc import Iterator

# The `<` of `operator<` and the `>` of `->` are no brackets. The demangler writes
# `operator< <int>` for an instantiation of the first.
_TOKEN = re.compile(
    r"\boperator(?:\(\)|\[\]|->\*?|<=>|<<=?|>>=?|[<>]=?)(?: (?=<))?|->|.", re.DOTALL
)
_CLOSED_BY = {"<": ">", "(": ")", "[": "]", "{": "}"}


def with_depth(name: str, opening: str = "<") -> Iterator[tuple[int, str, int]]:
    """The characters of a name: where each is, itself, and how many brackets are open
    around it. A bracket is not around itself.

    ``->`` and the names of operators come in one piece. ``opening``: which brackets count.
    """
    closing = "".join(_CLOSED_BY[each] for each in opening)
    depth = 0
    for match in _TOKEN.finditer(name):
        token = match.group()
        if token in closing:
            depth = max(depth - 1, 0)
        yield match.start(), token, depth
        if token in opening:
            depth += 1
