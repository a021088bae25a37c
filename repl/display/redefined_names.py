"""Names of what has been redefined, as the user has written them.

The frontend (``frontend_process/shadowing.cpp``) gives the new ``S`` an ABI tag, which
demangled names show as ``S[abi:redefined7]``, and in C the symbol ``f.redefined7``.
"""

from __future__ import annotations

import re

_MARK = re.compile(r"\[abi:redefined\d+\]|\.redefined\d+\b")


def as_written(text: str) -> str:
    """A demangled name, or a message that contains some, without these marks."""
    return _MARK.sub("", text)
