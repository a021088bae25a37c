"""What is used before it is defined: inputs that only define things wait for it."""

from __future__ import annotations

import pytest

from repl import Session
from runtime.errors import LinkError
from tests.support.program import Run, values
from tests.support.together import Together, texts

CASES = {
    "a function": (
        "void late();\nint main() { late(); }\nint n;\nvoid late() { n = 4; }\nmain();\nn",
        "4",
    ),
    "a function by a statement": (
        "int late();\nint f() { return late(); }\nint late() { return 3; }\nf()",
        "3",
    ),
    "mutual recursion": (
        "int odd(int n);\nint even(int n) { return n == 0 ? 1 : odd(n - 1); }\n"
        "int odd(int n) { return n == 0 ? 0 : even(n - 1); }\neven(10)\nodd(10)",
        "1 0",
    ),
    "mutual recursion of three": (
        "int a(int), b(int), c(int);\nint a(int n) { return n ? b(n - 1) : 1; }\n"
        "int b(int n) { return n ? c(n - 1) : 2; }\nint c(int n) { return n ? a(n - 1) : 3; }\n"
        "a(7)",
        "2",
    ),
    "a variable": ("extern int n;\nint f() { return n; }\nint n = 5;\nf()", "5"),
    "a variable that code initialises": (
        "extern int n;\nint f() { return n; }\nint five() { return 5; }\nint n = five();\nf()",
        "5",
    ),
    "an initializer that needs what waits": (
        "int late();\nint f() { return late(); }\nint late() { return 3; } int now = f();\nnow",
        "3",
    ),
    "a static member": (
        "struct S { static int n; };\nint f() { return S::n; }\nint S::n = 6;\nf()",
        "6",
    ),
    "a constant that refers to it": ("extern int n;\nint *const p = &n;\nint n = 7;\n*p", "7"),
    "member functions": (
        "struct S { int f(); int g(); };\nint S::f() { return g() + 1; }\n"
        "int S::g() { return 1; }\n"
        "S().f()",
        "2",
    ),
    "the ordinary class": (
        "int n = 0;\nstruct A { A(); virtual ~A(); virtual int f(); };\nA::A() { ++n; }\n"
        "A::~A() { n += 10; }\nint A::f() { return n; }\n{ A a; n += 100; }\nn",
        "111",
    ),
    "the key function last": (
        "struct A { virtual int f(); virtual int g(); };\nstruct B : A { int f() override; };\n"
        "int B::f() { return 2; }\nint A::g() { return 3; }\nint A::f() { return 1; }\n"
        "static_cast<A &&>(B()).f()\nB().g()",
        "2 3",
    ),
    "the constructor of a base": (
        "struct A { int n; A(int n); };\nstruct B : A { B(); };\nB::B() : A(4) {}\n"
        "A::A(int n) : n(n) {}\nB().n",
        "4",
    ),
    "two that need one": (
        "int late();\nint f() { return late(); }\nint g() { return late() + 1; }\n"
        "int late() { return 1; }\nf() * 10 + g()",
        "12",
    ),
    "one that needs two": (
        "int a(), b();\nint f() { return a() + b(); }\nint a() { return 1; }\n"
        "int b() { return 2; }\n"
        "f()",
        "3",
    ),
    "a chain": (
        "int a(), b(), c();\nint a() { return b(); }\nint b() { return c(); }\n"
        "int c() { return 9; }\na()",
        "9",
    ),
    "what is new while it waits": (
        "int late();\nint f() { return late(); }\nint other() { return 2; }\nother()\n"
        "int late() { return other(); }\nf()",
        "2 2",
    ),
    "internal linkage": (
        "static int late();\nint f() { return late(); }\nstatic int late() { return 8; }\nf()",
        "8",
    ),
    "an unnamed namespace": (
        "namespace { int late(); }\nint f() { return late(); }\n"
        "namespace { int late() { return 8; } }\n"
        "f()",
        "8",
    ),
    "an inline function": (
        "inline int late();\nint f() { return late(); }\ninline int late() { return 8; }\nf()",
        "8",
    ),
    "an inline member": (
        "struct S { int late(); int f() { return late(); } };\nint f() { return S().f(); }\n"
        "inline int S::late() { return 8; }\nf()",
        "8",
    ),
    "a function template": (
        "template <class T> T late(T);\nint f() { return late(4); }\n"
        "template <class T> T late(T t) { return t * 2; }\nf()",
        "8",
    ),
    "a member of a class template": (
        "template <class T> struct V { T late(); };\nint f() { return V<int>().late(); }\n"
        "template <class T> T V<T>::late() { return 8; }\nf()",
        "8",
    ),
    "a static member of a class template": (
        "template <class T> struct V { static T n; };\nint f() { return V<int>::n; }\n"
        "template <class T> T V<T>::n = 8;\nf()",
        "8",
    ),
    "a thread-local variable": (
        "extern thread_local int n;\nint f() { return n; }\nthread_local int n = 5;\nf()",
        "5",
    ),
    "a local static variable": (
        "int late();\nint f() { static int n = late(); return ++n; }\nint late() { return 4; }\n"
        "f()\nf()",
        "5 6",
    ),
    "extern C": (
        'extern "C" int late();\nint f() { return late(); }\n'
        'extern "C" int late() { return 8; }\nf()',
        "8",
    ),
}

