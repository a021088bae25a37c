"""What the user is told of a reload."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from repl.display.names import as_users_write
from repl.display.redefined_names import as_written
from repl.session.shapes import Changes

_MOST_NAMES = 8
_OF_LIBRARY = re.compile(r"(^|[ *&])(std|__gnu_cxx)::")


class ReloadReport(Struct, frozen=True):
    """``replaced``: symbols of functions whose callers come to the new version; ``stay``: of
    those for which code that was compiled before goes on with the old one; ``initialized``:
    symbols of variables that began anew, or are new."""

    changes: Changes
    replaced: Sequence[str] = ()
    stay: Sequence[str] = ()
    initialized: Sequence[str] = ()

    def text(self, files: Sequence[str]) -> str:
        """``files``: what was reloaded, as it is called."""
        names = _names(self.replaced)
        new = f"{_listed(names)} replaced" if names else "no function has changed"
        lines = [f"reloaded {', '.join(files)}: {new}"]
        for name in self.changes.classes:
            lines.append(f"the layout of {name} has changed")
        anew = [self.changes.variables[symbol] for symbol in self.initialized]
        if any(anew):
            lines.append(f"initialized anew: {_listed([each for each in anew if each])}")
        stay = _names(self.stay)
        if stay:
            lines.append(
                f"code that was compiled before goes on with the old version of {_listed(stay)}"
            )
        return "\n".join(lines)


def _names(symbols: Sequence[str]) -> list[str]:
    from runtime.objects.demangle import demangle

    names = {as_users_write(as_written(demangle(symbol))) for symbol in symbols}
    return sorted(name for name in names if not _OF_LIBRARY.search(re.split("[<(]", name)[0]))


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
