"""Mutated programs for Clang and what stands around it: parsed and asked about, never run."""

from __future__ import annotations

import os
import re
from pathlib import Path
from random import Random
from typing import Any

from repl import native_programs
from repl.clang.crash_message import describe_crash
from repl.clang.frontend import Frontend
from repl.clang.protocol import (
    Complete,
    DescribeCall,
    DescribeName,
    DescribeShapes,
    DescribeType,
    FindDeclarations,
    FindPieces,
    Request,
)
from repl.configuration.session_options import SessionOptions, frontend_flags
from repl.errors import CompileError, CompilerDied, CompilerTimeout, ShellError
from repl.input.source import Source
from tests.fuzz.cases import Case, Target
from tests.fuzz.damage import some_bytes
from tests.support.program import EXAMPLES
from tests.tables.faults import HEADERS, SESSIONS

_PATIENCE = 20.0
_MEMORY = 2 << 30

_TOKEN = re.compile(r'[A-Za-z_]\w*|\d[\w.]*|"(?:\\.|[^"\\\n])*"|\s+|[-+*/%=<>!&|:]+|.', re.DOTALL)
_TEXT = """\
alignas alignof asm auto bool break case catch char class co_await co_return co_yield concept const
consteval constexpr constinit continue decltype default delete do double else enum explicit export
extern false float for friend goto if import inline int long module mutable namespace new noexcept
nullptr operator private public register requires return short signed sizeof static static_assert
struct switch template this thread_local throw true try typedef typeid typename union unsigned using
virtual void volatile while __attribute__((x)) [[nodiscard]] __builtin_offsetof _Generic _Atomic
__int128 ... :: -> ->* .* <=> <: :> %: ## # #define #undef #if #else #endif #include<vector> #pragma
#line #embed #error #warning \\ \\u0041 \\U0010ffff 0x 1e999 0b2 1'0 'ab' L'x' u8"x" R"(x)" "x"_y
/* */ //
{ } ( ) [ ] < > , ; ? : ~ ! ^ main n _ Out In std :: printf x T f S operator"" friend void() {}; ;;
__FILE__ __LINE__ __COUNTER__ __VA_ARGS__ __VA_OPT__() defined __has_include(<x>) return;
"""
_WORDS = _TEXT.split()
_NESTED = [("(", ")"), ("{", "}"), ("[", "]"), ("f(", ")"), ("[]{", "}();"), ("if(1){", "}")]
_NESTED += [("struct S{", "};"), ("namespace n{", "}"), ("std::vector<", ">"), ("-", ""), ("*", "")]
_NESTED += [("template<class T>", ""), ("#if 1\n", "#endif\n"), ("for(;;)", ";"), ("int(", ")")]
_NESTED += [("1?", ":2"), ("!", ""), ("a::", ""), ("do ", "while(0);"), ("L:", ";"), ("(int)", "")]
_ENDLESS = [
    "template <int N> struct T { T<N + 1> t; }; T<0> t;",
    "template <class T> struct P { P<P<T>> f() { return {}; } }; auto p = P<int>().f().f();",
    "template <int N> struct F { static const int v = F<N - 1>::v + F<N - 2>::v; }; F<1000>::v",
    "constexpr int f(int i) { return f(i + 1); } constexpr int n = f(0);",
    "constexpr int f() { for (;;); } constexpr int n = f();",
    "template <class T> concept C = requires(T t) { requires C<T *>; }; static_assert(C<int>);",
    "template <class... T> auto f(T... t) { return f(t..., t...); } auto x = f(1);",
    "auto f(auto x) -> decltype(f(&x)); auto x = f(1);",
    "#define A B B\n#define B C C\n#define C D D\n#define D E E\n#define E A A\nA",
    "#define X0 1\n"
    + "".join(f"#define X{i + 1} X{i} + X{i}\n" for i in range(24))
    + "int x = X24;",
    "struct S { S s; };",
    "template <class T> struct D : D<T *> {}; D<int> d;",
    "#include __FILE__",
    "int a[1ull << 60]; char b[~0ull]; int n = sizeof(a);",
    "auto l = [](auto self) { return self(self); }; auto x = l(l);",
    "template <class T> void f(T t) { f([t] {}); } void g() { f(1); }",
]


