"""Values of C++'s own types: classes, enumerations, pointers, lambdas."""

from __future__ import annotations

from tests.support.program import Run
from tests.tables.values import check_values

PRELUDE = """\
struct P { int x; int y; }; P p{1, 2};
enum class Colour : signed char { red = -1, green };
enum Flags { A = 1, B = 2, C = 4 };
struct V0 { int v = 7; }; struct V1 : virtual V0 { int a = 1; };
struct V2 : virtual V0 { int b = 2; }; struct V3 : V1, V2 { int c = 3; };
struct Empty {};
namespace ns { inline namespace v1 { struct Q { int a; };
template <class T> struct W { T t; }; enum class E { k }; auto make() { return W<Q>{}; } }
namespace { struct Hidden { int b; }; } }
int square(int x) { return x * x; }
struct M { int f(int) { return 1; } virtual void g() {} virtual void h() {} };
int five = 5;
auto capture() { int n = 1; return [n, &i = five, p = P{1, 2}] { return n + i + p.x; }; }
auto local() { struct Local { int z = 3; }; return Local{}; }
"""

# fmt: off
ROWS = [
    ("", "p", "(P) { .x = 1, .y = 2 }"),
    ("const P cp{3, 4};", "cp", "(const P) { .x = 3, .y = 4 }"),
    ("P &rp = p;", "rp", "(P) { .x = 1, .y = 2 }"),
    ("struct { int a = 1; } unnamed;", "unnamed", "(unnamed at -:21:1) { .a = 1 }"),
    ("class Private { int hidden = 5; public: int seen = 6; } pr;", "pr",
     "(Private) { .hidden = 5, .seen = 6 }"),
    ("struct Derived : P, Empty { int z = 3; Derived() : P{1, 2} {} } d;", "d",
     "(Derived) { <P> = { .x = 1, .y = 2 }, .z = 3 }"),
    ("struct Base { int b = 1; virtual ~Base() {} }; struct Leaf : Base { int d = 2; } leaf;",
     "leaf", "(Leaf) { <Base> = { .b = 1 }, .d = 2 }"),
    ("Base &base = leaf;", "base", "(Base) Leaf { <Base> = { .b = 1 }, .d = 2 }"),
    ("V3 v3;", "v3",
     "(V3) { <V1> = { .a = 1 }, <V2> = { .b = 2 }, <V0> = { .v = 7 }, .c = 3 }"),
    ("V2 &v2 = v3;", "v2",
     "(V2) V3 { <V1> = { .a = 1 }, <V2> = { .b = 2 }, <V0> = { .v = 7 }, .c = 3 }"),
    ("V1 v1;", "v1", "(V1) { <V0> = { .v = 7 }, .a = 1 }"),
    ("struct Later; struct Later { int l = 1; }; struct Ahead : virtual Later, P {} ahead;",
     "ahead", "(Ahead) { <P> = { .x = 0, .y = 0 }, <Later> = { .l = 1 } }"),
    ("Empty empty;", "empty", "(Empty) {}"),
    ("struct NU { [[no_unique_address]] Empty e; int x = 1; } nu;", "nu",
     "(NU) { .e = {}, .x = 1 }"),
    ("union U { int i; unsigned u; } u{-1};", "u", "(U) { .i = -1, .u = 4294967295 }"),
    ("struct Ref { int &r; const char *s; P &p; } ref{p.x, \"hi\", p};", "ref",
     '(Ref) { .r = 1, .s = "hi", .p = { .x = 1, .y = 2 } }'),
    ("struct Bits { Colour c : 3; bool b : 1; unsigned : 0; long n : 33; }"
     " bits{Colour::green, true, -5};", "bits",
     "(Bits) { .c = Colour::green, .b = true, .n = -5 }"),
    ("struct Mutable { mutable int m = 1; static int s; } mut;", "mut", "(Mutable) { .m = 1 }"),
    ("P ps[2] = {{1, 2}, {3, 4}};", "ps", "(P[2]) { { .x = 1, .y = 2 }, { .x = 3, .y = 4 } }"),
    ("template <class T, int N> struct Tm { T t[N]; }; Tm<P, 1> tm{{{5, 6}}};", "tm",
     "(Tm<P, 1>) { .t = { { .x = 5, .y = 6 } } }"),
    ("ns::Q q{1};", "q", "(ns::Q) { .a = 1 }"),
    ("auto w = ns::make();", "w", "(ns::W<ns::Q>) { .t = { .a = 0 } }"),
    ("ns::Hidden hidden{2};", "hidden", "(ns::Hidden) { .b = 2 }"),
    ("auto loc = local();", "loc", "(Local) { .z = 3 }"),

    ("", "ns::E::k", "(ns::E) ns::E::k (0)"),
    ("", "Colour::red", "(Colour) Colour::red (-1)"),
    ("", "(Colour)17", "(Colour) 17"),
    ("", "Flags(3)", "(Flags) A | B (3)"),
    ("", "Flags(8)", "(Flags) 8"),
    ("", "C", "(Flags) C (4)"),

    ("", "&p", "(P *) 0x~"),
    ("void *vp = &p;", "vp", "(void *) 0x~"),
    ("int P::*mp = &P::y;", "mp", "(int P::*) &P::y"),
    ("int Derived::*mb = &P::y;", "mb", "(int Derived::*) &Derived::y"),
    ("int P::*mn = nullptr;", "mn", "(int P::*) nullptr"),
    ("int (M::*mf)(int) = &M::f;", "mf", "(int (M::*)(int)) 0x~ <M::f(int)>"),
    ("void (M::*mg)() = &M::h;", "mg", "(void (M::*)()) <virtual function 1 of M>"),
    ("int (M::*mz)(int) = nullptr;", "mz", "(int (M::*)(int)) nullptr"),
    ("int (*fp)(int) = square;", "fp", "(int (*)(int)) 0x~ <square(int)>"),
    ("", "square", "(int (*)(int)) 0x~ <square(int)>"),
    ("int (&fr)(int) = square;", "fr", "(int (*)(int)) 0x~ <square(int)>"),
    ("", "nullptr", "(std::nullptr_t) nullptr"),
    ("struct Unknown; Unknown *unknown = nullptr;", "unknown", "(Unknown *) nullptr"),
    ("struct Opaque; struct HasOpaque { Opaque &o; } &ho = *(HasOpaque *)&vp;", "ho",
     "(HasOpaque) { .o = <incomplete type, at 0x~> }"),

    ("auto lam = capture();", "lam",
     "(lambda at -:13:36) [n = 1, i = 5, p = { .x = 1, .y = 2 }]"),
    ("auto none = [] {};", "none", "(lambda at -:96:13) []"),

    ("char8_t c8 = u8'x';", "c8", "(char8_t) u8'x'"),
    ("", "U'\\x1F600'", "(char32_t) U'\U0001f600'"),
    ("", "'\\xe9'", "(char) '\\xe9'"),
    ("", "u\"\\u65e5\"", '(const char16_t[2]) u"\u65e5"'),
    ("", "L\"wide\"", '(const wchar_t[5]) L"wide"'),
    ("const char *rtl = \"\\u202e\";", "rtl", '(const char *) "\\u202e"'),
    ("char digits[4] = {'\\0', '1'};", "digits", '(char[4]) ""'),
]
# fmt: on


def test_values_of_cxx(forkrepl: Run) -> None:
    check_values(forkrepl, ROWS, "-std=c++20", prelude=PRELUDE)
