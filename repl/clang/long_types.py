"""Long names of types in a line that Clang has printed."""

from __future__ import annotations

import re

from repl.display.brackets import with_depth
from repl.display.names import as_users_write

_LONGEST_LINE = 160  # characters
_BEYOND_ALL_TYPES = 100_000  # such a line has something else in it, and takes long
_LONGEST_NAME = 50  # of one that is worth to be cut
_QUOTED = re.compile(r"'([^'\x1b]*)'")


def elide_types(line: str) -> str:
    """The line; if it is long, without default arguments of templates in it, and as far as
    need be with the innermost arguments as ``...``."""
    if not _LONGEST_LINE < len(line) <= _BEYOND_ALL_TYPES:
        return line
    line = _QUOTED.sub(lambda quoted: f"'{as_users_write(quoted[1])}'", line)
    depth = max(map(_depth, _QUOTED.findall(line)), default=0)
    while len(line) > _LONGEST_LINE and depth > 0:
        depth -= 1
        line = _without_depth(line, depth)
    return line


def _without_depth(line: str, most: int) -> str:
    return _QUOTED.sub(lambda quoted: f"'{_cut(quoted[1], most)}'", line)


def _depth(name: str) -> int:
    return max((depth for _, _, depth in with_depth(name)), default=0)


def _cut(name: str, most: int) -> str:
    """Without what is within more brackets than that, if it is long."""
    if len(name) <= _LONGEST_NAME:
        return name
    kept = ""
    for _, token, depth in with_depth(name):
        if depth <= most:
            kept += token
        elif not kept.endswith("..."):
            kept += "..."
    return kept