C_CASES = {
    "a function": (
        "int late(void);\nint f(void) { return late(); }\nint late(void) { return 3; }\nf()",
        "3",
    ),
    "a static function": (
        "static int late(void);\nint f(void) { return late(); }\n"
        "static int late(void) { return 3; }\nf()",
        "3",
    ),
    "a variable": ("extern int n;\nint f(void) { return n; }\nint n = 5;\nf()", "5"),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("level", ["-O0", "-O2"])
def test_in_cxx(together: Together, case: str, level: str) -> None:
    result = together(texts(CASES), case, level)
    assert (values(result.stdout), result.stderr) == (CASES[case][1].split(), "")
    assert result.status == 0


@pytest.mark.parametrize("case", C_CASES)
def test_in_c(together: Together, case: str) -> None:
    result = together(texts(C_CASES), case, "-xc")
    assert (values(result.stdout), result.stderr) == (C_CASES[case][1].split(), "")


def test_main_runs_at_the_end(forkrepl: Run) -> None:
    text = (
        '#include <cstdio>\nvoid late();\nint main() { late(); }\nvoid late() { puts("late"); }\n'
    )
    result = forkrepl(input=text)
    assert (result.stdout, result.stderr, result.returncode) == ("late\n", "", 0)


ERRORS = {
    "by a statement": (
        "int late();\nint f() { return late(); }\nf()\n",
        "-:3: undefined symbol: late() (needed by -:2)",
    ),
    "by an initializer": (
        "int late();\nint f() { return late(); }\nint n = f();\n",
        "-:3: undefined symbol: late() (needed by -:2)",
    ),
    "by way of another": (
        "int late();\nint f() { return late(); }\nint g() { return f(); }\ng()\n",
        "-:4: undefined symbol: late() (needed by -:2)",
    ),
    "of two": (
        "int a(), b();\nint f() { return a(); }\nint g() { return b() + f(); }\ng()\n",
        "-:4: 2 undefined symbols:\n  b() (needed by -:3)\n  a() (needed by -:2)",
    ),
    "by itself": ("int late();\nlate()\n", "-:2: undefined symbol: late()\n"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_used_too_early(together: Together, case: str) -> None:
    result = together(texts(ERRORS), case)
    assert ERRORS[case][1] in result.stderr
    assert (result.stdout, result.status) == ("", 1)


def test_the_end_of_a_script_tells_what_waits(forkrepl: Run) -> None:
    result = forkrepl(input="int late();\nint f() { return late(); }\nint main() { return 0; }\n")
    assert result.stderr == "-:2: undefined symbol: late()\n"
    assert result.returncode == 1


def test_a_main_that_waits_is_told(forkrepl: Run) -> None:
    result = forkrepl("-c", "void late();\nint main() { late(); }\n")
    assert result.stderr == "-c:2: undefined symbol: late()\n"
    assert result.returncode == 1


def test_vars_and_a_question_tell_what_waits(forkrepl: Run) -> None:
    text = "int late();\nint n = 1; int f() { return late() + n; }\n%vars\n?f\n?n\n"
    result = forkrepl(input=text)
    assert result.stdout.count("waits for late()") == 4  # %vars: the variable and the input
    assert "-:2 waits for late()" in result.stdout


def test_the_library_tells_what_an_input_waits_for() -> None:
    with Session() as session:
        session.run("int late(); extern int n;")
        assert session.run("int f() { return late() + n; }").waits_for == "late(), n"
        with pytest.raises(LinkError, match=r"late\(\) \(needed by In\[2\]\)"):
            session.run("f()")
        assert session.run("int late() { return 1; }").waits_for == ""
        assert session.run("int n = 2;").waits_for == ""
        assert session.value("f()") == 3


def test_undo_puts_it_back() -> None:
    with Session() as session:
        session.run("int late();")
        session.run("int f() { return late(); }")
        session.run("int late() { return 1; }")
        assert session.value("f()") == 1
        session.undo()
        assert session.take_warnings() == ["note: In[2] waits for late() again"]
        with pytest.raises(LinkError):
            session.value("f()")
        session.run("int late() { return 2; }")
        assert session.value("f()") == 2
        session.undo(2)
        session.run("int f() { return 7; }")
        assert session.value("f()") == 7


def test_what_fails_leaves_it_waiting() -> None:
    with Session() as session:
        session.run("int late();")
        session.run("int f() { return late(); }")
        for failing in ("throw 1;", "*(volatile int *)0 = 1;", "nosuch;"):
            with pytest.raises(Exception):  # noqa: B017, PT011 - of three kinds
                session.run(f"int late() {{ return 1; }}\n{failing}")
        session.run("int late() { return 5; }")
        assert session.value("f()") == 5


def test_rewind_and_restart() -> None:
    with Session() as session:
        session.run("int late();")
        session.run("int f() { return late(); }")
        session.run("int late() { return 1; }")
        session.rewind()
        with pytest.raises(LinkError):
            session.value("f()")
        session.restart()
        with pytest.raises(LinkError):
            session.value("f()")
        session.run("int late() { return 3; }")
        session.restart()
        assert session.take_warnings() == []
        assert session.value("f()") == 3


@pytest.mark.parametrize("late", ["", "void late() {}\n"])
def test_a_main_that_waits_is_defined_again(forkrepl: Run, late: str) -> None:
    text = "void late();\nint main() { late(); return 1; }\nint main() { return 2; }\n" + late
    result = forkrepl(input=text)
    assert (result.stderr, result.returncode) == ("", 2)


@pytest.mark.parametrize("language", ["c", "c++"])
def test_a_function_that_waits_is_defined_again(forkrepl: Run, language: str) -> None:
    text = (
        "void late(void);\nint f(void) { late(); return 1; }\nint f(void) { return 2; }\nf()\n"
        "void late(void) {}\nf()\n"
    )
    result = forkrepl("-x", language, input=text)
    assert (result.stdout, result.stderr) == ("(int) 2\n(int) 2\n", "")
