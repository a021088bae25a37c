"""Classic mistakes in one session with a sanitizer: what is reported of each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tests.support.program import Run

_PLACE = re.compile(r"-:(\d+)(:\d+)?")

_LINE = re.compile(r"\(line (\d+)\)")

CLASSIC = {
    "overflow of the heap": "int *heap = new int[3];\nheap[3] = 1;",
    "overflow of the stack": (
        "int third(int i) { int local[3] = {1, 2, 3}; return local[i]; }\nvolatile int got;\n"
        "got = third(3);"
    ),
    "overflow of a global": "int global[3];\nint index = 3;\nglobal[index] = 1;",
    "use after free": "int *freed = new int;\ndelete freed;\n*freed = 1;",
    "use after return": (
        "int *left;\nvoid leave() { int local = 3; left = &local; }\nleave();\n*left = 2;"
    ),
    "use after undo": "int *kept;\nint gone = 3; kept = &gone;\n%undo\n*kept = 1;",
    "double free": "int *twice = new int;\ndelete twice;\ndelete twice;",
    "signed overflow": "int most = 2147483647;\nmost + 1",
    "bad shift": "int width = 33;\n1 << width",
    "null member call": (
        "struct S { int v; int get() { return v; } };\nS *nobody = nullptr;\nnobody->get()"
    ),
    "data race": (
        "#include <thread>\nint shared;\nvoid count() { ++shared; }\n"
        "{ std::thread a(count), b(count); a.join(); b.join(); }"
    ),
}
"""Inputs, of which the last one is the mistake."""


@dataclass(frozen=True)
class Mistake:
    """``inputs``: the last ones are wrong; ``report``: all that is told, on both streams, where
    a line is counted from the first of the inputs, and columns are left out; or with
    ``is_part`` some of it."""

    inputs: str
    report: str
    is_part: bool = False


def run_mistakes(run: Run, mistakes: Mapping[str, Mistake], *flags: str) -> dict[str, str]:
    """What is told of each, all in one session, which goes on after each."""
    lines: list[str] = []
    first: dict[str, int] = {}
    for name, mistake in mistakes.items():
        first[name] = len(lines)
        lines += mistake.inputs.splitlines()
        # Both streams are seen, so that it is told in order.
        lines.append(f'"end of {name}"')
    result = run(
        *flags,
        input="\n".join(lines) + "\n",
        wrapper=("sh", "-c", 'exec "$@" 2>&1', "sh"),
    )
    told: dict[str, str] = {}
    rest = result.stdout
    for name in mistakes:
        text, found, rest = rest.partition(f'(const char[{len(name) + 8}]) "end of {name}"\n')
        assert found, result.stdout
        told[name] = _counted_from(first[name], text)
    return told


def _counted_from(first: int, text: str) -> str:
    """Without columns, and all blanks as one."""
    text = _PLACE.sub(lambda match: f"-:{int(match[1]) - first}", text)
    text = _LINE.sub(lambda match: f"(line {int(match[1]) - first})", text)
    return "\n".join(" ".join(line.split()) for line in text.splitlines())
