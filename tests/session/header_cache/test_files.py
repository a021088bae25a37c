"""What may be wrong with the cache: it is done without, and nothing else happens."""

from __future__ import annotations

import json
import os
import resource
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from repl.caching.folder import cache_folder
from repl.clang.header_cache import builder as header_builder
from repl.clang.header_cache.standard_headers import includes_of
from repl.clang.header_cache.storage import HeaderCache, cacheable_flags
from tests.support.cache import FLAGS, damage, forget_use, make_cache, was_used
from tests.support.program import PROGRAM, Run

VECTOR = ["vector"]
INPUT = "#include <vector>\nstd::vector<int>{1, 2}.size() == 2\n"


@pytest.fixture
def cache(tmp_path: Path) -> HeaderCache:
    return make_cache(tmp_path / "cache", [VECTOR])


def use(forkrepl: Run, cache: HeaderCache, *arguments: str, cpath: str | None = None) -> bool:
    """Run a session that could use the entry: whether it has."""
    if cache.find(VECTOR):
        forget_use(cache)
    home = str(cache.folder.parent)
    if cpath is None:
        result = forkrepl(*arguments, input=INPUT, XDG_CACHE_HOME=home)
    else:
        result = forkrepl(*arguments, input=INPUT, XDG_CACHE_HOME=home, CPATH=cpath)
    assert (result.stdout, result.stderr) == ("(bool) true\n", "")
    return cache.has(VECTOR) and was_used(cache, VECTOR)


def truncate(cache: HeaderCache) -> None:
    os.truncate(cache.path(VECTOR), 1000)


def forge(cache: HeaderCache) -> None:
    """Contents of the right length and checksum that are no precompiled header."""
    path = cache.path(VECTOR)
    made = cache.folder / "made.pch"
    made.write_bytes(bytes(path.stat().st_size))
    cache.store(VECTOR, made, "")


def lose_description(cache: HeaderCache) -> None:
    cache.path(VECTOR).with_suffix(".json").write_text('{"size"')


@pytest.mark.parametrize("spoil", [lambda c: damage(c, VECTOR), truncate, forge, lose_description])
def test_a_damaged_entry(
    forkrepl: Run, cache: HeaderCache, spoil: Callable[[HeaderCache], None]
) -> None:
    spoil(cache)
    use(forkrepl, cache)
    # It does no harm a second time, and is made anew.
    header_builder.build(cache, [VECTOR], lambda _: None)
    assert use(forkrepl, cache)


def test_which_sessions_use_it(forkrepl: Run, cache: HeaderCache, tmp_path: Path) -> None:
    assert use(forkrepl, cache)
    assert not use(forkrepl, cache, "--no-cache")
    assert not use(forkrepl, cache, "-DX")
    assert not use(forkrepl, cache, "-std=c++20")
    (tmp_path / "include").mkdir()
    assert not use(forkrepl, cache, cpath=str(tmp_path / "include"))
    cache.folder.chmod(0o777)  # anybody may have put it there
    assert not use(forkrepl, cache)


def test_a_changed_header_makes_an_entry_invalid(tmp_path: Path) -> None:
    """So does a new file where Clang would have found it first."""
    cache = make_cache(tmp_path / "cache", [VECTOR])
    first, second = tmp_path / "first", tmp_path / "second"
    (second / "bits").mkdir(parents=True)
    first.mkdir()
    header = second / "bits" / "some.h"
    header.write_text("int a;")

    def store() -> None:
        made = cache.folder / "made.pch"
        made.write_bytes(b"contents")
        cache.store(VECTOR, made, f"file {header}\nfolder {first}\nfolder {second}\n")
        assert cache.find(VECTOR)

    store()
    header.write_text("int ab;")
    assert cache.find(VECTOR) is None
    store()
    (first / "bits").mkdir()
    assert cache.find(VECTOR) is None
    store()
    (first / "bits" / "some.h").touch()
    assert cache.find(VECTOR) is None
    store()
    header.unlink()
    assert cache.find(VECTOR) is None


def test_an_entry_is_for_one_program_and_its_flags(tmp_path: Path, cache: HeaderCache) -> None:
    other = tmp_path / "other-clang"
    other.write_text("another build of it")
    assert HeaderCache(cache.folder, cache.program, FLAGS).find(VECTOR)
    assert HeaderCache(cache.folder, other, FLAGS).find(VECTOR) is None
    assert HeaderCache(cache.folder, cache.program, [*FLAGS, "-O2"]).find(VECTOR) is None
    assert cache.find(["vector", "vector"]) is None
    depends_on = json.loads(cache.path(VECTOR).with_suffix(".json").read_bytes())["files"]
    clang = ("libclang", cache.program.name)  # which has Clang in itself, if it is static
    assert any(name in path for name in clang for path in depends_on)
    assert any(path.endswith("bits/stl_vector.h") for path in depends_on)


