"""Which installed library has what nothing defines, for a message."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Literal

from runtime.protocol.machine import OWN_MACHINE

# For all symbols of a message: of the processor's time, which a busy machine does not change, and
# by the clock, where folders are slow.
_MOST_TIME = 0.4  # s
_LONGEST = 4  # s
_MOST_SYMBOLS = 20  # that are looked for
_MOST_NAMED = 3  # of a library's

How = Literal["%lib ", "-l"]
"""How a library is asked for: at a prompt, on a command line."""


def library_hints(
    symbols: Iterable[str], folders: Sequence[str], how: How, machine: int = OWN_MACHINE
) -> list[str]:
    """A line for each library that has some: ``crc32 is in libz: %lib z``. ``machine``: the
    ``e_machine`` of what lacks them."""
    from runtime.objects.demangle import demangle  # seldom needed
    from runtime.objects.dynamic_symbols import library_with
    from runtime.objects.library_folders import library_folders

    began, used = time.monotonic(), time.thread_time()

    def is_late() -> bool:
        return time.thread_time() - used > _MOST_TIME or time.monotonic() - began > _LONGEST

    where = library_folders(folders, machine)
    owned: dict[str, list[str]] = {}
    for symbol in list(symbols)[:_MOST_SYMBOLS]:
        library = library_with(symbol, where, is_late)
        if library:
            owned.setdefault(library, []).append(demangle(symbol))
    return [_line(library, names, how) for library, names in owned.items()]


def _line(library: str, names: list[str], how: How) -> str:
    shown = ", ".join(names[:_MOST_NAMED])
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    verb = "is" if len(names) == 1 else "are"
    return f"{shown}{more} {verb} in lib{library}: {how}{library}"
