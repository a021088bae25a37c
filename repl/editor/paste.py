"""What is pasted into the prompt."""

from __future__ import annotations

import re

_PROMPT = re.compile(
    r"(?:In ?\[\d+\]:|[ \t]*\.\.\.:|>>>|\.\.\.|clang-repl(?:>|\.\.\.)|\[cling\][$!](?: \?)?)"
    r"(?: |$)"
)


def strip_pasted_prompts(text: str) -> str:
    """Remove the prompts of a pasted session, if every line that is not blank begins with one."""
    lines = text.split("\n")
    stripped = []
    for line in lines:
        match = _PROMPT.match(line)
        if match is None and line.strip():
            return text
        stripped.append(line[match.end() :] if match else line)
    return "\n".join(stripped)


def normalize_line_ends(text: str) -> str:
    """What terminals paste has carriage returns."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