class FrontendWorld:
    """A case is inputs, parsed one after another where there are headers."""

    def __init__(self, folder: Path) -> None:
        os.environ["FORKREPL_DEBUG"] = "1"  # Clang says where it crashes
        os.chdir(folder)
        self._seeds = _seeds()
        flags = frontend_flags(SessionOptions())
        self._frontend = Frontend(
            native_programs.frontend(),
            flags,
            redefinition=True,
            parse_timeout=_PATIENCE,
            memory_limit=_MEMORY,
        )
        self._frontend.wait_until_ready()
        self._frontend.parse(Source("\n".join(HEADERS), "headers"))

    def make(self, random: Random) -> Case:
        """Some inputs, one of them odd."""
        inputs = random.sample(self._seeds, random.randint(0, 2))
        inputs += [_odd_text(random, self._seeds) for _ in range(random.randint(1, 2))]
        return [text.encode("utf-8", "surrogateescape") for text in inputs]

    def try_case(self, case: Case) -> str:
        """Each is accepted, or rejected for a reason; afterwards Clang goes on."""
        self._frontend.rollback(1)
        outcome = "accepted"
        for number, piece in enumerate(case):
            text = piece.decode("utf-8", "surrogateescape")
            outcome = self._questions(piece, self._frontend.length)
            try:
                self._frontend.parse(Source(text, f"In[{number}]"))
            except CompileError as error:
                outcome = self._judge(str(error))
        self._frontend.parse(Source("int afterwards = 1;", "after"))
        return outcome

    def close(self) -> None:
        """End Clang."""
        self._frontend.close()

    def _questions(self, text: bytes, inputs: int) -> str:
        """What the prompt and commands ask; a copy that does not answer must have crashed
        in Clang itself."""
        lines = text.split(b"\n")
        line = len(text) % len(lines)
        column = len(lines[line]) // 2 + 1
        place = (line + 1, column)
        requests: list[Request[Any]] = [
            Complete(*place),
            DescribeCall(*place),
            DescribeType(),
            DescribeName(),
        ]
        requests += [FindPieces(inputs), DescribeShapes(inputs), FindDeclarations(inputs)]
        request = requests[len(text) % len(requests)]
        try:
            self._frontend.input_ends(text)
            self._frontend.input_ends(text, whole=True)
            with self._frontend.scratch() as copy:
                copy.ask(request, text, _PATIENCE)
        except CompilerTimeout:
            return "too slow"
        except CompilerDied:
            return self._judge(describe_crash(self._frontend._copies.take_output()))
        except ShellError as error:
            return type(error).__name__
        return "accepted"

    def _judge(self, message: str) -> str:
        if "Clang crashed" not in message:
            if "did not finish" in message:
                return "too slow"
            return "no memory" if "needs more memory" in message else "rejected"
        calls = re.findall(r"^ ?#\d+ 0x[0-9a-f]+ (.*)$", message, re.MULTILINE)
        # The first ones are LLVM's and the kernel's, which handle the signal.
        ours = [call for call in calls[:10] if "forkrepl::" in call]
        assert not ours, f"{message}\ncrashed in {ours[0]}"
        return "Clang crashed"


def _seeds() -> list[str]:
    """Inputs that are accepted, mostly."""
    tour = (EXAMPLES / "tour.cpp").read_text()
    rows = [line for rows in SESSIONS.values() for row in rows for line in row.inputs]
    inputs = [line for line in rows if line[0] != "%" and "__debug" not in line]
    return [*re.split(r"\n\n+", tour), *inputs, *_ENDLESS]


def _odd_text(random: Random, seeds: list[str]) -> str:
    kind = random.randrange(12)
    if kind == 0:
        before, after = random.choice(_NESTED)
        depth = random.choice([10, 100, 300, 1000, 5000, 50000])
        closed = random.choice([0, 0, depth, depth - 1])
        return before * depth + random.choice(["", "1", "x;"]) + after * closed
    if kind == 1:
        return random.choice(_ENDLESS)
    if kind == 2:
        return some_bytes(random, 300).decode("utf-8", "surrogateescape")
    if kind == 3:
        text = random.choice(seeds)
        return text[: random.randint(0, len(text))]
    tokens = _TOKEN.findall(random.choice(seeds))
    for _ in range(random.choice([1, 1, 2, 3, 8])):
        _change(random, tokens, seeds)
    return "".join(tokens)


def _change(random: Random, tokens: list[str], seeds: list[str]) -> None:
    at = random.randint(0, len(tokens))
    kind = random.randrange(7)
    if kind == 0:
        del tokens[at : at + random.choice([1, 1, 1, 3, 10])]
    elif kind == 1:
        tokens[at : at + 1] = [random.choice(_WORDS)]
    elif kind == 2:
        tokens.insert(at, f" {random.choice(_WORDS)} ")
    elif kind == 3 and tokens:
        tokens.insert(at, random.choice(tokens))
    elif kind == 4:
        other = _TOKEN.findall(random.choice(seeds))
        start = random.randint(0, len(other))
        tokens[at:at] = other[start : start + random.randint(1, 15)]
    elif kind == 5 and len(tokens) > 1:
        one, two = random.randrange(len(tokens)), random.randrange(len(tokens))
        tokens[one], tokens[two] = tokens[two], tokens[one]
    else:
        tokens[at:at] = tokens[: random.randint(0, len(tokens))]


TARGET = Target("frontend", "mutated programs, parsed but not run", FrontendWorld, 300)
