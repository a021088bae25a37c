"""The recipes of CONTRIBUTING.md, carried out on a copy of the tree."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.support.runtime import ROOT

_BLOCK = re.compile(
    r"^```\w+ recipe=(\w+) file=(\S+?)(?: (after|before)=\"((?:\\.|[^\"])*)\")?\n(.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_COPIED = ("repl", "runtime", "platform_support", "CMakeLists.txt")


@dataclass(frozen=True, slots=True)
class Change:
    """Text that goes into a file: after or before the only line that begins with
    ``anchor``, or all of a new file."""

    recipe: str
    file: str
    side: str
    anchor: str
    text: str

    def apply(self, root: Path) -> None:
        path = root / self.file
        if not self.side:
            assert not path.exists(), f"{self.file} is there already"
            path.write_text(self.text)
            return
        lines = path.read_text().splitlines(keepends=True)
        places = [at for at, line in enumerate(lines) if line.startswith(self.anchor)]
        assert len(places) == 1, f"{self.file} has {len(places)} lines {self.anchor!r}"
        lines.insert(places[0] + (self.side == "after"), self.text)
        path.write_text("".join(lines))


def changes() -> list[Change]:
    """All of them, in the order of the document."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    return [
        Change(recipe, file, side, anchor.replace('\\"', '"'), block)
        for recipe, file, side, anchor, block in _BLOCK.findall(text)
    ]


def changed_tree(folder: Path) -> Path:
    """A copy of the sources in ``folder``, with the changes of all recipes."""
    for name in _COPIED:
        source = ROOT / name
        if source.is_dir():
            left_out = shutil.ignore_patterns("__pycache__", "_native")
            shutil.copytree(source, folder / name, ignore=left_out)
        else:
            shutil.copy(source, folder / name)
    for change in changes():
        change.apply(folder)
    return folder
