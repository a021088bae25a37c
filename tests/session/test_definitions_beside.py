"""A member function, a specialization or a function of a namespace is defined again by itself."""

from __future__ import annotations

import pytest

from tests.support.program import OpenShell, Run, piped, values

INPUTS = {
    "a member function": (
        "struct S { int f(); int n = 3; };\nint S::f() { return n; }\nS s;\ns.f()\n"
        "int g() { return s.f(); }\nint S::f() { return n + 1; }\ns.f()\ng()\n"
        "int S::f() { return n + 2; }\ns.f()\n",
        ["3", "4", "3", "5"],
    ),
    "one of several overloads": (
        "struct S { int f(int); int f(double); };\nint S::f(int) { return 1; }\n"
        "int S::f(double) { return 2; }\nint S::f(double) { return 3; }\n"
        "S().f(1)\nS().f(1.0)\n",
        ["1", "3"],
    ),
    "static, virtual, constructors and operators": (
        "struct S { static int s(); virtual int v(); S(); int operator()(); int n; };\n"
        "int S::s() { return 1; } int S::v() { return 1; } S::S() { n = 1; }"
        " int S::operator()() { return 1; }\n"
        "int S::s() { return 2; } int S::v() { return 2; } S::S() { n = 2; }"
        " int S::operator()() { return 2; }\n"
        "S::s() * 100 + S().n * 10 + S()()\n",
        ["222"],
    ),
    "a specialization": (
        "template <class T> int f() { return 0; }\ntemplate <> int f<int>() { return 1; }\n"
        "f<int>()\ntemplate <> int f<int>() { return 2; }\nf<int>()\nf<char>()\n",
        ["1", "2", "0"],
    ),
    "in namespaces": (
        "namespace n { int f() { return 1; } struct S { int g(); }; int S::g() { return f(); } }\n"
        "namespace n { int f() { return 2; } }\nn::f()\nn::S().g()\n"
        "namespace n { int S::g() { return f() + 10; } }\nn::S().g()\n"
        "int n::S::g() { return f() + 20; }\nn::S().g()\n",
        ["2", "1", "12", "22"],
    ),
    "of a nested class": (
        "struct O { struct I { int f(); }; };\nint O::I::f() { return 1; }\n"
        "int O::I::f() { return 2; }\nO::I().f()\n",
        ["2"],
    ),
}


@pytest.mark.parametrize("name", INPUTS)
def test_the_new_definition_is_in_force(forkrepl: Run, name: str) -> None:
    code, expected = INPUTS[name]
    for flags in ((), ("-O2",)):
        result = forkrepl(*flags, input=code)
        assert (values(result.stdout), result.stderr) == (expected, "")


def test_going_back(open_shell: OpenShell) -> None:
    shell = open_shell("--quiet")
    shell.run("struct S { int f(); };")
    shell.run("int S::f() { return 1; }")
    shell.run("int S::f() { return 2; }")
    assert shell.run("S().f()") == "(int) 2\n"
    assert shell.run("%undo 2") == ""
    assert shell.run("S().f()") == "(int) 1\n"
    shell.run("int S::f() { return 3; }")
    assert "SIGSEGV" in shell.run("*(volatile int *)8 = 1")
    assert shell.run("S().f()") == "(int) 3\n"
    assert shell.run("%opt 1") == ""
    assert shell.run("S().f()") == "(int) 3\n"
    assert shell.leave() == 0


def test_messages_say_which_type_is_meant(open_shell: OpenShell, forkrepl: Run) -> None:
    shell = open_shell("--quiet")
    shell.run("struct P { int x; };")
    shell.run("int show(P p) { return p.x; }")
    shell.run("P old{1};")
    assert "(In[" not in shell.run("show(1)")
    shell.run("struct P { double x; };")
    error = shell.run("show(P{2})")
    assert "no known conversion from 'P' (In[5]) to 'P' (In[1])" in error
    error = shell.run("P now = old;")
    assert "from 'P' (In[1]) to 'const P' (In[5])" in error or "'P' (In[1])" in error
    assert "(In[5])" not in shell.run("P wrong{1, 2, 3};")
    error = piped(forkrepl, "struct P {}; void f(P);", "struct P {};", "f(P())")[1]
    assert "from 'P' (-:2) to 'P' (-:1)" in error
