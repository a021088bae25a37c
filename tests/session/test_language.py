"""C and C++ as they behave when they come in pieces."""

from __future__ import annotations

import pytest

from tests.support.program import Run, piped, values
from tests.support.together import Together, texts


def check(forkrepl: Run, code: str, output: str, *options: str) -> None:
    """Run code from standard input, in pieces, as a user would type them."""
    result = forkrepl(*options, input=code)
    assert (result.stdout, result.stderr, result.returncode) == (output, "", 0)


def test_million_calls(forkrepl: Run) -> None:
    check(
        forkrepl,
        "__attribute__((noinline)) int next(int n) { return n + 1; }\n"
        "int n = 0;\nfor (int i = 0; i < 1000000; ++i) n = next(n);\nn\n",
        "(int) 1000000\n",
    )


HEADERS = {
    "algorithm": ("int a[] = {3, 1, 2};\nstd::sort(a, a + 3);\na[2]\n", "(int) 3\n"),
    "chrono": (
        "using namespace std::chrono_literals;\nstd::chrono::seconds s = 1min;\n(int)s.count()\n",
        "(int) 60\n",
    ),
    "functional": (
        "std::function<int(int)> f = [](int x) { return x + 1; };\nf(1)\n",
        "(int) 2\n",
    ),
    "iostream": ("std::cout << std::string(2, 'a') << 42 << std::endl;\n", "aa42\n"),
    "map": ("std::map<int, double> m;\nm[1] = 2.5;\nm[2] = 3;\nm[1] + m[2]\n", "(double) 5.5\n"),
    "memory": (
        "auto p = std::make_shared<int>(5);\nstd::weak_ptr<int> w = p;\nw.use_count()\n",
        "(long) 1\n",
    ),
    "optional": ("std::optional<int> o;\no = 7;\no.value_or(1)\n", "(int) 7\n"),
    "regex": (
        'std::smatch found;\nstd::string s = "ab12";\n'
        'std::regex_search(s, found, std::regex("[0-9]+"));\n(int)found.position()\n',
        "(int) 2\n",
    ),
    "string": ('std::string s = "ab";\ns += std::to_string(12);\n(int)s.size()\n', "(int) 4\n"),
    "thread": ("int n = 0;\nstd::thread t([] { n = 3; });\nt.join();\nn\n", "(int) 3\n"),
    "variant": ("std::variant<int, double> v = 2.5;\n(int)v.index()\n", "(int) 1\n"),
    "vector": (
        "std::vector<int> v{1, 2, 3};\nv.insert(v.begin(), 4);\n(int)v.size()\n",
        "(int) 4\n",
    ),
}


WITH_HEADERS = {header: f"#include <{header}>\n{code}" for header, (code, _) in HEADERS.items()}


@pytest.mark.parametrize("header", HEADERS)
def test_standard_header(together: Together, header: str) -> None:
    result = together(WITH_HEADERS, header)
    assert (result.stdout, result.stderr, result.status) == (HEADERS[header][1], "", 0)


def test_all_headers_together(forkrepl: Run) -> None:
    includes = "".join(f"#include <{header}>\n" for header in HEADERS)
    check(forkrepl, includes * 2 + "1\n", "(int) 1\n")


def test_order_of_output(forkrepl: Run) -> None:
    code = """\
#include <cstdio>
#include <iostream>
printf("1 ");
std::cout << "2 ";
printf("3 "); std::cout << "4 ";
std::cout << "5\\n";
6
printf("7\\n");
8
"""
    check(forkrepl, code, "1 2 3 4 5\n(int) 6\n7\n(int) 8\n")


A = """\
#include <cstdio>
struct A {
    int n;
    A(int n) : n(n) { printf("+%d ", n); }
    ~A() { printf("-%d ", n); }
};
"""