@pytest.mark.parametrize(
    ("flags", "known"),
    [
        (["-xc++", "-iquote", "."], ["-xc++"]),
        (["-gline-tables-only", "-gcolumn-info", "--colour-diagnostics"], []),
        (["-O2", "-Xclang", "-disable-llvm-passes"], ["-O2", "-Xclang", "-disable-llvm-passes"]),
        (["-std=gnu++20", "-Wall"], ["-std=gnu++20", "-Wall"]),
        (["-Wsystem-headers"], None),
        (["-Wp,-DX"], None),
        (["-I."], None),
        (["-include", "x"], None),
        (["-Xclang", "-load"], None),
        (["-stdlib=libc++"], None),
    ],
)
def test_flags_that_are_known_to_be_safe(flags: list[str], known: list[str] | None) -> None:
    assert cacheable_flags(flags) == known


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ("#include <vector>", ["vector"]),
        ("\n  # include <map> // for m\n#include <set>\n", ["map", "set"]),
        ('#include "vector"', []),
        ("#include <mine.h>", []),
        ("#include <vector>\nint x;", []),
        ("#include <vector> // goes on \\\nint x;", []),
        ("#include <vector> /* it", []),
        ("#define X\n#include <vector>", []),
    ],
)
def test_inputs_that_only_include(text: str, headers: list[str]) -> None:
    found = includes_of(f'#line 7 "a \\"b\\".cpp"\n{text}'.encode())
    assert [include.header for include in found] == headers
    assert all(include.place.startswith('a "b".cpp:') for include in found)


def test_no_home(forkrepl: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    result = forkrepl("--build-cache", HOME="", XDG_CACHE_HOME="")
    assert result.returncode == 1
    assert result.stderr.startswith("forkrepl: error: ")
    assert forkrepl("-c", "1", HOME="", XDG_CACHE_HOME="").stdout == "(int) 1\n"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert cache_folder() == Path("/home/somebody/.cache/forkrepl")


def test_no_folder_can_be_made(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    home = str(tmp_path / "file")
    result = forkrepl("--build-cache", XDG_CACHE_HOME=home)
    assert result.returncode == 1
    assert result.stderr == (
        f"forkrepl: error: cannot fill the cache: {home}/forkrepl: Not a directory\n"
    )
    assert forkrepl("-c", "1", XDG_CACHE_HOME=home).stdout == "(int) 1\n"


def test_options_that_cannot_be_cached(forkrepl: Run) -> None:
    result = forkrepl("--build-cache", "-I.")
    assert (result.returncode, result.stdout) == (1, "")
    assert "cannot be precompiled" in result.stderr


def test_a_full_disk(environment: dict[str, str], tmp_path: Path) -> None:
    """A limit to the size of files does what a full disk does."""
    done = subprocess.run(
        [PROGRAM, "--build-cache"],
        env=environment | {"XDG_CACHE_HOME": str(tmp_path)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("forkrepl: error: cannot fill the cache: ")
    assert done.stderr.count("\n") == 1
    assert [path.name for path in (tmp_path / "forkrepl").iterdir()] == ["lock"]


def test_old_entries_go(
    cache: HeaderCache, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    unused = cache.path(["an old one"])
    unused.write_bytes(bytes(1000))
    left = cache.folder / "making-1.pch"  # of a process that was killed
    left.touch()
    monkeypatch.setattr(header_builder, "_MOST_BYTES", cache.path(VECTOR).stat().st_size)
    header_builder.build(cache, [], lambda _: None)
    assert not unused.exists()
    assert not left.exists()
    assert cache.find(VECTOR)


def test_a_crash_of_clang_is_tried_again_without(forkrepl: Run, cache: HeaderCache) -> None:
    """The entry may be why; a crash that is not its fault is reported as ever."""
    home = str(cache.folder.parent)
    inputs = "#include <vector>\n#pragma clang __debug crash\nstd::vector<int>{1}.size() == 1\n"
    result = forkrepl(input=inputs, XDG_CACHE_HOME=home)
    assert result.stdout == "(bool) true\n"
    assert result.stderr.count("Clang crashed on this input") == 1
    assert not cache.has(VECTOR)
