"""Scripts in C++ and C, with a line `----` after each input; inputs at the prompt."""

from __future__ import annotations

CXX = {
    "values that cannot be multiplied": """\
struct S { int a; }; int n = 7; int *p = &n;
----
S{1}
----
*p
----
(S{2})
----
*p = 3;
----
S{1}
----
-n
----
S{1}
----
&n
----
n
""",
    "an expression that means nothing goes on": """\
struct S { int a; }; int n = 7;
----
S{n}
  * n;
----
n
""",
    "comment over lines": """\
int a = 1; /* one
 two */
----
a
""",
    "comment after brace": """\
int f() { /* one
 two */ return 3; }
----
f()
""",
    "comment after define": """\
#define X 3 /* one
 two */
----
X
""",
    "attr": """\
__attribute__((noinline))
int f() { return 1; }
----
f()
""",
    "alignas": """\
alignas(16)
int n;
----
n
""",
    "class result": """\
struct C { int m; C *self(); };
----
C
f(int a)
{
  return C{a};
}
----
C *
C::self()
{
  return this;
}
----
f(1).m
""",
    "vector": """\
#include <vector>
----
std::vector<int>
f()
{
  return {1};
}
----
f()
""",
    "macro params": """\
#define P(x) (int x)
----
int f P(a)
{
  return a;
}
----
f(1)
""",
    "ifdef both": """\
#ifdef A
int f() {
#else
int f(int) {
#endif
  return 1;
}
----
f(1)
""",
    "begin decls": """\
#define BEGIN_DECLS extern "C" {
----
#define END_DECLS }
----
BEGIN_DECLS
int f();
int g();
END_DECLS
----
int h = 1;
""",
    "append": """\
#include <string>
----
std::string s;
----
s.append("a")
 .append("b");
----
s
----
s.append("a")
 .append("b")
----
int x;
""",
    "values": """\
int n = 1;
----
int m = 2;
----
n
----
m
----
n + 1
----
-n
----
*&n
----
(n)
----
n
----
&n
----
n
----
++n
----
n = 3
----
m
----
n, m
----
"abc"
----
n
""",
    "wrong": """\
int x = 3 +
----
int y = 2;
----
y
""",
    "wrong2": """\
int x = = 3;
----
int y = 2;
""",
    "wrong func": """\
void f() {
  x(;
  if (y) {
  }
}
----
int z;
""",
    "missing semi": """\
int y = 2
----
int z = 3;
----
struct A { int x; }
----
int k;
""",
    "do": """\
int i = 0;
----
do
  ++i;
while (i < 3);
----
do { ++i; } while (i < 9);
----
i
""",
    "if else": """\
int x = 1;
----
if (x)
  x = 2;
else
  x = 3;
----
if (x) {
}

// c
else if (x) {
}
else {
}
----
if (x) x = 4;
----
x
----
if (x) {
}
----
while (x < 9)
  if (x)
    ++x;
----
x
""",
    "try": """\
try {
  throw 1;
}
catch (int) {
}
catch (...) {
}
----
int f() try {
  return 1;
} catch (...) {
  return 2;
}
----
f()
""",
    "template": """\
template <class T>
T f(T x)
{
  return x;
}
----
f(1)
----
template <class T> struct A
{
};
""",
    "ctor": """\
struct A { A(); int x, y; };
----
A::A()
  : x(1)
  , y{2}
{
}
----
A a;
----
a.x
""",
    "trailing": """\
auto f(int a)
  -> int
{
  return a;
}
----
f(1)
""",
    "requires": """\
template <class T> requires (sizeof(T) > 1)
int f(T)
{
  return 1;
}
----
f(1)
""",
    "lambda": """\
auto f = [](int x)
{
  return x;
};
----
[](int x)
{
  return x;
}(3);
----
f(1)
""",
    "raw": """\
auto s = R"(
}
%help
)";
----
s
""",
    "digraph": """\
int f() <%
  return 1;
%>
----
f()
""",
    "splice": """\
int a = 1 \\
  + 2;
----
#define X \\
  (3)
----
X
----
int c; // d \\
int e;
----
c
""",
    "pragma": """\
#pragma pack(push, 1)
----
struct P { char a; int b; };
----
#pragma pack(pop)
----
sizeof(P)
""",
    "pragma loop": """\
int t = 0;
----
#pragma clang loop unroll(enable)
for (int i = 0; i < 3; ++i)
  t += i;
----
t
""",
    "pragma omp": """\
int t = 0;
----
#pragma omp parallel for
for (int i = 0; i < 3; ++i)
  t += i;
----
t
""",
    "attr push": """\
#pragma clang attribute push(__attribute__((noinline)), apply_to = function)
int f() { return 1; }
#pragma clang attribute pop
----
int g() { return 1; }
----
f()
""",
    "extern C": """\
extern "C" {
int f();
}
----
extern "C"
int g() { return 1; }
----
namespace a::b
{
  int x;
}
----
a::b::x
""",
    "if 0": """\
#if 0
don't (
#endif
int z;
----
int x;
""",
    "two on line": """\
int a; int b;
----
int f() {
  return 1;
} int g() {
  return 2;
}
----
f() + g()
""",
    "class init": """\
int a[] = {1,
 2};
----
int b[] =
{
  1
};
----
a
""",
    "enum": """\
enum class E
{
  a,
};
----
enum E2 : int;
----
E::a
""",
    "switch": """\
int x = 1;
----
switch (x)
{
  case 1: ;
}
----
for (int i = 0; i < 2; ++i)
  x += i;
----
for (;;)
{
  break;
}
----
x
""",
    "stream": """\
#include <iostream>
----
std::cout << "a"
  "b"
  << 1 << '\\n';
----
std::cout << 2
----
int a;
""",
    "ternary": """\
int x = 1;
----
x
  ? 2
  : 3;
----
x == 1 ? 2 : 3
----
x
""",
    "label": """\
int x = 0;
----
again:
  if (++x < 3) goto again;
----
x
""",
    "asm": """\
asm("nop");
----
asm (
 "nop"
);
----
int y;
""",
    "static_assert": """\
static_assert(1,
 "x");
----
using namespace std;
----
typedef struct {
 int x;
} T;
----
T t;
""",
    "line macro": """\
int q =
  3
  ;
----
q
""",
    "attrs": """\
[[nodiscard]]
int f()
{
  return 1;
}
----
[[maybe_unused]] static int q = 1;
----
f()
""",
    "operator": """\
struct V { int x; bool operator==(const V &) const; operator bool() const; };
----
bool V::operator==(const V &o) const
{
  return x == o.x;
}
----
V::operator bool() const
{
  return x;
}
----
V v;
----
v == v
""",
    "names": """\
namespace N { int k = 1; }
----
N::k
----
int m = 2;
----
N::k
----
m
----
enum E { e };
----
e
----
m
----
struct T { int m; };
----
T
t;
----
m
----
T
f()
{
  return t;
}
----
f().m
""",
    "leading sign": """\
int n = 1;
----
-n
  + 2
----
+n; -n;
----
-n;
""",
    "initializer list": """\
int a[3] = {1, 2, 3};
----
a[1]
----
a[1]
  + 1
----
a[2]
----
a
""",
}

