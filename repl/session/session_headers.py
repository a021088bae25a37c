"""A session's precompiled headers: which it may use, and when the missing ones are made."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from repl import native_programs
from repl.caching.folder import cache_folder
from repl.clang.flags import is_c
from repl.clang.header_cache.storage import HeaderCache, cacheable_flags
from repl.clang.precompiled_headers import Headers, PrecompiledHeaders
from repl.configuration.session_options import SessionOptions, frontend_flags
from repl.errors import SetupError
from repl.private_folders import is_private_folder

if TYPE_CHECKING:
    from repl.clang.header_cache.builder import BackgroundBuild

_COMMON: tuple[Headers, ...] = (
    ("vector",),
    ("string",),
    ("iostream",),
    ("map",),
    ("algorithm",),
    ("bits/stdc++.h",),
)


def find_cache(options: SessionOptions) -> HeaderCache | None:
    """The cache for a session; None if there can be none with these flags."""
    folder = cache_folder() if options.cache else None
    flags = cacheable_flags(frontend_flags(options))
    return (
        HeaderCache(folder, native_programs.frontend(), flags)
        if folder and flags is not None
        else None
    )


def common_headers(cache: HeaderCache) -> tuple[Headers, ...]:
    """What is made without being asked for. C's headers are parsed in no time."""
    return () if is_c(cache.flags) else _COMMON


def find_caches(options: SessionOptions) -> list[HeaderCache]:
    """``find_cache``, and that of scripts, which have no assertions."""
    of_scripts = replace(options, library_assertions=False)
    differ = frontend_flags(options) != frontend_flags(of_scripts)
    caches = map(find_cache, [options, of_scripts] if differ else [options])
    return [cache for cache in caches if cache is not None]


class SessionHeaders:
    """A context manager: leaving it ends what is being made."""

    def __init__(self, options: SessionOptions) -> None:
        self.precompiled = PrecompiledHeaders(find_cache(options))
        self._options = options
        self._may_build = options.interactive
        self._build: BackgroundBuild | None = None
        self._to_make: list[tuple[HeaderCache, list[Headers]]] = []
        self._has_looked = False  # for the common ones

    def __enter__(self) -> SessionHeaders:
        return self

    def __exit__(self, *_: object) -> None:
        if self._build is not None:
            self._build.close()

    def use(self, options: SessionOptions) -> None:
        """The flags are others now."""
        self.precompiled.cache = find_cache(options)
        self._options = options

    def build(self) -> bool:
        """Begin to make what has been missed, if there is anything and nothing is being
        made; whether it has begun. Only in an interactive session."""
        if not self._may_build or (self._build and self._build.is_running):
            return False
        self._note_missing()
        if not self._to_make:
            return False
        from repl.clang.header_cache.builder import BackgroundBuild  # hardly ever

        cache, wishes = self._to_make.pop(0)
        if self._build is not None:
            self._build.close()
        try:
            self._build = BackgroundBuild(cache, wishes)
        except SetupError:  # too many processes: another time
            self._may_build = False
        return self._build is not None

    def _note_missing(self) -> None:
        """What is to be made: for this session first, then for scripts."""
        wishes, self.precompiled.wishes = self.precompiled.wishes, []
        looks, self._has_looked = not self._has_looked, True
        if self.precompiled.cache is None or not (looks or wishes):
            return
        for number, cache in enumerate(find_caches(self._options)):
            common = common_headers(cache) if looks else ()
            missing = [each for each in common if not cache.has(each)]
            # What this session has missed may be there, and no longer valid.
            missing += [each for each in wishes if number == 0 or not cache.has(each)]
            if missing and _is_writable(cache.folder):
                self._to_make.append((cache, missing))


def _is_writable(folder: Path) -> bool:
    if os.path.lexists(folder) and not is_private_folder(folder):
        return False
    existing = next(path for path in (folder, *folder.parents) if os.path.exists(path))
    return os.access(existing, os.W_OK)