CPP = {
    "static variable": ("static int s = 1;\n++s\ns\n", "(int) 2\n(int) 2\n"),
    "static object": (A + "static A a(7);\na.n\na.n += 1;\n", "+7 (int) 7\n-8 "),
    "destructors in reverse": (A + "A a(1);\nstatic A b(2);\nA c(3), d(4);\n",
                               "+1 +2 +3 +4 -4 -3 -2 -1 "),
    "destructors in reverse of main's file": (
        A + 'A a(1);\nint main() { static A b(2); A c(3); printf("main "); return 0; }\nA d(4);\n',
        "+1 +4 +2 +3 main -3 -2 -4 -1 "),
    "temporaries": (A + 'A(1);\nprintf("next ");\nA(2).n\n', "+1 -1 next +2 -2 (int) 2\n"),
    "reference to a temporary": (A + 'const A &r = A(1);\nprintf("next ");\nr.n\n',
                                 "+1 next (const int) 1\n-1 "),
    "array of objects": (A + "A a[3] = {1, 2, 3};\na[1].n\n", "+1 +2 +3 (int) 2\n-3 -2 -1 "),
    "value of a call with a temporary": (
        A + "int twice(const A &a) { return 2 * a.n; }\ntwice(A(21))\n", "+21 -21 (int) 42\n"),
    "value of a temporary container": (
        "#include <vector>\nint size(const std::vector<int> &v) { return v.size(); }\n"
        "size(std::vector<int>{1, 2})\nstd::vector<long>(3).size() == 3\n",
        "(int) 2\n(bool) true\n"),
    "unnamed namespace": (
        "namespace { int hidden = 1; int f() { return ++hidden; } }\nf()\nhidden\n"
        "namespace { int more() { return f() + hidden; } }\nmore()\n",
        "(int) 2\n(int) 2\n(int) 6\n"),
    "inline variable": (
        "inline int counter = 1;\nstruct S { static inline int total = 10; };\n"
        "counter += S::total;\nS::total = counter;\nS::total\n", "(int) 11\n"),
    "variable template": (
        "template <class T> T zero = T(0);\nzero<int> += 2;\nzero<double> += 0.5;\n"
        "zero<int> + zero<double>\n", "(double) 2.5\n"),
    "template from several inputs": (
        "template <class T> struct Box { static int made; T value; Box(T v) : value(v) { ++made; } "
        "T get() const { return value; } };\ntemplate <class T> int Box<T>::made = 0;\n"
        "Box<int> a(1);\nBox<int> b(2);\nBox<double> c(2.5);\nBox<int>::made\nBox<double>::made\n"
        "a.get() + b.get() + c.get()\n", "(int) 2\n(int) 1\n(double) 5.5\n"),
    "static of a template function": (
        "template <class T> int calls() { static int n = 0; return ++n; }\ncalls<int>();\n"
        "int f() { return calls<int>(); }\nf();\ncalls<int>()\ncalls<long>()\n",
        "(int) 3\n(int) 1\n"),
    "inline function with a static": (
        "inline int &counter() { static int n = 5; return n; }\n++counter();\n"
        "int f() { return ++counter(); }\nf()\ncounter()\n", "(int) 7\n(int) 7\n"),
    "template specialised later": (
        "template <class T> int kind(T) { return 0; }\nkind(1)\n"
        "template <> int kind(double) { return 1; }\nkind(1.5)\nkind(1)\n",
        "(int) 0\n(int) 1\n(int) 0\n"),
    "virtual functions": (
        "struct Base { virtual ~Base() {} virtual int f() { return 1; } };\n"
        "struct Derived : Base { int f() override { return 2; } };\n"
        "int call(Base &b) { return b.f(); }\nDerived d;\ncall(d)\n"
        "struct Last : Derived { int f() override { return Derived::f() + 1; } };\nLast l;\n"
        "call(l)\ndynamic_cast<Derived *>(static_cast<Base *>(&l)) != nullptr\n"
        "Base *p = new Last;\ncall(*p)\ndelete p;\n",
        "(int) 2\n(int) 3\n(bool) true\n(int) 3\n"),
    "key function in a later input": (
        "struct S { virtual int f(); virtual ~S() {} };\nint S::f() { return 42; }\nS s;\n"
        "S &r = s;\nr.f()\n", "(int) 42\n"),
    "typeid": (
        "#include <typeinfo>\nstruct B { virtual ~B() {} }; struct D : B {};\nD d;\nB &b = d;\n"
        "typeid(b) == typeid(D)\n", "(bool) true\n"),
    "function-local static object": (
        A + 'A &only() { static A a(1); return a; }\nprintf("before ");\nonly().n\nonly().n\n',
        "before +1 (int) 1\n(int) 1\n-1 "),
    "exception of another input": (
        "struct Error { int code; };\nvoid fail() { throw Error{42}; }\nint code = 0;\n"
        "try { fail(); } catch (Error &e) { code = e.code; }\ncode\n", "(int) 42\n"),
    "exception caught by its base": (
        "#include <stdexcept>\n#include <string>\nvoid fail() { std::string().at(1); }\n"
        "struct Mine : std::logic_error { using logic_error::logic_error; };\n"
        'void mine() { throw Mine("text"); }\nint n = 0;\n'
        "try { fail(); } catch (std::out_of_range &) { n += 1; }\n"
        "try { mine(); } catch (std::exception &e) { n += e.what()[0]; }\nn\n",
        "(int) 117\n"),
    "exception through std::sort": (
        "#include <algorithm>\n#include <vector>\nstd::vector<int> v{3, 1, 2};\n"
        "bool bad(int a, int b) { if (a + b == 3) throw 42; return a < b; }\nint caught = 0;\n"
        "try { std::sort(v.begin(), v.end(), bad); } catch (int n) { caught = n; }\ncaught\n",
        "(int) 42\n"),
    "exception through qsort": (
        "#include <cstdlib>\nint bad(const void *, const void *) { throw 42; }\n"
        "int a[] = {2, 1}, caught = 0;\n"
        "try { qsort(a, 2, sizeof *a, bad); } catch (int n) { caught = n; }\ncaught\n",
        "(int) 42\n"),
    "exception unwinds": (
        A + "void deep(int n) { A a(n); if (n == 3) throw n; deep(n + 1); }\n"
        'try { deep(1); } catch (int n) { printf("caught %d\\n", n); }\n',
        "+1 +2 +3 -3 -2 -1 caught 3\n"),
    "exception kept and rethrown": (
        "#include <exception>\nstd::exception_ptr kept;\n"
        "try { throw 42; } catch (...) { kept = std::current_exception(); }\nint n = 0;\n"
        "try { std::rethrow_exception(kept); } catch (int i) { n = i; }\nn\n", "(int) 42\n"),
    "exception in a thread": (
        "#include <exception>\n#include <thread>\nstd::exception_ptr caught;\n"
        "std::thread t([] { try { throw 42; }"
        " catch (...) { caught = std::current_exception(); } });\nt.join();\nint n = 0;\n"
        "try { std::rethrow_exception(caught); } catch (int i) { n = i; }\nn\n", "(int) 42\n"),
    "atexit": (
        '#include <cstdio>\n#include <cstdlib>\nvoid one() { puts("one"); }\n'
        'void two() { puts("two"); atexit(one); }\natexit(one);\natexit(two);\nputs("body");\n',
        "body\ntwo\none\none\n"),
    "atexit among destructors": (
        A + '#include <cstdlib>\nA a(1);\natexit([] { printf("handler "); });\nA b(2);\n',
        "+1 +2 -2 handler -1 "),
    "constructors with priorities": (
        "#include <cstdio>\n"
        '__attribute__((constructor(300))) void c() { printf("c "); }  '
        '__attribute__((constructor(200))) void b() { printf("b "); }  '
        '__attribute__((constructor)) void d() { printf("d "); }  '
        '__attribute__((constructor(101))) void a() { printf("a "); }  '
        '__attribute__((destructor(101))) void z() { printf("z\\n"); }  '
        '__attribute__((destructor)) void w() { printf("w "); }  '
        '__attribute__((destructor(200))) void y() { printf("y "); }\nprintf("body ");\n',
        "a b c d body w y z\n"),
    "lambdas": (
        "auto add = [](auto a, auto b) { return a + b; };\n"
        "auto count = [n = 0]() mutable { return ++n; };\ncount();\n"
        "int twice(int (*f)(int), int n) { return f(f(n)); }\nadd(count(), 40)\nadd(1, 1.5)\n"
        "twice([](int n) { return n * 3; }, 2)\n", "(int) 42\n(double) 2.5\n(int) 18\n"),
    "std::function of several lambdas": (
        "#include <functional>\n#include <vector>\nstd::vector<std::function<int(int)>> fs;\n"
        "fs.push_back([](int n) { return n + 1; });\nfs.push_back([](int n) { return n * 2; });\n"
        "int n = 20;\nfor (auto &f : fs) n = f(n);\nn\n", "(int) 42\n"),
    "overloads": (
        "int f(int) { return 1; }\nf(1)\nf('a')\nint f(float) { return 2; }\nf(1.5f)\nf(1)\n"
        "int f(const char *) { return 3; }\nf(\"\")\n",
        "(int) 1\n(int) 1\n(int) 2\n(int) 1\n(int) 3\n"),
    "declared now, defined later": (
        "int even(int);\nint (*pointer)(int);\nint even(int n) { return n % 2 == 0; }\n"
        "pointer = even;\npointer(4)\n", "(int) 1\n"),
    "mutual recursion": (
        "int odd(int); int even(int n) { return n ? odd(n - 1) : 1; } "
        "int odd(int n) { return n ? even(n - 1) : 0; }\neven(10)\nodd(10)\n",
        "(int) 1\n(int) 0\n"),
    "pointers across inputs": (
        "int n = 1;\nint *p = &n;\nint &r = *p;\n*p = 5;\n++r;\nn\np == &n\n",
        "(int) 6\n(bool) true\n"),
    "address of a function is one": (
        "int f() { return 1; }\nauto a = &f;\nbool same() { return a == &f; }\nsame()\n",
        "(bool) true\n"),
    "enumerations": (
        "enum class E : char { a = 1, b, c = b };\nE e = E::b;\ne\nstatic_cast<int>(e)\n"
        "enum { anonymous = 7 };\nanonymous + 0\n", "(E) E::b (2)\n(int) 2\n(int) 7\n"),
    "constexpr and static_assert": (
        "constexpr int square(int n) { return n * n; }\nconstexpr int nine = square(3);\n"
        "static_assert(nine == 9);\nint a[nine];\nsizeof a / sizeof *a == 9u ? nine : 0\n",
        "(int) 9\n"),
    "structured bindings": (
        "#include <utility>\nauto [x, y] = std::pair(40, 2);\nx + y\n", "(int) 42\n"),
    "user-defined literal and operator": (
        "long double operator\"\"_km(long double n) { return n * 1000; }\n(int)1.5_km\n"
        "struct V { int x; };\nV operator+(V a, V b) { return {a.x + b.x}; }\n(V{1} + V{2}).x\n",
        "(int) 1500\n(int) 3\n"),
    "large static data": (
        "static char big[64 << 20];\nbig[(64 << 20) - 1] = 42;\n(int)big[(64 << 20) - 1]\n",
        "(int) 42\n"),
    "strings and string literals": (
        '#include <string>\nstd::string s;\ns = "tom";\nconst char *p = s.c_str();\np\n'
        's += std::string("cat");\ns.size() == 6\n', '(const char *) "tom"\n(bool) true\n'),
    "threads across inputs": (
        "#include <atomic>\n#include <thread>\nstd::atomic<bool> go{false};\nint seen = 0;\n"
        "std::thread t([] { while (!go) std::this_thread::yield(); seen = 42; });\ngo = true;\n"
        "t.join();\nseen\n", "(int) 42\n"),
    "concepts": (
        "template <class T> concept Small = sizeof(T) <= 2;\n"
        "int f(auto) { return 1; }\nint f(Small auto) { return 2; }\nf(1)\nf('a')\n",
        "(int) 1\n(int) 2\n"),
    "coroutines": (
        "#include <coroutine>\nstruct Gen { struct promise_type { int value; "
        "Gen get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)"
        "}; } std::suspend_always initial_suspend() { return {}; } "
        "std::suspend_always final_suspend() noexcept { return {}; } "
        "std::suspend_always yield_value(int v) { value = v; return {}; } void return_void() {} "
        "void unhandled_exception() {} }; std::coroutine_handle<promise_type> h; "
        "int next() { h.resume(); return h.promise().value; } };\n"
        "Gen squares() { for (int i = 1;; ++i) co_yield i * i; }\nGen g = squares();\ng.next();\n"
        "g.next();\ng.next()\n", "(int) 9\n"),
}  # fmt: skip


