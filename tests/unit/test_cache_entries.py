"""What lies in the cache in the place of an entry may be anything: then there is no entry."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from repl.caching.entries import Entries, key_of
from repl.caching.stamps import Dependencies
from repl.clang.header_cache import builder
from repl.clang.header_cache.storage import HeaderCache
from tests.fuzz.time_limit import time_limit

MOST = 1 << 20
NOTHING = Dependencies({}, {})


def make_huge(path: Path) -> None:
    """It takes no room on the disk."""
    path.touch()
    os.truncate(path, 1 << 42)


ODD: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "folder": Path.mkdir,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "itself": lambda path: path.symlink_to(path.name),
    "nothing": Path.touch,
    "text": lambda path: path.write_text("nonsense"),
    "terabytes": make_huge,
}


@pytest.mark.parametrize("kind", ODD)
def test_no_entry(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "cache"
    entries, key = Entries(folder, MOST), key_of("something")
    entries.store(key, b"payload", NOTHING)
    assert entries.find(key) == b"payload"
    (folder / key).unlink()
    ODD[kind](folder / key)
    with time_limit(60):
        assert entries.find(key) is None
        entries.store(key, b"again", NOTHING)
        assert entries.find(key) == (None if kind == "folder" else b"again")


@pytest.mark.parametrize("kind", ODD)
def test_no_header(tmp_path: Path, kind: str) -> None:
    """Neither its description nor itself; nor is a lock waited for that is none."""
    cache = HeaderCache(tmp_path / "cache", Path("/bin/false"), ["-xc++"])
    for number, suffix in enumerate((".json", ".pch")):
        headers = [f"header{number}"]
        cache.folder.mkdir(mode=0o700, exist_ok=True)
        made = cache.folder / "made.pch"
        made.write_bytes(b"contents")
        cache.store(headers, made, "")
        path = cache.path(headers)
        assert cache.is_intact(path)
        path.with_suffix(suffix).unlink()
        ODD[kind](path.with_suffix(suffix))
        with time_limit(60):
            assert cache.find(headers) is None or not cache.is_intact(path)
    ODD[kind](cache.folder / "lock")
    with time_limit(60), contextlib.suppress(builder.BuildFailed):
        builder.build(cache, [], lambda _: None)
