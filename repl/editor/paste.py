"""What is pasted into the prompt."""

from __future__ import annotations

import re

from msgspec import Struct

from repl.input.open_brackets import unclosed_bracket


class _Prompts(Struct, frozen=True):
    """How a shell's session looks. ``first``: what an input begins with; ``next``: its further
    lines. ``is_glued``: output without a newline stands before a prompt."""

    first: re.Pattern[str]
    next: re.Pattern[str]
    is_glued: bool = False


_SHELLS = [
    _Prompts(re.compile(r"In ?\[\d+\]:(?: |$)"), re.compile(r"[ \t]*\.\.\.:(?: |$)")),
    _Prompts(re.compile(r">>>(?: |$)"), re.compile(r"\.\.\.(?: |$)")),
    _Prompts(
        re.compile(r"clang-repl>(?: |$)"), re.compile(r"clang-repl\.\.\.(?: |$)"), is_glued=True
    ),
    _Prompts(
        re.compile(r"\[cling\][$!]+(?: (?!\? )|$)"),
        re.compile(r"\[cling\][$!]+ \?(?: |$)"),
        is_glued=True,
    ),
    _Prompts(
        re.compile(r"root \[\d+\](?: |$)"),
        re.compile(r"root \(cont'ed, cancel with \.@\) ?\[\d+\] ?"),
        is_glued=True,
    ),
    # Further lines of Julia's have blanks, as output may: they count in open brackets.
    _Prompts(re.compile(r"julia>(?: |$)"), re.compile(r" {7}")),
]
_ENDS = re.compile(r"(?:\.q|%(?:quit|exit)|(?:quit|exit)(?:\(\))?);?\Z")


def inputs_of_transcript(text: str) -> list[str] | None:
    """The inputs of a pasted session, without prompts and outputs; None if it is none: if it
    does not begin with a prompt.

    A last input that leaves the session is not among them.
    """
    lines = text.strip("\n").split("\n")
    indentation = len(lines[0]) - len(lines[0].lstrip())
    lines = [line[min(indentation, len(line) - len(line.lstrip())) :] for line in lines]
    shell = next((each for each in _SHELLS if each.first.match(lines[0])), None)
    if shell is None:
        return None
    inputs = [each for each in _taken(shell, lines) if each.strip()]
    if len(inputs) > 1 and _ENDS.match(inputs[-1].strip()):
        inputs.pop()
    return inputs


def _taken(shell: _Prompts, lines: list[str]) -> list[str]:
    inputs: list[str] = []
    takes_next = False  # the line before was of an input
    for line in lines:
        first = _find(shell.first, line, shell.is_glued)
        next_ = None if first else _find(shell.next, line, shell.is_glued)
        if first:
            inputs.append(line[first.end() :].rstrip())
            takes_next = True
        elif next_ and takes_next and (next_[0].strip() or unclosed_bracket(inputs[-1])):
            inputs[-1] += "\n" + line[next_.end() :].rstrip()
        elif line.strip() or not unclosed_bracket(inputs[-1]):
            takes_next = False
    return [each.rstrip("\n") for each in inputs]


def _find(prompt: re.Pattern[str], line: str, is_glued: bool) -> re.Match[str] | None:
    return prompt.search(line) if is_glued else prompt.match(line)


class PastedInputs:
    """The inputs of the last session that was pasted."""

    def __init__(self) -> None:
        self._inputs: list[str] = []

    def take(self, data: str) -> str:
        """What a paste puts at the prompt."""
        text = normalize_line_ends(data)
        inputs = inputs_of_transcript(text)
        if inputs is None:
            return text
        self._inputs = inputs
        return "\n".join(inputs)

    def inputs_in(self, text: str) -> list[str]:
        """The inputs that a text at the prompt is: several if it is a session that was pasted."""
        if self._inputs and text.strip() == "\n".join(self._inputs).strip():
            return self._inputs
        # It may have been typed, or the terminal does not mark what is pasted.
        return inputs_of_transcript(text) or [text]


def normalize_line_ends(text: str) -> str:
    """What terminals paste has carriage returns."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
