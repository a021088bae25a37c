"""The tokens that open a listener: what they look like, and that no program inherits one."""

from __future__ import annotations

import re
from collections.abc import Mapping

VARIABLE = "FORKREPL_TOKEN"
"""Of the environment: where the shell finds the token of ``--connect``."""

# A file that has such a line and nothing else is one that a listener has written.
_MADE = re.compile(r"forkrepl-[\w-]{43}\n", re.ASCII)


def make_token() -> str:
    """A new one, of 32 random bytes."""
    import secrets  # takes time to import

    return f"forkrepl-{secrets.token_urlsafe(32)}"


def was_written_by_us(contents: str) -> bool:
    """Whether a file has what listeners write into one, and nothing else."""
    return _MADE.fullmatch(contents) is not None


def without_token(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for a program that is not to know the token."""
    return {name: value for name, value in environment.items() if name != VARIABLE}
