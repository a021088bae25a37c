"""Exceptions that nobody expects, raised within the real program when a test wants it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

_VARIABLE = "FORKREPL_TEST_RAISES"

_CUSTOMIZATION = f"""\
import importlib
import os
import sys
from pathlib import Path

def _instead(place, original, switch):
    def raising(*arguments, **named):
        if switch.exists():
            where, *exceptions = switch.read_text().split("\\n")
            if where == place:
                switch.with_suffix(".raised").touch()
                if exceptions[1:]:
                    switch.write_text("\\n".join([where, *exceptions[1:]]))
                raise eval(exceptions[0])
        return original(*arguments, **named)
    return raising

if any(word.endswith("/bin/forkrepl") for word in sys.orig_argv):
    switch, *places = os.environ.pop({_VARIABLE!r}).split("|")
    for place in places:
        module, _, path = place.partition(":")
        *owners, name = path.split(".")
        owner = importlib.import_module(module)
        for each in owners:
            owner = getattr(owner, each)
        setattr(owner, name, _instead(place, getattr(owner, name), Path(switch)))
"""


class Mishaps:
    """``places``: ``MODULE:NAME`` each, of a function or a method that shall raise.
    ``environment``: of the program in which that happens."""

    def __init__(self, folder: Path, places: Sequence[str]) -> None:
        path = folder / "customization"
        path.mkdir()
        (path / "sitecustomize.py").write_text(_CUSTOMIZATION)
        self._switch = folder / "raise"
        self._raised = self._switch.with_suffix(".raised")
        self.environment = {
            "PYTHONPATH": str(path),
            _VARIABLE: "|".join([str(self._switch), *places]),
        }

    def begin(self, place: str, *exceptions: str) -> None:
        """From now on that place raises these, as expressions, one after another; and the last
        one for ever."""
        self._raised.unlink(missing_ok=True)
        new = self._switch.with_suffix(".new")
        new.write_text("\n".join([place, *exceptions]))
        os.replace(new, self._switch)

    def has_happened(self) -> bool:
        """Whether the place has raised."""
        return self._raised.exists()

    def end(self) -> None:
        """All is well again."""
        self._switch.unlink()
