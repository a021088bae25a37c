"""How deep the next line is, while somebody types: quickly, and at worst not pretty."""

from __future__ import annotations

import re

_SKIPPED = re.compile(
    r"""//[^\n]* | /\*.*?(?:\*/|\Z) | (?<!\w)(?:u8|[uUL])?R"([^()\\\s"]{0,16})\(.*?(?:\)\1"|\Z)
    | "(?:[^"\\\n]|\\.)*+"? | (?<!\w)'(?:[^'\\\n]|\\.)*+'?""",
    re.VERBOSE | re.DOTALL,
)
_OPENS_RAW_STRING = re.compile(r'R"([^()\\\s"]{0,16})\((?!.*\)\1")', re.DOTALL)


def open_braces(text: str) -> int:
    """How many braces are open at the end of ``text``.

    None where white space would change a raw string or a spliced line.
    """
    if text.endswith("\\") or _OPENS_RAW_STRING.search(text):
        return 0
    code = _SKIPPED.sub(" ", text)
    return max(code.count("{") + code.count("<%") - code.count("}") - code.count("%>"), 0)


def has_open_brackets(text: str) -> bool:
    """Whether a bracket of any kind is open: what an editor sees that has nobody to ask."""
    code = _SKIPPED.sub(" ", text)
    return any(code.count(opener) > code.count(closer) for opener, closer in ("()", "[]", "{}"))
