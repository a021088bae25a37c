"""``Out[3]`` and ``_3``: what an input has shown, as long as it is kept."""

from __future__ import annotations

from tests.support.program import OpenShell, Run, Shell, piped

TRACED = (
    "struct T { int n; explicit T(int n) : n(n) {} T(const T &) = delete; "
    '~T() { printf("-%d\\n", n); } };'
)


def run(shell: Shell, *lines: str) -> list[str]:
    return [shell.run(line).rstrip("\n") for line in lines]


def test_values_of_all_kinds(open_shell: OpenShell) -> None:
    shell = open_shell("--quiet")
    shell.run("#include <string>")
    given = [
        ("6 * 7", "(int) 42"),
        ("_2 + Out[2]", "(int) 84"),
        ('std::string("abc") + "de"', '(std::string) "abcde"'),
        ("Out[4].size() + _4.size()", "(std::size_t) 10"),
        ("int x = 5; x", "(int) 5"),
        ("++Out[6], x", "(int) 6"),
        ("int a[2][2] = {{1, 2}, {3, 4}}; a", "(int[2][2]) { { 1, 2 }, { 3, 4 } }"),
        ("Out[8][1][0] + _8[1][1]", "(int) 7"),
        ("struct S { char c; double d; } s{'c', 1.5}; s", "(S) { .c = 'c', .d = 1.5 }"),
        ("[] { Out[10].c = 'z'; }(), s.c", "(char) 'z'"),
        ("[&] { return Out [ 2 ] + int(Out[10].d); }()", "(int) 43"),
        ("int f() { return _2; } f()", "(int) 42"),
        ('"text"', '(const char[5]) "text"'),
        ("Out[14][1]", "(const char) 'e'"),
        ("&f", None),
        ("Out[16]()", "(int) 42"),
    ]
    for typed, shown in given:
        output = shell.run(typed).rstrip("\n")
        assert shown is None or output == shown, typed
    assert shell.leave() == 0


def test_names_of_the_users_come_first(open_shell: OpenShell) -> None:
    shell = open_shell("--quiet")
    outputs = run(
        shell,
        "7",
        "int Out[] = {1, 2, 3}; int _1 = 5;",
        "Out[1] + _1",
        "%undo 2",
        "int g() { int Out[9] = {}; return Out[1]; }",
        "g() + Out[1]",
        "#define _1 3",
        "_1",
    )
    assert [outputs[place] for place in (2, 5, 7)] == ["(int) 7", "(int) 7", "(int) 3"]
    assert "undeclared identifier '_6'" not in shell.run("_6")
    assert "undeclared identifier '_2'" in shell.run("_2")
    assert "undeclared identifier 'Out'" in shell.run("Out[2]")
    assert "undeclared identifier 'Out'" in shell.run("Out[g()]")


def test_going_back(open_shell: OpenShell) -> None:
    shell = open_shell("--quiet")
    run(shell, "#include <cstdio>", TRACED, "1", "T(1)", "T(2)")
    assert run(shell, "Out[4].n + Out[5].n", "%undo 2") == ["(int) 3", "-2"]
    assert "undeclared identifier '_5'" in shell.run("_5")
    assert shell.run("_4.n") == "(int) 1\n"
    assert "SIGSEGV" in shell.run("*(volatile int *)8 = 1")
    assert shell.run("_4.n + Out[3]") == "(int) 2\n"
    assert shell.run("T(3)").startswith("(T) ")
    assert shell.run("%rewind") == ""
    assert shell.run("Out[4].n") == "(int) 1\n"
    assert shell.run("%reset").split() == ["-1"]
    assert "undeclared identifier '_4'" in shell.run("_4")


def test_how_much_is_kept(open_shell: OpenShell) -> None:
    shell = open_shell("--quiet")
    run(shell, "#include <cstdio>", TRACED)
    for number in range(3, 11):
        assert shell.run(f"T({number})").startswith("(T) ")
    assert shell.run("0 + _3.n") == "(int) 3\n"
    assert shell.run("T(12)").startswith("-3\n(T) ")
    gone = shell.run("Out[3].n")
    assert gone.startswith("Out[3]: the value is gone")
    assert gone.count("\n") == 1
    assert shell.run("0 + Out[4].n") == "(int) 4\n"
    # 100 values: In[11] and In[14] are two of them.
    for number in range(97):
        shell.run(f"{number}")
    assert shell.run("Out[11] + 0 * Out[14]") == "(int) 3\n"
    shell.run("1")
    assert "Out[11]: the value is gone" in shell.run("Out[11]")
    assert shell.run("Out[14]") == "(int) 4\n"
    assert shell.leave() == 0


def test_large_ones_take_the_place_of_others(open_shell: OpenShell) -> None:
    shell = open_shell("--quiet")
    run(shell, "struct Large { char c[600000]; };", "7", "Large{{1}}", "Large{{2}}")
    assert "Out[2]: the value is gone" in shell.run("Out[2]")
    assert "Out[3]: the value is gone" in shell.run("Out[3].c[0]")
    assert shell.run("int(Out[4].c[0])") == "(int) 2\n"
    run(shell, "struct Huge { char c[3 << 20]; };", "Huge{{3}}")
    assert shell.run("int(Out[9].c[0])") == "(int) 3\n"


def test_in_c_and_in_scripts(open_shell: OpenShell, forkrepl: Run) -> None:
    shell = open_shell("--quiet", "-x", "c")
    assert run(shell, "2.5", "struct p { int a; } q = {4}; q", "Out[2].a + _1") == [
        "(double) 2.5",
        "(struct p) { .a = 4 }",
        "(double) 6.5",
    ]
    assert "undeclared identifier '_1'" in piped(forkrepl, "1", "_1")[1]
