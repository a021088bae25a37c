"""Precompiled headers for tests: a small cache, and whether it has been used."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from repl import native_programs
from repl.caching.entries import _Entry
from repl.clang.flags import NEWEST_STANDARDS
from repl.clang.header_cache.builder import build
from repl.clang.header_cache.storage import HeaderCache, cacheable_flags
from tests.support.leaks import MARK, living
from tests.support.program import TIMEOUT, Completed, Run

FLAGS = ["-xc++", f"-std={NEWEST_STANDARDS['c++']}"]
"""What Clang gets if no option is given."""


def make_cache(
    home: Path, wanted: Sequence[Sequence[str]], flags: Sequence[str] = FLAGS
) -> HeaderCache:
    """A cache with these entries; ``home`` is what ``XDG_CACHE_HOME`` is to be."""
    known = cacheable_flags(flags)
    assert known is not None
    cache = HeaderCache(home / "forkrepl", native_programs.frontend(), known)
    build(cache, wanted, lambda _: None)
    assert all(cache.find(headers) for headers in wanted)
    return cache


def forget_use(cache: HeaderCache) -> None:
    """From now on, ``was_used`` counts."""
    for description in cache.folder.glob("*.json"):
        os.utime(description, (0, 0))


def was_used(cache: HeaderCache, headers: Sequence[str]) -> bool:
    """Whether the entry has been used since ``forget_use``."""
    return cache.path(headers).with_suffix(".json").stat().st_mtime > 0


def damage(cache: HeaderCache, headers: Sequence[str]) -> None:
    """Change one byte in the middle of an entry, as a failing disk may do."""
    path = cache.path(headers)
    contents = bytearray(path.read_bytes())
    contents[len(contents) // 2] ^= 0xFF
    path.write_bytes(contents)


class CachedProgram:
    """A program in a folder, and a cache."""

    def __init__(self, forkrepl: Run, folder: Path) -> None:
        self._forkrepl = forkrepl
        self._folder = folder
        self.home = folder / "cache"

    def headers(self, *flags: str) -> HeaderCache:
        """Those of programs."""
        return HeaderCache(
            self.home / "forkrepl",
            native_programs.frontend(),
            [*FLAGS, *flags, "-O0"],
            for_programs=True,
        )

    def run(self, text: str, *options: str, mark: str = "", **environment: str) -> Completed:
        (self._folder / "program.cpp").write_text(text)
        return self._forkrepl(
            *options,
            "program.cpp",
            timeout=4 * TIMEOUT,
            XDG_CACHE_HOME=str(self.home),
            **{MARK: mark},
            **environment,
        )

    def compiled(self) -> list[_Entry]:
        """What is kept of each program, the newest last."""
        paths = (self.home / "forkrepl" / "programs").iterdir()
        by_age = sorted(paths, key=lambda path: path.stat().st_mtime_ns)
        return [msgspec.msgpack.decode(path.read_bytes(), type=_Entry) for path in by_age]

    def make(self, headers: Sequence[str]) -> HeaderCache:
        """These headers, precompiled."""
        cache = self.headers()
        build(cache, [headers], lambda _: None)
        assert cache.find(headers) is not None
        forget_use(cache)
        return cache


def builder_has_ended(mark: str) -> bool:
    """Whether the process that makes entries has ended; it gets more than the time that the
    other tests leave."""
    for pid in living(mark):
        with suppress(OSError):
            os.sched_setscheduler(pid, os.SCHED_OTHER, os.sched_param(0))
            os.setpriority(os.PRIO_PROCESS, pid, 0)
    return not living(mark)
