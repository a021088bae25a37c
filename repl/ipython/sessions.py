"""The sessions that cells run in, each with its shell."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from importlib import import_module
from typing import cast

from msgspec.structs import replace

from repl.configuration.settings import Settings
from repl.errors import ShellError
from repl.jupyter.notebook_shell import NotebookShell
from repl.python.session import Session
from repl.session.choices import chosen_options
from repl.shell.run_input import evaluate


def begin(flags: Sequence[str], *, is_c: bool = False) -> Session:
    """A session for somebody who types: the program's output comes line by line, and ``exit``
    ends an input only. Raises ShellError for flags that are none."""
    options = chosen_options({"language": "c" if is_c else "c++", "flags": flags})
    return Session(replace(options, shows_lines=True, survives_exit=True))


class Sessions:
    """That of ``%%cpp``, which is ``forkrepl.default_session``, and that of ``%%c``."""

    def __init__(self) -> None:
        self._shells: weakref.WeakKeyDictionary[Session, NotebookShell] = (
            weakref.WeakKeyDictionary()
        )
        self._of_c: Session | None = None
        self._began_with: dict[bool, list[str]] = {}

    def get(self, flags: list[str], *, is_new: bool, is_c: bool) -> Session:
        """The session of a cell with these flags. Raises ShellError if the one that there is has
        others."""
        before = self._began_with.get(is_c)
        if is_new or (before is None and flags):
            session = begin(flags, is_c=is_c)
            self._set(session, is_c=is_c)
            self._began_with[is_c] = flags
            return session
        if flags and flags != before:
            has = f"with {' '.join(before)}" if before else "without options"
            raise ShellError(
                f"the session has begun {has}; --new {' '.join(flags)} begins another, in which "
                "nothing is declared"
            )
        self._began_with.setdefault(is_c, flags)
        return self._current(is_c=is_c)

    def begun(self, *, is_c: bool) -> Session | None:
        """The session, if a cell has used it."""
        return self._current(is_c=is_c) if is_c in self._began_with else None

    def shell(self, session: Session) -> NotebookShell:
        """The commands, and what has been typed so far."""
        if session not in self._shells:
            with session.borrowed() as live:
                shell = NotebookShell(live, evaluate, colour=True, settings=Settings())
            self._shells[session] = shell
        return self._shells[session]

    def _current(self, *, is_c: bool) -> Session:
        if not is_c:
            return cast("Session", import_module("forkrepl").default_session())
        if self._of_c is None:
            self._of_c = begin([], is_c=True)
        return self._of_c

    def _set(self, session: Session, *, is_c: bool) -> None:
        if is_c:
            self._of_c = session
        else:
            import_module("forkrepl").set_default_session(session)
