"""What a fuzz target is, and what it finds."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Protocol

Case = list[bytes]
"""Its pieces, which a target gives their meaning: lines, keys, messages, kinds of damage.
Whatever is left when some are taken away is a case as well."""


class World(Protocol):
    """Where the cases of a target are tried, one after another, until one is a find."""

    def make(self, random: Random) -> Case:
        """Another case."""

    def try_case(self, case: Case) -> str:
        """How it ended, in a word or two. Whatever it raises is a find."""

    def close(self) -> None:
        """End all that it has started."""


@dataclass(frozen=True, slots=True)
class Target:
    """``open``: makes a world in an empty folder. ``remembers``: a case may fail only because
    of those before it. ``seconds``: after which a case counts as one that never ends."""

    name: str
    about: str
    open: Callable[[Path], World]
    seconds: int
    remembers: bool = False


@dataclass(frozen=True, slots=True)
class Find:
    """``cases``: what to try again, in a new world; ``told``: what is wrong with the last one.
    ``seed`` and ``number``: how it was made first."""

    target: str
    seed: int
    number: int
    cases: list[Case]
    told: str

    @property
    def line(self) -> str:
        """The kind of it, for people, in one line."""
        raised = re.findall(r"^\w[\w.]*: .*$", self.told, re.MULTILINE)
        return str(raised[-1] if raised else self.told.strip().rpartition("\n")[2])[:300]

    @property
    def kind(self) -> str:
        """The same for all finds that are probably one."""
        return re.sub(r"0x[0-9a-f]+|\d+|'.*'|\".*\"", "#", self.line)[:80]

    def save(self, path: Path) -> None:
        """Write what ``--replay`` reads."""
        cases = [[base64.b64encode(piece).decode() for piece in case] for case in self.cases]
        shown = [[repr(piece)[:200] for piece in case] for case in self.cases]
        about = {"target": self.target, "seed": self.seed, "number": self.number}
        text = json.dumps({**about, "told": self.told, "cases": cases, "shown": shown}, indent=1)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")


def load(path: Path) -> Find:
    """What ``Find.save`` has written."""
    read = json.loads(path.read_text())
    cases = [[base64.b64decode(piece) for piece in case] for case in read["cases"]]
    return Find(read["target"], read["seed"], read["number"], cases, read["told"])
