"""What is shown of many diagnostics: the errors, and the best of what explains them.

Clang lists each candidate of an overload, each step of an instantiation and each folder on the way
to a header: after ``#include <bits/stdc++.h>`` that is 127 lines for ``v + 1``, with the error
itself far above the screen.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from repl.clang.long_types import elide_types
from repl.errors import Diagnostic

_MOST_LINES = 20  # of a screen of 24
_MOST_OF_USERS = 3  # candidates that are not the library's
_MOST_REASONS = 2
_MOST_OTHERS = 4  # notes without a role
_MOST_INCLUDES = 3
_SOURCE_LINE = re.compile(r"\s*\d* \| ")
_INCLUDED = re.compile(r"In file included from (.*):\d+:$")
_COLOUR = re.compile(r"\x1b\[[\d;]*m")


def brief(diagnostics: Sequence[Diagnostic], system_folders: Sequence[str]) -> str:
    """As Clang shows them, but few, and with headers of the system's as ``<vector>``. If there
    are more, a last line says how many."""
    groups = _groups(diagnostics)
    shown = _Shown(_Paths(system_folders))
    origins: list[_Place | None] = [None]
    for group in groups:
        origins.append(group.origin(origins[-1]))
    # Errors first: warnings must not take their place.
    for each in sorted(groups, key=lambda group: not group.is_error):
        shown.add(each, origins[each.index + 1])
    return shown.text()


_Place = tuple[str, int, int]


class _Group(Struct):
    """An error or a warning, with its notes; each of these with what explains it."""

    index: int  # among the groups
    head: Diagnostic
    notes: list[list[Diagnostic]]

    @property
    def is_error(self) -> bool:
        return self.head.is_error

    def origin(self, last: _Place | None) -> _Place | None:
        """Where the user has asked for what is wrong within a system's header. Clang does not say
        so again if it is where the ``last`` error came from."""
        if not self.head.system:
            return None
        steps = [first for first, *_ in self.notes if first.role == "step"]
        of_user = [step for step in steps if not step.system]
        if of_user:
            return of_user[0].file, of_user[0].line, of_user[0].column
        return None if steps else last


def with_notes(diagnostics: Sequence[Diagnostic]) -> list[list[Diagnostic]]:
    """Each error or warning, with its notes behind it."""
    groups: list[list[Diagnostic]] = []
    for each in diagnostics:
        if not groups or each.severity != "note":
            groups.append([])
        groups[-1].append(each)
    return groups


def _groups(diagnostics: Sequence[Diagnostic]) -> list[_Group]:
    groups: list[_Group] = []
    for head, *notes in with_notes(diagnostics):
        group = _Group(len(groups), head, [])
        for each in notes:
            if each.role == "reason" and group.notes:
                group.notes[-1].append(each)
            else:
                group.notes.append([each])
        groups.append(group)
    return groups


class _Shown:
    """What has been chosen to be shown, and how much has not."""

    def __init__(self, paths: _Paths) -> None:
        self._paths = paths
        self._texts: list[tuple[int, list[str]]] = []
        self._lines = 0
        self._hidden: Counter[str] = Counter()
        self._origins: set[_Place] = set()

    def add(self, group: _Group, origin: _Place | None) -> None:
        chosen, hidden = _choose(group.notes)
        texts = [self._paths.shorten(group.head, has_origin=origin is not None)]
        texts += [self._paths.shorten(note) for note in chosen]
        count = sum(text.count("\n") for text in texts)
        is_known = origin is not None and origin in self._origins
        if self._texts and (is_known or self._lines + count > _MOST_LINES):
            self._hidden["error" if group.is_error else "warning"] += 1
            hidden = Counter(_kind(note) for unit in group.notes for note in unit)
        else:
            self._texts.append((group.index, texts))
            self._lines += count
        if origin is not None:
            self._origins.add(origin)
        self._hidden += hidden

    def text(self) -> str:
        text = "".join(part for _, parts in sorted(self._texts) for part in parts)
        counts = [
            f"{count} more {kind}{'s' if count > 1 else ''}"
            for kind in ("error", "warning", "candidate", "note")
            if (count := self._hidden[kind])
        ]
        return text + (f"... and {', '.join(counts)}\n" if counts else "")


def _kind(note: Diagnostic) -> str:
    return "candidate" if note.role == "candidate" else "note"


def _choose(notes: list[list[Diagnostic]]) -> tuple[list[Diagnostic], Counter[str]]:
    """The notes to be shown, and how many of each kind are not."""
    by_role: dict[str, list[int]] = {}
    for index, (first, *_) in enumerate(notes):
        by_role.setdefault(first.role, []).append(index)
    wanted = {
        *_best_candidates(notes, by_role.pop("candidate", [])),
        *_best_steps(notes, by_role.pop("step", [])),
        *by_role.pop("hint", []),
    }
    others = sorted(index for indices in by_role.values() for index in indices)
    wanted.update(others[:_MOST_OTHERS])
    chosen: dict[tuple[_Place, str], Diagnostic] = {}
    hidden: Counter[str] = Counter()
    for index, (first, *reasons) in enumerate(notes):
        if index not in wanted:
            hidden.update(_kind(note) for note in (first, *reasons))
            continue
        most = _MOST_REASONS if len(reasons) > _MOST_REASONS + 1 else len(reasons)
        hidden["note"] += len(reasons) - most
        # The first says which constraint, the last why.
        for note in (first, *(reasons if most == len(reasons) else [reasons[0], reasons[-1]])):
            chosen.setdefault(((note.file, note.line, note.column), note.message), note)
    return list(chosen.values()), hidden


def _best_candidates(notes: list[list[Diagnostic]], all_: list[int]) -> list[int]:
    """Clang names the best first. Those of the user's are nearer to what is wrong."""
    if len(all_) <= 2:
        return all_
    of_users = [index for index in all_ if not notes[index][0].system]
    return of_users[:_MOST_OF_USERS] or all_[:1]


def _best_steps(notes: list[list[Diagnostic]], all_: list[int]) -> list[int]:
    """The innermost and the outermost of the user's, or the outermost of all."""
    of_users = [index for index in all_ if not notes[index][0].system]
    return of_users if len(of_users) <= 2 else [of_users[0], of_users[-1]]


class _Paths:
    """Makes ``<vector>:412`` of the whole path of a system's header."""

    def __init__(self, folders: Sequence[str]) -> None:
        longest_first = sorted(folders, key=len, reverse=True)
        self._folder = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
        self._path = re.compile(rf"(?:{self._folder.pattern})/+([^\s:'\"()]+)")

    def shorten(self, each: Diagnostic, *, has_origin: bool = False) -> str:
        """The text of a diagnostic. ``has_origin``: a note says how the user has come there,
        so nobody needs to know by which includes."""
        lines = []
        includes = 0
        for line in each.text.splitlines(keepends=True):
            plain = _COLOUR.sub("", line.rstrip("\n"))
            if included := _INCLUDED.fullmatch(plain):
                includes += 1
                is_system = self._folder.match(included[1]) is not None
                if has_origin or is_system or includes > _MOST_INCLUDES:
                    continue
            if not _SOURCE_LINE.match(plain):
                line = elide_types(self._path.sub(r"<\1>", line))
            lines.append(line)
        return "".join(lines)
