"""Whatever an input does to Clang: what was there before works, and nothing of it stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from repl.configuration.session_options import SessionOptions
from repl.errors import CompileError, ShellError
from repl.input.source import Source
from repl.python.session import Session
from runtime.errors import RuntimeFailure
from tests.support.program import Run, values

BEFORE = [
    "#include <vector>",
    "#define SEVEN 7",
    "int kept = 42;",
    "int square(int n) { return n * n; }",
    "struct Point { int x, y; int sum() const { return x + y; } };",
    "template <class T> T twice(T v) { return v + v; }",
    "namespace deep { namespace er { int inside = 5; } }",
    "using namespace deep::er;",
    "std::vector<Point> points{{1, 2}, {3, 4}};",
    "auto lambda = [](int n) { return n + kept; };",
    "enum Colour { red, green };",
    "static int hidden = 9;",
    'extern "C" int in_c(int n) { return n; }',
]
ALL = (
    "kept + square(3) + points[1].sum() + twice(SEVEN) + inside + lambda(1) + green + hidden "
    "+ in_c(1)"
)
SUM = "(int) 131"

# Each declares `intruder`, or something that FREE tells about.
KILLERS = {
    "} that is too many": "int intruder; }",
    ") that is too many": "int intruder; )",
    "] that is too many": "int intruder; ]",
    "{ that is not closed": "int intruder() { if (kept) {",
    "( that is not closed": "int intruder = (1;",
    "[ that is not closed": "int intruder[3 = {};",
    "< that is not closed": "std::vector<int intruder;",
    "an unknown scope in a block": "{ int x; a::b(x); } int intruder;",
    "an error in a namespace": "namespace deep { int intruder; int y = missing; }",
    "an error in a new namespace": "namespace intruder { int n; int y = missing; }",
    "an unclosed namespace": "namespace intruder { int n;",
    'an error in extern "C"': 'extern "C" { int intruder; int y = missing; }',
    "an error in a class": "struct intruder { int f() { return missing; } };",
    "an error in a member outside": "struct intruder { int f(); }; int intruder::g() { return 1; }",
    "a failed instantiation": (
        "template <class T> struct Bad { typename T::type t; }; Bad<int> intruder;"
    ),
    "a failed instantiation of what was there": "Point intruder = twice(Point{1, 2});",
    "an endless instantiation": (
        "template <int N> struct R { static const int n = R<N + 1>::n; }; int intruder = R<0>::n;"
    ),
    "static_assert": "int intruder; static_assert(sizeof(int) == 3);",
    "a function twice": "int intruder() { return 1; } int intruder() { return 2; }",
    "a template twice": (
        "template <class T> T intruder(T x) { return x; }\n"
        "template <class T> T intruder(T x) { return x; }"
    ),
    "a class twice": "struct intruder {}; struct intruder {};",
    "a redefinition that has an error": "double square(int n) { return missing; } int intruder;",
    "a redefinition of a class that has an error": "struct Point { double x; missing y; };",
    "a redefinition that does not link": (
        "int nowhere(); int square(int) { return nowhere(); } int intruder = square(1);"
    ),
    "a redefinition that throws": "int intruder() { throw 1; } double kept = intruder();",
    "an overload in an input that fails": "int square(char) { return 0; } int intruder = missing;",
    "a specialization in an input that fails": (
        "template <> int twice(int) { return 0; } int intruder = missing;"
    ),
    "#error": "int intruder;\n#error stop",
    "a missing include": "int intruder;\n#include <nowhere.h>",
    "an include and an error": "#include <map>\nint intruder = missing;",
    "#if without #endif": "#if 1\nint intruder;",
    "#else without #if": "int intruder;\n#else",
    "a string that is not closed": 'const char *intruder = "abc;',
    "a character that is not closed": "char intruder = 'abc;",
    "a comment that is not closed": "int intruder; /* comment",
    "a raw string that is not closed": 'const char *intruder = R"(abc;',
    "#pragma push without pop": "#pragma pack(push, 1)\nint intruder = missing;",
    "#pragma pack": "#pragma pack(1)\nint intruder = missing;",
    "_Pragma": '_Pragma("pack(1)") int intruder = missing;',
    "#pragma visibility": "#pragma GCC visibility push(hidden)\nint intruder = missing;",
    "#pragma diagnostic": '#pragma GCC diagnostic error "-Wunused"\nint intruder = missing;',
    "#pragma push_macro": '#pragma push_macro("SEVEN")\n#undef SEVEN\nint intruder = missing;',
    "#undef": "#undef SEVEN\nint intruder = missing;",
    "#define of a name": "#define kept missing\nint intruder = kept;",
    "#define again": "#undef SEVEN\n#define SEVEN 8\nint intruder = missing;",
    "#define": "#define INTRUDER 1\nint intruder = missing;",
    "a using-directive": "using namespace std; int intruder = missing;",
    "a using-declaration": "using std::vector; int intruder = missing;",
    "an operator": "int operator+(Point, Point) { return 1; } int intruder = missing;",
    "a friend": "struct F { friend int operator-(Point) { return 1; } }; int intruder = missing;",
    "a NUL byte": "int intruder\0 = missing;",
    "bytes that are no UTF-8": "int intruder = \udcff\udcfe;",
    "a name that is no UTF-8": "int intruder\udcff = 1;",
    "deep parentheses": "int intruder = " + "(" * 100_000 + "1" + ")" * 100_000 + ";",
    "deep braces": "void intruder() {" + "{" * 100_000 + "}" * 100_000 + "}",
    "deep brackets": "int intruder = kept" + "[kept" * 100_000 + "]" * 100_000 + ";",
    "a deep template": "int intruder = missing<" * 10_000 + ">" * 10_000 + ";",
    "a long expression": "int intruder = " + "-" * 200_000 + "missing;",
    "a huge initializer": "int intruder[] = {" + "1," * 100_000 + "missing};",
    "invalid assembly": 'int intruder = 1; asm("nonsense of the user");',
    "invalid assembly in a function": 'int intruder() { asm("nonsense %0" : : "r"(1)); return 1; }',
    "an undefined symbol": "int intruder = 1; int nowhere(); int y = nowhere();",
    "an exception": "int intruder = 1; throw intruder;",
    "an exception in an initializer": "int thrower() { throw 1; }\nint intruder = thrower();",
    "a crash of Clang": "int intruder;\n#pragma clang __debug crash\n",
    "LLVM's end": "int intruder;\n#pragma clang __debug llvm_fatal_error\n",
    "no C++ at all": "int intruder; @ ` \\ $ #",
    "a label that is missing": "int intruder() { goto nowhere; }",
    "a coroutine without support": "int intruder() { co_await 1; }",
}

# Inputs that are errors as long as no failed input has left anything.
FREE = {
    "intruder": "undeclared identifier 'intruder'",
    "vector<int> v;": "no template named 'vector'",
    "Point{} + Point{}": "invalid operands",
    "missing": "undeclared identifier 'missing'",
    "#ifndef INTRUDER\n#error free\n#endif": "free",
}


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    """One for all, so that what a killer leaves behind meets all that come later."""
    with Session(SessionOptions()) as opened:
        for text in BEFORE:
            opened.run(Source(text, "before"))
        yield opened


def value(session: Session, text: str) -> str | None:
    return session.run(Source(text, "check")).value


@pytest.mark.parametrize("killer", KILLERS)
def test_input_that_fails(session: Session, killer: str) -> None:
    length = len(session.inputs)
    with pytest.raises((ShellError, RuntimeFailure)) as failure:
        session.run(Source(KILLERS[killer], "killer"))
    assert str(failure.value)
    assert len(str(failure.value)) < 20_000
    assert value(session, ALL) == SUM
    session.run(Source("struct Layout { char c; int n; };", "check"))
    assert value(session, "sizeof(Layout)") == "(unsigned long) 8"
    for text, message in FREE.items():
        with pytest.raises(CompileError, match=message):
            session.run(Source(text, "check"))
    session.run(Source("int intruder = 3;", "check"))
    assert value(session, "intruder + kept") == "(int) 45"
    session.undo(len(session.inputs) - length)


def test_header_that_is_deleted_after_it_was_included(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.h").write_text("inline int mine() { return 42; }\n")
    result = forkrepl(
        input='#include "mine.h"\n#include <cstdio>\nremove("mine.h");\nint n = 1;\n'
        "int x = missing;\nmine() + n\n#include <vector>\n"
        "int y = missing;\nmine() + n\n"
    )
    assert values(result.stdout) == ["43", "43"]


def test_header_that_is_included_twice(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.h").write_text("int mine() { static int n = 0; return ++n; }\n")
    result = forkrepl(
        input='#include "mine.h"\nint old() { return mine(); }\nold();\n#include "mine.h"\n'
        "int x = missing;\nmine() * 10 + old()\n%undo 2\nmine()\n"
    )
    assert values(result.stdout) == ["12", "3"]
