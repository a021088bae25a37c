"""The precompiled headers of a FILE that is a program: the same in all, and never in its way."""

from __future__ import annotations

from pathlib import Path

import pytest

from repl.clang.header_cache.standard_headers import leading_includes
from tests.support.cache import CachedProgram, builder_has_ended, damage, forget_use, was_used
from tests.support.leaks import living, wait_for

HEADERS = ("iostream", "map")
TEXT = """// A program.
#include <iostream>
/* These two
   are cached. */
#include <map>
#define NUMBER {number}
#include <vector>
int main(int argc, char **argv) {{
  std::map<int, std::vector<int>> m;
  m[1].push_back(NUMBER);
  std::cout << m[1][0] << std::endl;
}}
"""
BROKEN = {
    "in the file": "#include <iostream>\n#include <map>\nint main() { std::cot << 1; }\n",
    "in an instance": (
        "#include <iostream>\n#include <map>\n"
        "struct N { N(const N &) = delete; };\n"
        "int main() { std::map<N, int> m; m[N()]; std::cout << N(); }\n"
    ),
    "a warning": (
        "#include <iostream>\n#include <map>\nint main() { int a; return a = 0; 1 == 2; }\n"
    ),
    "not a program": "#include <iostream>\n#include <map>\nstd::cout << 1 << std::endl;\n// main\n",
}


def test_they_are_made_after_the_second_time(cached: CachedProgram) -> None:
    mark = "second time"
    cache = cached.headers()
    assert cached.run(TEXT.format(number=1), mark=mark).stdout == "1\n"
    assert (living(mark), cache.find(HEADERS)) == ([], None)
    assert cached.run(TEXT.format(number=2), mark=mark).stdout == "2\n"
    assert wait_for(lambda: builder_has_ended(mark), 60)
    assert cache.find(HEADERS) is not None
    forget_use(cache)
    assert cached.run(TEXT.format(number=7)).stdout == "7\n"
    assert was_used(cache, HEADERS)


def test_what_is_run_as_it_was_needs_none(cached: CachedProgram) -> None:
    for _ in range(4):
        cached.run(TEXT.format(number=1))
    assert not list(cached.headers().folder.glob("*.pch"))


def test_without_the_cache(cached: CachedProgram) -> None:
    for number in range(3):
        cached.run(TEXT.format(number=number), "--no-cache")
    assert not cached.home.exists()


@pytest.mark.parametrize("name", BROKEN)
def test_messages_are_those_without(cached: CachedProgram, name: str) -> None:
    cache = cached.make(HEADERS)
    with_cache = cached.run(BROKEN[name])
    assert was_used(cache, HEADERS) or name == "not a program"
    without = cached.run(BROKEN[name], "--no-cache")
    assert (with_cache.stdout, with_cache.stderr) == (without.stdout, without.stderr)
    assert with_cache.returncode == without.returncode


def test_an_entry_that_is_damaged(cached: CachedProgram) -> None:
    cache = cached.make(HEADERS)
    damage(cache, HEADERS)
    result = cached.run(TEXT.format(number=5))
    assert (result.stdout, result.stderr) == ("5\n", "")
    assert cache.find(HEADERS) is None


def test_a_program_depends_on_what_is_in_them(cached: CachedProgram) -> None:
    cached.make(HEADERS)
    cached.run(TEXT.format(number=5))
    for entry in cached.compiled():
        files = {Path(each).name for each in entry.dependencies.files}
        assert {"iostream", "map", "stl_map.h", "vector"} <= files
        assert not any(each.endswith(".pch") for each in entry.dependencies.files)


def test_other_flags_have_their_own(cached: CachedProgram) -> None:
    cache = cached.make(HEADERS)
    text = "#include <iostream>\n#include <map>\nint main() { std::cout << __cplusplus; }\n"
    assert cached.run(text, "-std=c++20").stdout == "202002"
    assert cached.run(text, "-DNDEBUG", "-std=c++14").stdout == "201402"
    assert not was_used(cache, HEADERS)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("#include <map>\n#include <vector> // two\n", ["p:1", "p:2"]),
        ("\n/* a */ #include <map> /* b\n c */\n#include <set>\n", ["p:2", "p:4"]),
        ("// a /* b\n#include <map>\n", ["p:2"]),
        ("#include <map>\n#define A 1\n#include <set>\n", ["p:1"]),
        ('#include <map>\n#include "mine.h"\n#include <set>\n', ["p:1"]),
        ("int a;\n#include <map>\n", []),
        ("#define A /*\n*/ 1\n#include <map>\n", []),
        ("/* open\n#include <map>\n", []),
        ("#!/usr/bin/env forkrepl\n", []),
    ],
)
def test_which_includes_come_first(text: str, places: list[str]) -> None:
    assert [each.place for each in leading_includes(text.encode(), "p")] == places