C = {
    "K&R": """\
int f(a, b)
int a;
int b;
{
  return a + b;
}
----
f(1, 2)
""",
    "K&R one": """\
int f(a) int a;
{
  return a;
}
----
f(1)
""",
    "static": """\
static int
f(int x)
{
  return x;
}
----
f(1)
----
struct S { int x; } s;
----
s = (struct S) {1}
----
s.x
----
if (s.x) s.x = 2;
----
s.x
""",
    "GNU": """\
typedef struct C { int m; } C;
----
C *
self(C *c)
{
  return c;
}
----
C c;
----
self(&c) == &c
""",
}

# What the inputs at the prompt count on.
DECLARED = """\
struct A {
  A(); ~A(); A(int); int x, y; void f(int); operator bool() const; A &operator=(const A &);
};
struct B {}; struct Foo {}; struct Bar {}; struct S { int a, b; }; struct C {};
namespace std {
template <class T> struct vector {};
template <class T, class U> struct map {};
struct string {};
struct stream { stream &operator<<(int); } cout;
}
int x, y, z, a, b, c, t, v[3], n; int *p; int f(int = 0); int g(); void f(A);
"""

# Also what is wrong: the compiler explains.
COMPLETE = [
    "", "   \n\n", "// comment", "/* a\n b */", "x", "f(3)", "a.b", "v[0]", "p->q", "x++", "x--",
    "x ++ // post", "++x", "a + b", "a ? b : c", "a * f(3)", "a *f(3)", "a & f()", "a > f(3)",
    "a < b && c > f(3)", "'x'", "'\\''", '"("', '"a" "b"', "1'000'000", "0x1'F + 1e+5", ".5",
    'u8"}"', "L'{'", 'R"(a " ( b)"', 'uR"x()" ()x"', "S{1, 2}", "(int) x", "(a) f(3)",
    "[](int x) { return x; }(3)", "[&] { return 1; }()", "&A::operator==", "x.operator bool()",
    "int(3) + f(3)", "x = 3", "1 << 3", "~f(2)", "not x", "a and b", "a and f(3)", "not f(x)",
    "sizeof (x)", "sizeof x", "new T(x)", "delete p", "throw x", "throw f(x)", "return x",
    "return f(x)", "std::cout << f(3)", "a<:0:>", "x /* ( */", "x // (", "x // /*", "int x = 42;",
    "int x;", "int x", "int a = 1; a", "int f(int a);", "int f(int a) { }",
    "int f() { if (x) { return 1; } }", "auto f = [](int x) { return x; };", "int (*fp)(int)",
    "auto [a, b] = f();", "const auto& [a, b] = f();", "[[nodiscard]] int f() { return 1; }",
    "std::vector<int> f(int a) { return {}; }", "A::A() : x(1), y{2} {}", "A::~A() {}",
    "bool operator==(A a, B b) { return true; }", "A::operator bool() const { return true; }",
    "template <class T> T f(T x) { return x; }", "template <class T> struct A {};",
    "template class A<int>;", "template <class T> concept C = requires(T t) { t.x(); };",
    "template <class T> void f(T) requires requires(T x) { x.y(); } {}", "struct A;",
    "struct A { int x; };", "struct New { int x; }", "enum class E : int { a, b };",
    "struct A x = y;", "class alignas(16) A final : public B<C> {};",
    "typedef struct { int x; } T;", "namespace a::b { int x; }", "namespace a = b;",
    "using namespace std;", "using X = int;", 'extern "C" { int f(); }', 'extern "C" int f();',
    "if (x) {}", "if (x) y;", "if (x) {} else {}", "if constexpr (x) {}",
    "if (x) {} else if (y) {}", "for (;;) {}", "for (;;);", "while (x) y();",
    "do { x(); } while (y);", "do x(); while (y);", "do { x(); } while (y)",
    "switch (x) { case 1: }", "try {} catch (int) {}", "try {} catch (A) {} catch (...) {}",
    "void f() try {} catch (...) {}", "lab: x = 1;", "lab: if (x) {}", "{ int x; }", "main() { }",
    "int f(int) = delete;", "if (a) if (b) x; else y; else z;",
    "for (auto x : v) if (x) { y(); }", "%:define X (", "#include <vector>", "#define X (",
    "#define X \\\n  {", "#ifdef A\n#endif", "#if 0\n( don't\n#endif",
    "#if A\nvoid f() {\n#else\nvoid f(int x) {\n#endif\n}", "#error don't", "#pragma once", ")",
    "f(3))", "}", "f(]", "{ ( }", '"abc', "x @", "if x", "#endif",
]  # fmt: skip