AT_THE_END = [name for name, (code, _) in CPP.items() if "int main" in code]


@pytest.mark.parametrize("name", AT_THE_END)
def test_main(forkrepl: Run, name: str) -> None:
    """It runs at the end of the session."""
    check(forkrepl, *CPP[name])


@pytest.mark.parametrize("name", [name for name in CPP if name not in AT_THE_END])
def test_cpp(together: Together, name: str) -> None:
    standard = ["-std=c++20"] if name in ("concepts", "coroutines") else []
    result = together(texts(CPP), name, *standard)
    assert (result.stdout, result.stderr, result.status) == (CPP[name][1], "", 0)


C = {
    "tentative definitions": (
        "int n;\nint n;\nextern int n;\nint f(void) { return ++n; }\nint n;\nf();\nf()\nn\n",
        "(int) 2\n(int) 2\n",
    ),
    "tentative definition and a later one": (
        "int n;\nint f(void) { return n; }\nint n = 42;\nn\nf()\n",
        "(int) 42\n(int) 42\n",
    ),
    "tentative definition alone": (
        "int n;\nint f(void) { return ++n; }\nf();\nf()\n", "(int) 2\n"),
    "static functions": (
        "static int f(int n) { return n + 1; }\nint g(void) { return f(41); }\ng()\nf(1)\n",
        "(int) 42\n(int) 2\n"),
    "static variables": (
        "static int s = 1;\n++s;\nint f(void) { static int t = 10; return ++t + s; }\nf();\nf()\n",
        "(int) 14\n"),
    "function pointers": (
        "int one(void) { return 1; }\nint two(void) { return 2; }\n"
        "int (*table[])(void) = {one, two};\ntable[1]() * 10 + (*table[0])()\n"
        "int apply(int (*f)(void)) { return f(); }\napply(two)\n", "(int) 21\n(int) 2\n"),
    "structures and unions": (
        "struct s { int a; union { int b; char c[4]; }; unsigned bits : 3; };\n"
        "struct s s = {.a = 1, .b = 0x41, .bits = 5};\ns.c[0] + s.bits + s.a\n", "(int) 71\n"),
    "compound literals": (
        "int sum(const int *p) { return p[0] + p[1]; }\nsum((int[]){40, 2})\n", "(int) 42\n"),
    "variadic function": (
        "#include <stdarg.h>\ndouble sum(int n, ...) { va_list a; va_start(a, n); double s = 0; "
        "while (n--) s += va_arg(a, double); va_end(a); return s; }\nsum(3, 1.0, 2.0, 3.5)\n",
        "(double) 6.5\n"),
    "variable-length arrays": (
        "int f(int n) { int a[n]; for (int i = 0; i < n; ++i) a[i] = i; return a[n - 1]; }\nf(9)\n",
        "(int) 8\n"),
    "inline function with an extern declaration": (
        "inline int f(void) { return 42; }\nextern int f(void);\nf()\n", "(int) 42\n"),
    "setjmp": (
        "#include <setjmp.h>\njmp_buf buffer;\nvoid leap(void) { longjmp(buffer, 42); }\n"
        "int f(void) { int n = setjmp(buffer); if (!n) leap(); return n; }\nf()\n", "(int) 42\n"),
    "printf and stdout": (
        "#include <stdio.h>\nprintf(\"%d %s\\n\", 42, \"text\");\nfputs(\"line\\n\", stdout);\n",
        "42 text\nline\n"),
    "signals": (
        "#include <signal.h>\nvolatile sig_atomic_t seen;\nvoid handler(int n) { seen = n; }\n"
        "signal(SIGUSR1, handler);\nraise(SIGUSR1);\nseen == SIGUSR1 ? 1 : 0\n",
        "(int) 1\n"),
    "errno": ("#include <errno.h>\n#include <stdio.h>\nFILE *f;\nf = fopen(\"/nowhere\", \"r\");\n"
              "errno == ENOENT ? 1 : 0\n", "(int) 1\n"),
    "generic selection": ("_Generic(1.5f, int: 1, float: 2, default: 3)\n", "(int) 2\n"),
    "complex numbers": (
        "#include <complex.h>\ndouble f(void) { double _Complex z = 3 + 4 * I; "
        "return creal(z * z); }\nf()\n", "(double) -7.0\n"),
    "goto": ("int f(int n) { again: if (n < 42) { ++n; goto again; } return n; }\nf(1)\n",
             "(int) 42\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", C)
def test_c(together: Together, name: str) -> None:
    result = together(texts(C), name, "-x", "c")
    assert (result.stdout, result.stderr, result.status) == (C[name][1], "", 0)


def test_lambdas_of_statements_in_views(forkrepl: Run) -> None:
    """Clang instantiates and names constexpr functions while it parses the statement."""
    inputs = (
        "#include <ranges>",
        "std::views::iota(1, 5) | std::views::transform([](int n) { return n * n; })",
        "int sum = 0;",
        "for (int n : std::views::iota(1) | std::views::filter([](int n) { return n % 2; }) "
        "| std::views::take(3)) sum += [n] { return n; }();",
        "sum",
    )
    result = forkrepl("-std=c++20", input="\n".join([*inputs, ""]), timeout=60)
    assert result.stderr == ""
    assert values(result.stdout) == ["{ 1, 4, 9, 16 }", "9"]


def test_statements_that_begin_with_a_sign(forkrepl: Run) -> None:
    inputs = ("int x = 3;", "-1", "+1", "- 5 % 3 // comment", "-x *\n  2", "-x; -5", "-1 + 2;")
    output, errors = piped(forkrepl, *inputs, "-(1 + 2;)", "  -foo;", "42")
    assert values(output) == ["-1", "1", "-2", "-6", "-5", "42"]
    assert "-:9:8: error" in errors
    assert "-:10:4: error" in errors


def test_many_inputs(forkrepl: Run) -> None:
    lines = ["int v0 = 0;"]
    lines += [f"int v{n} = v{n - 1} + {n % 3};" for n in range(1, 300)]
    check(forkrepl, "\n".join([*lines, "v299", ""]), "(int) 300\n")
