"""What the documentation shows is what the program does: its sessions are typed into it."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest

from repl.commands import COMMANDS
from tests.support.program import EXAMPLES, OpenShell, pattern_of

DOCUMENTS = [EXAMPLES.parent / "README.md", *sorted(EXAMPLES.rglob("*.md"))]
GUIDE = EXAMPLES / "guide"

_FENCED = re.compile(r"^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PROMPT = re.compile(r"^In\[(\d+)\]: (.*)$")
_START = re.compile(r"\$ forkrepl (.*)$", re.MULTILINE)
_CONTINUATION = re.compile(r"^ +\.\.\.: ?(.*)$")


@dataclass(slots=True)
class Shown:
    """An input of a session, and the lines that are shown to follow it. ``options``: what the
    program is shown to have been started with, of the first one."""

    number: int
    lines: list[str]
    output: list[str]
    options: tuple[str, ...] = ()


def sessions(path: Path) -> list[list[Shown]]:
    """The sessions of a document; one that begins with another number than 1 goes on."""
    found: list[list[Shown]] = []
    for block in _FENCED.findall(path.read_text()):
        inputs: list[Shown] = []
        started = _START.match(block)
        options = tuple(shlex.split(started[1])) if started else ()
        for line in block.splitlines():
            if match := _PROMPT.match(line):
                inputs.append(Shown(int(match[1]), [match[2]], [], options))
            elif inputs and not inputs[-1].output and (match := _CONTINUATION.match(line)):
                inputs[-1].lines.append(match[1])
            elif inputs:
                inputs[-1].output.append(line)
        if inputs and inputs[0].number == 1:
            found.append(inputs)
        elif inputs:
            found[-1] += inputs
    return found


CASES = [
    pytest.param(session, id=f"{path.relative_to(EXAMPLES.parent)}-{at}")
    for path in DOCUMENTS
    for at, session in enumerate(sessions(path), 1)
]


@pytest.mark.parametrize("session", CASES)
def test_a_session_that_is_shown(session: list[Shown], open_shell: OpenShell) -> None:
    shell = open_shell("--quiet", *session[0].options)
    for shown in session:
        assert shell.number == shown.number
        # Lines are indented by the editor as well: blanks do not count.
        printed = shell.run_lines(*(line.strip() for line in shown.lines))
        assert matches(printed, shown.output), f"{shown.lines}: {printed!r}"


def matches(printed: str, expected: list[str]) -> bool:
    return re.fullmatch(pattern_of(expected), printed.rstrip("\n"), re.DOTALL) is not None


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md"])
def test_who_begins_is_not_asked_to_read_much(name: str) -> None:
    assert len((EXAMPLES.parent / name).read_text().splitlines()) <= 200


def test_the_guide_lists_its_pages() -> None:
    listed = set(re.findall(r"\]\(([\w-]+\.md)\)", (GUIDE / "README.md").read_text()))
    assert listed | {"README.md"} == {path.name for path in GUIDE.glob("*.md")}


def test_the_guide_tells_of_every_command() -> None:
    page = (GUIDE / "commands.md").read_text()
    told = set(re.findall(r"`(%\w+|[?!])", page)) | set(re.findall(r"[` ](\.[\w?]+)", page))
    assert {command.name for command in COMMANDS.values()} - told == set()
