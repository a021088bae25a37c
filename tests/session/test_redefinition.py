"""What an input declares anew takes the place of what an earlier one declared."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.program import OpenShell, Run, values
from tests.support.together import Together, texts

# Inputs, and the values that they show.
CPP = {
    "a variable of another type": ("int x = 1;\ndouble x = 2.5;\nx\n", ["2.5"]),
    "a variable of the same type": ("int x = 1;\nint x = 2;\nx\n", ["2"]),
    "a variable three times": ("int x = 1;\nlong x = 2;\nint x = 3;\nx\n", ["3"]),
    "auto again and again": ('auto x = 1;\nauto x = 2.5;\nauto x = "a";\nx\n', ['"a"']),
    "a reference to the old variable": (
        "int x = 1;\nint &r = x;\ndouble x = 2.5;\nr += 6;\nr\nx\n",
        ["7", "2.5"],
    ),
    "a function with a new body": (
        "int f() { return 1; }\nint g() { return f(); }\nint f() { return 2; }\nf()\ng()\n",
        ["2", "1"],
    ),
    "a function with a new result": (
        "int f() { return 1; }\ndouble f() { return 2.5; }\nf()\n",
        ["2.5"],
    ),
    "a pointer to the old function": (
        "int f() { return 1; }\nint (*p)() = f;\nint f() { return 2; }\np()\nf()\n",
        ["1", "2"],
    ),
    "a recursive function": (
        "int f(int n) { return n ? n * f(n - 1) : 1; }\n"
        "int f(int n) { return n ? n + f(n - 1) : 0; }\nf(4)\n",
        ["10"],
    ),
    "an overload is none": (
        "int f(int) { return 1; }\nint f(double) { return 2; }\nint f(int) { return 3; }\n"
        "f(1)\nf(1.0)\n",
        ["3", "2"],
    ),
    "a function that was declared before it was used": (
        "int f();\nint g(); int f() { return 1; } int g() { return f(); }\n"
        "int f() { return 2; }\nf() * 10 + g()\n",
        ["21"],
    ),
    "a declaration and the definition in the same input": (
        "int f() { return 1; }\nint f(); int g() { return f(); } int f() { return 2; }\n"
        "f() * 10 + g()\n",
        ["22"],
    ),
    "a wrong declaration of a library's function": (
        'extern "C" int cbrt(int);\nextern "C" double cbrt(double);\ncbrt(8)\n',
        ["2.0"],
    ),
    "default arguments": (
        "int f(int n = 1) { return n; }\nint f(int n = 2) { return n; }\nf()\n",
        ["2"],
    ),
    "an inline function": (
        "inline int f() { return 1; }\nint g() { return f(); }\ninline int f() { return 2; }\n"
        "f() * 10 + g()\n",
        ["21"],
    ),
    "an inline function that nothing has used": (
        "inline int f() { return 1; }\ninline int f() { return 2; }\nf()\n",
        ["2"],
    ),
    "an inline function that uses the old, compiled later": (
        "int x = 1;\ninline int get() { return x; }\ndouble x = 2.5;\nget()\n",
        ["1"],
    ),
    "a template that uses the old, instantiated later": (
        "int f() { return 1; }\ntemplate <class T> T get() { return f(); }\n"
        "int f() { return 2; }\nget<int>()\n",
        ["1"],
    ),
    "a static function": (
        "static int f() { return 1; }\nint g() { return f(); }\nstatic int f() { return 2; }\n"
        "f() * 10 + g()\n",
        ["21"],
    ),
    "a static variable": (
        "static int n = 1;\nint &r = n;\nstatic double n = 2.5;\nn += 1;\nn\nr\n",
        ["3.5", "1"],
    ),
    "what is in an unnamed namespace": (
        "namespace { int n = 1; int f() { return n; } }\nint g() { return f(); }\n"
        "namespace { long n = 20; int f() { return n; } }\nf() + g()\n",
        ["21"],
    ),
    "an inline variable": (
        "inline int n = 1;\nint &r = n;\ninline int n = 2;\nn * 10 + r\n",
        ["21"],
    ),
    "a thread-local variable": (
        "thread_local int n = 1;\nint old() { return n; }\nthread_local double n = 2.5;\n"
        "n\nold()\n",
        ["2.5", "1"],
    ),
    "a thread-local variable that becomes a plain one": (
        "thread_local int n = 1;\nint n = 2;\nn\n",
        ["2"],
    ),
    "a constant": ("const int n = 1;\nconstexpr double n = 2.5;\nn\n", ["2.5"]),
    "a function's static variable": (
        "int f() { static int n = 0; return ++n; }\nf();\n"
        "int f() { static int n = 10; return ++n; }\nf()\n",
        ["11"],
    ),
    "a lambda": ("auto f = [] { return 1; };\nauto f = [](int n) { return n; };\nf(2)\n", ["2"]),
    "a variable becomes a function": ("int x = 1;\nint x() { return 2; }\nx()\n", ["2"]),
    "a function becomes a variable": ("int x() { return 1; }\nint x = 2;\nx\n", ["2"]),
    "all overloads become a variable": (
        "int x() { return 1; }\nint x(int) { return 1; }\nint x = 2;\nx\n",
        ["2"],
    ),
    "a variable becomes a type": ("int x = 1;\nusing x = long;\nx{3}\n", ["3"]),
    "a type becomes a template": (
        "using P = int;\ntemplate <class T> struct P { T n; };\nP<int>{3}.n\n",
        ["3"],
    ),
    "an alias": ("using T = int;\nusing T = double;\nT(2.5)\n", ["2.5"]),
    "a typedef": ("typedef int T;\ntypedef double T;\nT(2.5)\n", ["2.5"]),
    "a struct with a new field": (
        "struct S { int a; };\nint get(S s) { return s.a; }\nS old{1};\n"
        "struct S { int a; double b; };\nS now{2, 2.5};\nnow.b\nget(old)\nsizeof(S)\n",
        ["2.5", "1", "16"],
    ),
    "instantiations over the old struct": (
        "#include <vector>\n#include <map>\nstruct S { char c; };\n"
        "std::vector<S> old(3);\nold.push_back(S{'a'});\n"
        "struct S { long a, b; };\nstd::vector<S> now;\n"
        "for (long i = 0; i < 5; ++i) now.push_back(S{i, i * i});\n"
        "now[4].b\nold[3].c\nold.size()\nstd::map<int, S> m; m[1] = now[3]; m[1].b\n",
        ["16", "'a'", "4", "9"],
    ),
    "members of a struct": (
        "struct S { int f() { return 1; } static inline int n = 1; int g(); };\n"
        "int S::g() { return 10; }\nint old() { return S().f() + S().g() + S::n; }\nold()\n"
        "struct S { int f() { return 2; } static inline int n = 3; int g(); };\n"
        "int S::g() { return 20; }\nS().f() + S().g() + S::n\nold()\n",
        ["12", "25", "12"],
    ),
    "a virtual function": (
        "struct B { virtual int f() { return 1; } virtual ~B() {} };\nB old;\nB &r = old;\n"
        "struct B { virtual int g() { return 5; } virtual int f() { return 2; } };\n"
        "B now; B &s = now; s.f()\nr.f()\n",
        ["2", "1"],
    ),
    "a class with a key function": (
        "struct B { virtual int f(); };\nint B::f() { return 1; }\nB *p = new B;\n"
        "struct B { virtual int f(); };\nint B::f() { return 2; }\n"
        "B *q = new B;\nq->f() * 10 + p->f()\n",
        ["21"],
    ),
    "a base class": (
        "struct B { int n = 1; virtual ~B() {} };\nstruct D : B { int get() { return n; } };\n"
        "D d;\nstruct B { double n = 2.5; };\nd.get()\nB().n\n"
        "struct D : B { double get() { return n; } };\nD().get()\n",
        ["1", "2.5", "2.5"],
    ),
    "dynamic_cast and typeid": (
        "#include <typeinfo>\nstruct B { virtual ~B() {} };\nstruct D : B {};\nB *p = new D;\n"
        "const std::type_info *old = &typeid(D);\n"
        "struct D : B { int n; };\ndynamic_cast<D *>(p) == nullptr\ntypeid(D) == *old\n",
        ["true", "false"],
    ),
    "an exception's class": (
        "struct E { int n; };\nvoid old() { throw E{1}; }\n"
        "int caught_old() { try { old(); } catch (E e) { return e.n; } return 0; }\n"
        "struct E { double n; };\n"
        "int how() { try { old(); } catch (E) { return 1; } catch (...) { return 2; } return 0; }\n"
        "double now() { try { throw E{2.5}; } catch (E e) { return e.n; } }\n"
        "caught_old()\nhow()\nnow()\n",
        ["1", "2", "2.5"],
    ),
    "an unnamed struct with a typedef": (
        "typedef struct { int a; } S;\ninline int f(S s) { return s.a; }\n"
        "int old() { return f(S{1}); }\ntypedef struct { double a; } S;\n"
        "inline int f(S s) { return 2; }\nf(S{2.5}) * 10 + old()\n",
        ["21"],
    ),
    "a struct with a typedef of its name": (
        "typedef struct S { int a; } S;\nS old{1};\ntypedef struct S { double a; } S;\nS{2.5}.a\n"
        "old.a\n",
        ["2.5", "1"],
    ),
    "what a macro declares": (
        "#define PAIR(n, f) struct n { int f; }; n make_##n() { return {1}; }\n"
        "PAIR(Q, a)\nPAIR(Q, b)\nmake_Q().b\n",
        ["1"],
    ),
    "a struct with a specialization of std::hash": (
        "#include <unordered_map>\n"
        "struct K { int k; bool operator==(const K &o) const { return k == o.k; } };\n"
        "template <> struct std::hash<K> { size_t operator()(K k) const { return k.k; } };\n"
        "std::unordered_map<K, int> m{{K{1}, 5}};\n"
        "struct K { long k, j; bool operator==(const K &o) const { return j == o.j; } };\n"
        "template <> struct std::hash<K> { size_t operator()(K k) const { return k.j; } };\n"
        "std::unordered_map<K, int> m{{K{1, 2}, 6}};\nm[K{3, 2}]\n",
        ["6"],
    ),
    "a union": (
        "union U { int a; };\nunion U { int a; double b; };\nU u; u.b = 2.5; u.b\n",
        ["2.5"],
    ),
    "an enumeration": ("enum E { A, B };\nenum E { Z, A, B };\nB\n(int)B\n", ["B (2)", "2"]),
    "an enumerator goes with its enumeration": (
        "enum E { A, B };\nenum E { C };\nint A = 5;\nA\n",
        ["5"],
    ),
    "an enumerator alone": ("enum { A = 1 };\nenum { A = 2, B };\nA\n", ["A (2)"]),
    "an enum class": (
        "enum class E { a };\nenum class E : char { b, a };\n(int)E::a\nsizeof(E)\n",
        ["1", "1"],
    ),
    "a struct becomes an enum class": ("struct E {};\nenum class E { a, b };\n(int)E::b\n", ["1"]),
    "a class template": (
        "template <class T> struct V { T a; T get() { return a; } };\nV<int> old{1};\nold.get();\n"
        "template <class T> struct V { T b, a; T get() { return a; } };\nV<int> now{2, 3};\n"
        "now.get() * 10 + old.get()\n",
        ["31"],
    ),
    "a class template with another parameter": (
        "template <class T> struct V { T a; };\n"
        "template <class T, class U> struct V { T a; U b; };\nV<int, double>{1, 2.5}.b\n",
        ["2.5"],
    ),
    "a class template with a specialization": (
        "template <class T> struct V { static int get() { return 1; } };\n"
        "template <> struct V<int> { static int get() { return 2; } };\n"
        "int old() { return V<int>::get() * 10 + V<char>::get(); }\nold()\n"
        "template <class T> struct V { static int get() { return 3; } };\n"
        "V<int>::get() * 10 + V<char>::get()\nold()\n",
        ["21", "33", "21"],
    ),
    "a function template": (
        "template <class T> T f(T x) { return x; }\nint old() { return f(1); }\n"
        "template <class T> T f(T x) { return x + 1; }\nf(1) * 10 + old()\n",
        ["21"],
    ),
    "a variable template": (
        "template <class T> T n = 1;\nint &r = n<int>;\ntemplate <class T> T n = 2;\n"
        "n<int> * 10 + r\n",
        ["21"],
    ),
    "an alias template": (
        "template <class T> using P = T *;\ntemplate <class T> using P = T;\nP<int>(3)\n",
        ["3"],
    ),
    "what is in a namespace": (
        "namespace N { int x = 1; struct S { int a; }; int f(S) { return 1; } }\n"
        "int old() { return f(N::S{}) + N::x; }\n"
        "namespace N { double x = 2.5; struct S { double a; }; int f(S) { return 2; } }\n"
        "N::x\nf(N::S{})\nold()\n",
        ["2.5", "2", "2"],
    ),
    "what is in an inline namespace": (
        "inline namespace N { int x = 1; }\ninline namespace N { double x = 2.5; }\nx\n",
        ["2.5"],
    ),
    "a structured binding": (
        "struct P { int a, b; };\nauto [a, b] = P{1, 2};\nauto [a, b] = P{3, 4};\na * 10 + b\n",
        ["34"],
    ),
    "some of several variables": (
        "int a = 1, b = 2;\ndouble b = 3.5, c = 4;\na + b + c\n",
        ["8.5"],
    ),
    "an operator": (
        "struct S { int n; };\nS operator+(S a, S b) { return {a.n + b.n}; }\n"
        "S operator+(S a, S b) { return {a.n * b.n}; }\n(S{3} + S{4}).n\n",
        ["12"],
    ),
    "a literal operator": (
        'int operator""_x(unsigned long long n) { return n; }\n'
        'int operator""_x(unsigned long long n) { return n * 2; }\n3_x\n',
        ["6"],
    ),
    'what is extern "C"': (
        'extern "C" int f() { return 1; }\nint old() { return f(); }\n'
        'extern "C" { double f() { return 2.5; } int n = 1; }\nf()\nold()\n'
        'extern "C" { int n = 3; }\nn\n',
        ["2.5", "1", "3"],
    ),
    'an extern "C" function in a namespace': (
        'namespace N { extern "C" int f() { return 1; } }\n'
        'namespace N { extern "C" int f() { return 2; } }\nN::f()\n',
        ["2"],
    ),
    "a friend that is defined in its class": (
        "struct A { friend int f(A, int n) { return n; } };\nstruct B { friend int g(int); };\n"
        "int g(int n) { return 1; }\nint g(int n) { return 2; }\n"
        "struct A { friend int f(A, int n) { return n + 1; } };\nf(A{}, 1) * 10 + g(0)\n",
        ["22"],
    ),
    "a macro": ("#define N 1\n#undef N\n#define N 2\nN\n", ["2"]),
    "a variable of the redefined type": (
        "struct S { int a; };\nS s{1};\nstruct S { double b; };\nS s{2.5};\ns.b\n",
        ["2.5"],
    ),
    "a function over the redefined type": (
        "struct S { int a; };\nint f(S) { return 1; }\nstruct S { double b; };\n"
        "int f(S) { return 2; }\nf(S{})\n",
        ["2"],
    ),
    "a using-declaration": (
        "int f() { return 1; }\nnamespace A { int f() { return 2; } int x = 3; }\n"
        "using A::f;\nf()\nint x = 1;\nusing A::x;\nx\nint x = 7;\nx\nA::x\n",
        ["2", "3", "7", "3"],
    ),
    "a namespace's alias": (
        "namespace A { int n = 1; }\nnamespace B { int n = 2; }\nnamespace X = A;\n"
        "namespace X = B;\nX::n\n",
        ["2"],
    ),
    "one that is declared again": ("int x = 1;\ndouble x = 2.5;\nextern double x;\nx\n", ["2.5"]),
    "one that is undone": ("int x = 1;\ndouble x = 2.5;\n%undo\nx\n", ["1"]),
    "three that are undone": (
        "int f() { return 1; }\nint f() { return 2; }\nint f() { return 3; }\nlong f = 4;\n"
        "%undo 2\nf()\n%undo 2\nf()\nint f() { return 5; }\nf()\n",
        ["2", "1", "5"],
    ),
    "a struct that is undone": (
        "struct S { int a; int get() { return a; } };\nS s{7};\nstruct S { double b; };\n"
        "%undo\ns.get() + S{1}.a\n",
        ["8"],
    ),
    "after twenty inputs": (
        "int x = 1;\n" + "".join(f"int y{n} = {n};\n" for n in range(20)) + "double x = 2.5;\n"
        "x + y19\n",
        ["21.5"],
    ),
    "more at once than Clang lists errors": (
        "".join(f"int x{n} = 0; " for n in range(50))
        + "\n"
        + "".join(f"double x{n} = {n}.5; " for n in range(50))
        + "\nx0 + x49\n",
        ["50.0"],
    ),
    "main": (
        "int main() { return 1; }\nint main() { return 0; }\n1\n",
        ["1"],
    ),
    "an abbreviated template": (
        "auto f(auto x) { return x; }\nauto f(auto x) { return x + 1; }\nf(1)\n",
        ["2"],
    ),
    "a concept": (
        "template <class T> concept C = sizeof(T) == 1;\n"
        "template <class T> concept C = sizeof(T) == 4;\nC<int>\n",
        ["true"],
    ),
}

C = {
    "a variable of another type": ("int x = 1;\ndouble x = 2.5;\nx\n", ["2.5"]),
    "a pointer to the old variable": (
        "int x = 1;\nint *p = &x;\ndouble x = 2.5;\n*p\nx\n",
        ["1", "2.5"],
    ),
    "a struct with a new field": (
        "struct s { int a; };\nint get(struct s s) { return s.a; }\nstruct s old = {1};\n"
        "struct s { int a; double b; };\nstruct s now = {2, 2.5};\nnow.b\nget(old)\n",
        ["2.5", "1"],
    ),
    "an unnamed struct with a typedef": (
        "typedef struct { int a; } S;\ntypedef struct { double b; } S;\nS s = {2.5};\ns.b\n",
        ["2.5"],
    ),
    "a function with another signature": (
        "int f(void) { return 1; }\nint old(void) { return f(); }\n"
        "double f(double x) { return x; }\nf(2.5)\nold()\n",
        ["2.5", "1"],
    ),
    "a static function": (
        "static int f(void) { return 1; }\nint old(void) { return f(); }\n"
        "static int f(void) { return 2; }\nf() * 10 + old()\n",
        ["21"],
    ),
    "a static function that uses the old, compiled later": (
        "int x = 1;\nstatic int get(void) { return x; }\ndouble x = 2.5;\nget()\n",
        ["1"],
    ),
    "a static variable": (
        "static int n = 1;\nint *p = &n;\nstatic double n = 2.5;\nn += 1;\nn\n*p\n",
        ["3.5", "1"],
    ),
    "a function's static variable": (
        "int f(void) { static int n = 0; return ++n; }\nf();\n"
        "int f(void) { static int n = 10; return ++n; }\nf()\n",
        ["11"],
    ),
    "a tentative definition is none": ("int n;\nint *p = &n;\nint n = 42;\n*p\n", ["42"]),
    "a tentative definition of another type": (
        "int n;\nint *p = &n;\ndouble n;\nn\ndouble n = 2.5;\nn\n*p\n",
        ["0.0", "2.5", "0"],
    ),
    "a variable after its tentative definition": (
        "int n;\nint n = 1;\nint n = 2;\nn\n",
        ["2"],
    ),
    "a struct with a typedef of its name": (
        "typedef struct s { int a; } s;\ns old = {1};\ntypedef struct s { double a; } s;\n"
        "s now = {2.5};\nnow.a\nold.a\n",
        ["2.5", "1"],
    ),
    "an array of another length": ("int a[2] = {0};\nint a[3] = {1, 2, 3};\na[2]\n", ["3"]),
    "an enumeration": ("enum e { A, B };\nenum e { Z, A, B };\n(int)B\n", ["2"]),
    "a struct becomes a union": (
        "struct s { int a; };\nunion s { int a; double b; };\nunion s s = {.b = 2.5};\ns.b\n",
        ["2.5"],
    ),
    "a function that becomes a variable": ("int x(void) { return 1; }\nint x = 2;\nx\n", ["2"]),
    "a wrong declaration of a library's function": (
        "int cbrt(int);\ndouble cbrt(double);\ncbrt(8)\n",
        ["2.0"],
    ),
    "a builtin function": (
        "int abs(int n) { return 1; }\nint (*p)(int) = abs;\nint abs(int n) { return 2; }\n"
        "int (*q)(int) = abs;\nq(0) * 10 + p(0)\n",
        ["21"],
    ),
    "one that is undone": (
        "int f(void) { return 1; }\nlong f(int n) { return n; }\n%undo\nf()\n",
        ["1"],
    ),
    "a thread-local variable": (
        "_Thread_local int n = 1;\nint old(void) { return n; }\n_Thread_local double n = 2.5;\n"
        "n\nold()\n",
        ["2.5", "1"],
    ),
}


@pytest.mark.parametrize("case", CPP)
def test_cpp(together: Together, case: str) -> None:
    result = together(texts(CPP), case, "--Xcc=-std=c++20")
    assert (values(result.stdout), result.stderr, result.status) == (CPP[case][1], "", 0)


@pytest.mark.parametrize("case", C)
def test_c(together: Together, case: str) -> None:
    options = ("-x", "c", "--Xcc=-Wno-incompatible-library-redeclaration")
    result = together(texts(C), case, *options)
    assert (values(result.stdout), result.stderr, result.status) == (C[case][1], "", 0)


# Inputs that fail, what Clang or the shell says, and what holds afterwards.
FAILURES = {
    "an error in the new body": (
        "int f() { return 1; }\nint f() { return missing; }\nf()\n",
        "-:2:18: error: use of undeclared identifier 'missing'",
        ["1"],
    ),
    "an error in the new struct": (
        "struct S { int a; };\nstruct S { int a; missing b; };\nS{7}.a\n",
        "-:2:19: error: unknown type name 'missing'",
        ["7"],
    ),
    "an error elsewhere in the input": (
        "int x = 1;\ndouble x = 2; int y = missing;\nx\n",
        "-:2:23: error: use of undeclared identifier 'missing'",
        ["1"],
    ),
    "an undefined symbol": (
        "int f() { return 1; }\nint g();\nint f() { return g(); }\nf()\n%undo\nf()\n",
        ": undefined symbol: g() (needed by -:3)",
        ["1"],
    ),
    "an undefined symbol whose name was redefined": (
        "int f() { return 1; }\ndouble f();\nint g() { return f(); }\ng()\n%undo 2\nf()\n",
        ": undefined symbol: f() (needed by -:3)",
        ["1"],
    ),
    "an undefined symbol in C++ over a redefined type": (
        "struct S {};\nstruct S { int a; };\nint g(S);\ng({});\nS{3}.a\n",
        ": undefined symbol: g(S)",
        ["3"],
    ),
    "an exception in the initializer": (
        "int x = 1;\nint thrower() { throw 5; }\ndouble x = thrower();\nx\n",
        "uncaught exception of type int",
        ["1"],
    ),
    "twice in one input": (
        "int x = 1;\ndouble x = 2; long x = 3;\nx\n",
        "-:2:20: error: redefinition of 'x' with a different type: 'long' vs 'double'",
        ["1"],
    ),
    "a specialization alone": (
        "template <class T> struct V {};\ntemplate <> struct V<int> { int a = 1; };\n"
        "template <> struct V<int> { int a = 2; };\nV<int>().a\n",
        "-:3:20: error: redefinition of 'V<int>'",
        ["1"],
    ),
    "what a system header has declared": (
        "#include <stdio.h>\nint puts = 1;\nputs == nullptr\n",
        "-:2:5: error: redefinition of 'puts' as different kind of symbol",
        ["false"],
    ),
    "by a system header": (
        "double index = 2.5;\n#include <strings.h>\nindex\n",
        "error: redefinition of 'index' as different kind of symbol",
        ["2.5"],
    ),
    "a namespace": (
        "namespace N { int n = 1; }\nint N = 2;\nN::n\n",
        "-:2:5: error: redefinition of 'N' as different kind of symbol",
        ["1"],
    ),
}


@pytest.mark.parametrize("case", FAILURES)
def test_failure_leaves_the_original(together: Together, case: str) -> None:
    _, message, expected = FAILURES[case]
    result = together({each: text for each, (text, _, _) in FAILURES.items()}, case)
    assert message in result.stderr
    assert (values(result.stdout), result.status) == (expected, 1)


def test_failure_in_c_leaves_the_original(forkrepl: Run) -> None:
    text = "int f(void) { return 1; }\ndouble f(int);\nf(1)\n%undo\nf()\n"
    result = forkrepl("-xc", input=text)
    assert ": undefined symbol: f\n" in result.stderr
    assert values(result.stdout) == ["1"]


def test_warnings_are_those_of_the_input(forkrepl: Run) -> None:
    text = "int f(int n) { return n; }\nint f(int n) { return n / 0; }\n"
    result = forkrepl(input=text)
    assert result.stderr.count("warning: division by zero is undefined") == 1
    assert "redefinition" not in result.stderr
    assert result.returncode == 0


OPTIMISED = (
    "a struct with a new field",
    "members of a struct",
    "an inline function",
    "what is in a namespace",
    "a class template",
    "dynamic_cast and typeid",
)


@pytest.mark.parametrize("options", [["-O2"], ["-g"], ["-O1", "-g"]])
def test_with_options(forkrepl: Run, options: list[str]) -> None:
    for case in OPTIMISED:
        text, expected = CPP[case]
        result = forkrepl(*options, input=text)
        assert (values(result.stdout), result.stderr) == (expected, "")


def test_destructors_run_once_when_their_input_goes(forkrepl: Run) -> None:
    result = forkrepl(
        input='#include <cstdio>\nstruct D { int n; ~D() { printf("~%d\\n", n); } };\n'
        'D d{1};\nD d{2};\nstruct D { char n; ~D() { printf("new ~%d\\n", n); } };\nD d{3};\n'
        "%undo 3\nd.n\nD d{4};\n"
    )
    assert (result.stdout, result.stderr) == ("new ~3\n~2\n(int) 1\n~4\n~1\n", "")


def test_name_of_the_type_of_an_exception(forkrepl: Run) -> None:
    result = forkrepl(
        input="#include <vector>\nstruct E {};\nstruct E { int n; };\nthrow E{};\n"
        "throw std::vector<E>();\nE()\n%undo 2\nthrow E{};\n"
    )
    assert result.stderr.splitlines()[::2] == [
        "uncaught exception of type E",
        "uncaught exception of type std::vector<E>",
        "uncaught exception of type E",
    ]
    assert result.stdout.startswith("(E)")


@pytest.mark.parametrize(
    ("options", "is_allowed"),
    [
        (["script.cpp"], False),
        (["--redefine=yes", "script.cpp"], True),
        (["-c", "int x = 1;\ndouble x = 2.5;\nx\n"], False),
        (["--redefine=yes", "-c", "int x = 1;\ndouble x = 2.5;\nx\n"], True),
    ],
)
def test_script(forkrepl: Run, tmp_path: Path, options: list[str], is_allowed: bool) -> None:
    (tmp_path / "script.cpp").write_text("int x = 1;\ndouble x = 2.5;\nx\n")
    result = forkrepl(*options)
    assert values(result.stdout) == (["2.5"] if is_allowed else [])
    assert ("redefinition of 'x'" in result.stderr) is not is_allowed
    assert result.returncode == (0 if is_allowed else 1)


@pytest.mark.parametrize("arguments", [["--redefine=no"], ["--redefine=no", "-"]])
def test_not_wanted(forkrepl: Run, arguments: list[str]) -> None:
    result = forkrepl(*arguments, input="int x = 1;\ndouble x = 2.5;\nx\n")
    assert "redefinition of 'x'" in result.stderr
    assert (values(result.stdout), result.returncode) == (["1"], 1)


def test_interactive_after_code(open_shell: OpenShell) -> None:
    shell = open_shell("-q", "-i", "-c", "int x = 1;")
    assert shell.run("double x = 2.5;") == ""
    assert shell.run("x") == "(double) 2.5\n"
    assert shell.leave() == 0


def test_interactive(open_shell: OpenShell) -> None:
    shell = open_shell("-q")
    shell.run("int f() { return 1; }")
    shell.run("int g() { return f(); }")
    assert shell.run("int f() { return 2; }") == ""
    assert shell.run("f() * 10 + g()") == "(int) 21\n"
    assert "undeclared" in shell.run("double f() { return missing; }")
    assert shell.run("f()") == "(int) 2\n"
    assert shell.run("%undo 3") == ""
    assert shell.run("f()") == "(int) 1\n"
    assert shell.run_lines("struct S {", "int a;", "};") == ""
    assert shell.run_lines("struct S {", "int a, b;", "};") == ""
    assert shell.run("S{1, 2}.b") == "(int) 2\n"
    assert shell.leave() == 0
