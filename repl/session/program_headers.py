"""The precompiled headers of a file that is a program: those that it includes first.

They are made after the file has been compiled for the second time: who runs a file once has
no use for them. (What is run again as it was is not compiled at all: ``program_cache``.)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress

from repl import native_programs
from repl.caching.folder import cache_folder
from repl.caching.stamps import Dependencies
from repl.clang.flags import is_c
from repl.clang.header_cache.builder import BackgroundBuild
from repl.clang.header_cache.instances import (
    OBJECT_NAME,
    InstanceCache,
    KeptInstances,
    ProgramText,
)
from repl.clang.header_cache.standard_headers import leading_includes
from repl.clang.header_cache.storage import HeaderCache, cacheable_flags, drop
from repl.errors import SetupError
from repl.session.object_symbols import symbols_of

_PLACE = re.compile(r"/<precompiled>:(\d+)")
# To Clang the precompiled header is itself included.
_FROM_FILE = re.compile(
    r"^In file included from .*:\d+:\n(?=In file included from /<precompiled>:)", re.MULTILINE
)


class ProgramHeaders:
    """``flags``: what Clang is to be told of them, nothing if there is no entry."""

    def __init__(self, text: bytes, name: str, clang_flags: Sequence[str]) -> None:
        self._program = ProgramText(name, tuple(clang_flags), text)
        self._lacks_instances = False
        folder, kept = cache_folder(), cacheable_flags(clang_flags)
        self._includes = leading_includes(text, name)
        self._headers = tuple(each.header for each in self._includes)
        self._cache: HeaderCache | None = None
        # C's headers are parsed in no time.
        if folder is not None and kept is not None and self._headers and not is_c(clang_flags):
            program = native_programs.frontend()
            self._cache = HeaderCache(folder, program, kept, for_programs=True)
        self._path = self._cache.find(self._headers) if self._cache else None
        self._instances = KeptInstances()
        if self._cache is not None and self._path is not None:
            self._instances = InstanceCache(self._cache, self._headers).find()

    @property
    def known_instances(self) -> bytes:
        """Those that Clang need not compile, if it is told of ``flags``."""
        return self._instances.symbols if self._path else b""

    def needed_instances(self, name: str, objects: Sequence[bytes]) -> tuple[bytes, ...]:
        """What a program of these objects, compiled with ``known_instances``, is to be linked
        with."""
        left = list(self._instances.objects) if self._path else []
        if not left:
            return ()
        own, chosen = [symbols_of(name, code) for code in objects], []
        wanted = set().union(*(each.needs for each in own))
        wanted.difference_update(*(each.defined for each in own))
        while found := [each for each in left if wanted & symbols_of(OBJECT_NAME, each).defined]:
            chosen += found
            left = [each for each in left if each not in found]
            wanted.update(*(symbols_of(OBJECT_NAME, each).needs for each in found))
        return tuple(chosen)

    @property
    def flags(self) -> list[str]:
        """For Clang."""
        return ["-include-pch", str(self._path)] if self._path else []

    def is_good(self, status: int, messages: str) -> bool:
        """Whether a run of Clang with ``flags`` can be believed. If not, the entry goes."""
        if self._cache is None or self._path is None:
            return True
        if status >= 0 and str(self._path) not in messages and self._cache.is_intact(self._path):
            return True
        drop(self._path)
        self._path = None
        return False

    def with_places(self, messages: str) -> str:
        """Clang's messages, which name the places of the user's includes."""
        if self._path is None:
            return messages
        places = [each.place for each in self._includes]
        return _PLACE.sub(lambda match: _place(places, int(match[1])), _FROM_FILE.sub("", messages))

    def added_to(self, dependencies: Dependencies | None) -> Dependencies | None:
        """What a program depends on that was compiled with them."""
        if self._cache is None or self._path is None or dependencies is None:
            return dependencies
        more = self._cache.depends_on(self._path)
        files = {path: was for path, was in dependencies.files.items() if path != str(self._path)}
        return Dependencies(more.files | files, more.folders | dependencies.folders)

    def note_missing_instances(self, number: int) -> None:
        """So many instances had to be compiled that could be kept."""
        self._lacks_instances = number > 0

    def make_missing(self) -> None:
        """Have an entry made, by a process that may outlive this one, if it was missed before;
        and its instances, if this program has some that are not kept."""
        if self._cache is None:
            return
        if self._path is None:
            is_wished = self._cache.wish(self._headers)
        else:
            instances = InstanceCache(self._cache, self._headers)
            is_wished = self._lacks_instances and instances.is_of_use()
        if is_wished:
            with suppress(SetupError):  # another time
                BackgroundBuild(self._cache, [self._headers], outlives=True, program=self._program)


def _place(places: Sequence[str], number: int) -> str:
    return places[number - 1] if 0 < number <= len(places) else f"/<precompiled>:{number}"
