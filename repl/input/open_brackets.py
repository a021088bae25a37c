"""Brackets that are open in a text, counted without a parser: for the indentation, and where
nobody can be asked."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SKIPPED = r"""(?xs)
    //[^\n]* | /\*.*?(?:\*/|\Z) | (?<!\w)(?:u8|[uUL])?R"([^()\\\s"]{0,16})\(.*?(?:\)\1"|\Z)
    | "(?:[^"\\\n]|\\.)*+"? | (?<!\w)'(?:[^'\\\n]|\\.)*+'?"""
_OPENS_RAW_STRING = r'(?s)R"([^()\\\s"]{0,16})\((?!.*\)\1")'


def open_braces(text: str) -> int:
    """How many braces are open at the end of ``text``.

    None where white space would change a raw string or a spliced line.
    """
    if text.endswith("\\") or re.search(_OPENS_RAW_STRING, text):
        return 0
    code = re.sub(_SKIPPED, " ", text)
    return max(code.count("{") + code.count("<%") - code.count("}") - code.count("%>"), 0)


def unclosed_bracket(text: str) -> str:
    """A closing bracket that the end of ``text`` waits for, or nothing."""
    code = re.sub(_SKIPPED, " ", text)
    for opener, closer in ("()", "[]", "{}"):
        if code.count(opener) > code.count(closer):
            return closer
    return ""


def opening_of(text: str, closer: str) -> tuple[str, int]:
    """The innermost bracket that waits for this one, and in which line, from 0, it is."""
    opener = "([{"[")]}".index(closer)]
    opened = []
    for row, line in enumerate(re.sub(_SKIPPED, _blank_lines, text).split("\n")):
        for character in line:
            if character == opener:
                opened.append(row)
            elif character == closer and opened:
                opened.pop()
    return opener, opened[-1] if opened else 0


def lines_outside_brackets(text: str) -> Iterator[tuple[int, str]]:
    """The lines that begin outside of brackets, without comments and literals; each with its
    row, from 0."""
    depth = 0
    for row, line in enumerate(re.sub(_SKIPPED, _blank_lines, text).split("\n")):
        if depth <= 0:
            yield row, line
        depth += sum(map(line.count, "([{")) - sum(map(line.count, ")]}"))


def _blank_lines(skipped: re.Match[str]) -> str:
    return " " + "\n" * skipped[0].count("\n")