INCOMPLETE = [
    "f(", "v[", "{", "int f() {", "(1,", "f(3", "f(1,\n  2", "int a[] = {1,", "{ // }", '{ "}"',
    "{ '}'", 'R"(abc', 'R"x(abc)"', 'R"x(abc)y" )', "/* abc", "x /* )", "x \\", "x \\\n",
    "// a \\", "#define X \\", '"abc\\', 'f("abc\\', "#if 1", "#ifdef X\nint x;",
    "#ifndef X\n#else", "{ 1'000", "#define X /* a", "x +", "x,", "x =", "x->", "x.", "std::",
    "x <<", "x &&", "x and", "not", "x ?", "x ? y :", "!", "x + // comment", "x + /* comment */",
    "x ==", "a >", "a *", "new", "sizeof", "co_await", "int f(int a)", "int f(int a) const",
    "int f() noexcept", "auto f(int a) -> int", "int *f(int a)", "Foo *f(int a)", "Foo* f()",
    "Foo * f(Bar b)", "std::vector<int> f(int a)", "std::map<int, std::vector<int>> f(int a)",
    "std::vector<int>& f(int a)", "unsigned long f()", "void A::f(int a)", "A::A()",
    "A::A() : x(1)", "A::A() : x(1),", "A::A() : x{1}", "A::~A()", "A::operator bool() const",
    "A& A::operator=(const A& a)", "bool operator()(int a, int b)", "struct A *f(struct B *b)",
    "int f(int a) // comment", "int f(int a)\n\n", "static inline int f()", "template <class T>",
    "template <class T", "template <class T> void f(T x)", "template",
    "template <class T> struct A", "struct A", "struct", "class A : public B", "union U",
    "enum class E : int", "enum E", "class alignas(16) A", "namespace", "namespace a",
    "inline namespace a", 'extern "C"', "typedef", "if (x)", "if", "if constexpr (x)",
    "if (x) {} else", "if (x) y; else if (z)", "for (;;)", "for (auto x : v)", "while (x)",
    "switch (x)", "do", "do {} ", "do x();", "do {} while", "do { } // comment", "do if (x) {}",
    "try", "try {}", "try {} catch", "try {} catch (int)", "void f() try", "void f() try {}",
    "int", "static const", "using", "return x +", "[](int x)", "[&]", "auto f = [](int x)",
    "[[nodiscard]] int f()", "lab:", "a <% b;", "a <: b", "if (a) for (;;)", "int x = 1; f(",
    "int f(int a) { } int g()",
]  # fmt: skip
