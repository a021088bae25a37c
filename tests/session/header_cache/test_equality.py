"""With precompiled headers everything is as without: values, messages, symbols."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import llvmlite.binding as llvm
import pytest

from repl import native_programs
from repl.clang.frontend import Frontend
from repl.clang.header_cache.storage import HeaderCache
from repl.clang.precompiled_headers import PrecompiledHeaders
from repl.errors import CompileError
from repl.input.source import Source
from tests.support.cache import forget_use, make_cache, was_used
from tests.support.program import Run

# What is said about it has to be the same, too.
CPP = r"""
#include <iostream>
#include <vector> // a comment
int y1 = 1, index = 2, data = 3;
y1 + index + data
std::vector<int> v{1, 2, 3};
v
v.push_back("x")
std::map<int, int> m;
std::vector<const int> bad;
std::sqrt(2.0)
_GLIBCXX_VECTOR
__COUNTER__
#ifdef _GLIBCXX_MAP
#error "what has not been included is there"
#endif
static int n = 1;
++n
n
struct P { int x; } p{1};
struct P { double x; } p{2.5};
p.x
int abs = 3;
abs
typedef int size_t;
#include <map>
std::map<std::string, int> m{{"a", 1}};
m.size()
template <class T> auto twice(T t) { return t + t; }
twice(std::string("ab"))
auto f = [](std::vector<int> &w) { for (int &i : w) i *= 2; return w.size(); };
f(v)
std::cout << v[0] << v[2] << std::endl;
static_cast<bool>(std::cout)
inline std::string text = "inline";
text
std::vector<P> ps(3);
ps.at(7)
ps.size() < -1
namespace std { int mine = 4; }
std::mine
using namespace std;
vector<string> words{"x", "y"};
words.back()
#include <iostream>
#include <no_such_header>
#define vector list
vector<int> l;
#undef vector
int initial() { std::puts("initialized"); return 7; }
static int once = initial();
++once
once
""".strip().splitlines()

C = r"""
#include <stdio.h>
#include <math.h>
double y = sqrt(2.0);
y
int y1 = 1;
printf("%g\n", y);
stdout != 0
INFINITY
strlen("x")
""".strip().splitlines()


def _joined(lines: Sequence[str]) -> list[str]:
    """A conditional group is one input."""
    inputs: list[str] = []
    for line in lines:
        if inputs and inputs[-1].startswith("#if") and not inputs[-1].endswith("#endif"):
            inputs[-1] += "\n" + line
        else:
            inputs.append(line)
    return inputs


def _symbols(bitcode: bytes) -> list[tuple[str, str, bool]]:
    """Name, linkage, and whether it is only declared, of all that a module has.

    The function that initializes a module's variables has the number of the module, and
    those of includes do not count if nobody parses them.
    """
    if not bitcode:
        return []
    module = llvm.parse_bitcode(bitcode)
    return sorted(
        (
            re.sub(r"^_GLOBAL__sub_I_.*", "initializer", each.name),
            each.linkage.name,
            each.is_declaration,
        )
        for each in [*module.functions, *module.global_variables]
    )


def _without_addresses(text: str) -> str:
    return re.sub(r"0x[0-9a-f]+", "ADDRESS", text)


def _answers(frontend: Frontend, inputs: Sequence[str]) -> Iterator[object]:
    for number, text in enumerate(inputs, 1):
        try:
            parsed = frontend.parse(Source(text, f"In[{number}]"))
        except CompileError as error:
            yield text, str(error)
        else:
            symbols = _symbols(parsed.bitcode)
            yield (
                text,
                symbols,
                parsed.value.type if parsed.value else None,
                parsed.warnings,
                # Only told where it matters: when there is code that may run again.
                parsed.declares if symbols else None,
            )


@pytest.mark.parametrize(
    ("flags", "lines", "entries"),
    [
        (["-xc++", "-gline-tables-only"], CPP, [["iostream"], ["iostream", "vector"]]),
        (["-xc++", "-std=c++20", "-Wall"], CPP, [["iostream"]]),
        (["-xc"], C, [["stdio.h", "math.h"]]),
    ],
    ids=["two entries", "one entry, other flags", "C"],
)
def test_clang_answers_the_same(
    tmp_path: Path, flags: list[str], lines: list[str], entries: list[list[str]]
) -> None:
    inputs = _joined(lines)
    cache = make_cache(tmp_path, entries, flags)
    forget_use(cache)
    answers = []
    for precompiled in (PrecompiledHeaders(None), PrecompiledHeaders(cache)):
        program = native_programs.frontend()
        with Frontend(program, flags, redefinition=True, precompiled=precompiled) as frontend:
            answers.append(list(_answers(frontend, inputs)))
    for without, cached in zip(*answers, strict=True):
        assert cached == without
    assert all(was_used(cache, headers) for headers in entries)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> HeaderCache:
    wanted = [["iostream"], ["iostream", "vector"], ["vector"]]
    return make_cache(tmp_path_factory.mktemp("cache"), wanted)


def test_a_session_prints_the_same(forkrepl: Run, cache: HeaderCache) -> None:
    inputs = "\n".join([*CPP, "%undo 2", "%restart", "n", "v", ""])
    forget_use(cache)
    home = str(cache.folder.parent)
    cached = forkrepl(input=inputs, timeout=60, XDG_CACHE_HOME=home)
    without = forkrepl("--no-cache", input=inputs, timeout=60, XDG_CACHE_HOME=home)
    assert _without_addresses(cached.stdout) == _without_addresses(without.stdout)
    assert cached.stderr == without.stderr
    assert cached.returncode == without.returncode
    assert "(std::vector<int>)" in cached.stdout
    assert was_used(cache, ["iostream", "vector"])


def test_a_script_prints_the_same(tmp_path: Path, forkrepl: Run, cache: HeaderCache) -> None:
    (tmp_path / "main.cpp").write_text(
        "// first\n\n#include <vector>\n#include <iostream>\n"
        "std::vector<int> v{4};\nstd::cout << v[0] << '\\n';\n"
    )
    (tmp_path / "wrong.cpp").write_text("\n#include <vector>\nstd::vector<const int> v;\n")
    forget_use(cache)
    home = str(cache.folder.parent)
    assert forkrepl("main.cpp", XDG_CACHE_HOME=home).stdout == "4\n"
    cached = forkrepl("wrong.cpp", XDG_CACHE_HOME=home)
    assert cached.stderr == forkrepl("wrong.cpp", "--no-cache", XDG_CACHE_HOME=home).stderr
    assert "In file included from wrong.cpp:2:\n" in cached.stderr
    assert was_used(cache, ["vector"])


def test_what_a_flag_includes_reaches_the_program(tmp_path: Path, forkrepl: Run) -> None:
    """It comes to Clang as a precompiled header does."""
    (tmp_path / "mine.h").write_text(
        '#include <cstdio>\nint n = 5;\nstruct M { M() { puts("made"); } } m;\n'
    )
    result = forkrepl("-include", "mine.h", input="n\n++n\n")
    assert (result.stdout, result.stderr) == ("made\n(int) 5\n(int) 6\n", "")
