"""What the program shows by ``forkrepl/display.hpp``: it writes a file, and a mark into its output.

A mark is a few bytes, which go into a pipe as a whole: so what is shown comes in order with what is
printed, also by other threads and forks, and is as large as need be.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from repl.jupyter.output import Mark
from repl.temporary_folders import TemporaryFolder

_VARIABLE = "FORKREPL_NOTEBOOK"
_BEGIN = b"\x1b]forkrepl;"
_LONGEST = 64  # bytes of a name
_MOST = 256 << 20  # bytes of a file


class Shown(Struct, frozen=True):
    """``data``: by MIME type; ``id``: by which it can be updated; ``wait``: of "clear"."""

    kind: Literal["display", "update", "clear"]
    data: dict[str, Any] = {}
    id: str = ""
    wait: bool = False


class Displays:
    """A folder for the files, of which the processes that are started from now on know.

    A context manager: leaving it removes the folder. An ``output.Marks``.
    """

    def __init__(self) -> None:
        self._made = TemporaryFolder("notebook")
        self._folder = self._made.path
        token = re.escape(os.fsencode(self._folder.name))
        self._start = _BEGIN + os.fsencode(self._folder.name) + b";"
        self._mark = re.compile(
            re.escape(_BEGIN) + token + rb";(?P<name>[0-9-]{1,%d})\x07" % _LONGEST
        )
        self._show: Callable[[Shown], None] = lambda shown: None

    def __enter__(self) -> Displays:
        os.environ[_VARIABLE] = str(self._folder)
        return self

    def __exit__(self, *_: object) -> None:
        os.environ.pop(_VARIABLE, None)
        self._made.remove()

    def begin(self, show: Callable[[Shown], None]) -> None:
        """``show`` is told from now on what is to be shown."""
        self._show = show

    def find(self, data: bytes) -> Mark | None:
        """See ``output.Marks``."""
        match = self._mark.search(data)
        return match and Mark(match.start(), match.end(), match["name"].decode())

    def possible_begin(self, data: bytes) -> int:
        """See ``output.Marks``."""
        begin = data.rfind(b"\x1b", max(len(data) - len(self._start) - _LONGEST, 0))
        if begin < 0:
            return len(data)
        rest = data[begin:]
        is_possible = self._start.startswith(rest) or (
            rest.startswith(self._start) and b"\x07" not in rest
        )
        return begin if is_possible else len(data)

    def obey(self, name: str) -> None:
        """See ``output.Marks``. What makes no sense is told as what it is."""
        path = self._folder / name
        try:
            contents = _read(path)
            shown = msgspec.json.decode(contents.decode("utf-8", "replace"), type=Shown)
        except (OSError, ValueError) as error:  # the program can write anything there
            text = f"<what the program wanted to show cannot be read: {error}>"
            shown = Shown("display", {"text/plain": text})
        self._show(shown)


def _read(path: Path) -> bytes:
    """The file, which goes. Raises OSError, and ValueError if it is too large."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:
        path.unlink()
        contents = file.read(_MOST + 1)
    if len(contents) > _MOST:
        raise ValueError(f"it is more than {_MOST >> 20} MiB")
    return contents
