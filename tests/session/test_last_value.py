"""``_`` is the last value."""

from __future__ import annotations

from tests.support.program import OpenShell, Run, piped, values

TRACED = """\
#include <cstdio>
#include <memory>
#include <string>
struct Traced {
  int n; std::string text = "text";
  explicit Traced(int n) : n(n) { printf("+%d ", n); }
  Traced(const Traced &o) : n(o.n) { printf("copy%d ", n); }
  Traced(Traced &&o) : n(o.n) { printf("move%d ", n); }
  ~Traced() { printf("-%d ", n); }
};
"""


def test_values_of_all_kinds(forkrepl: Run) -> None:
    lines = {
        "6 * 7": "42",
        "_ + 1": "43",
        "_": "43",
        "_ *= 2": "86",
        "int x = 5; x": "5",
        "++_": "6",
        "x": "6",
        "int a[2][2] = {{1, 2}, {3, 4}}; a": "{ { 1, 2 }, { 3, 4 } }",
        "_[1][0]": "3",
        '"text"': '"text"',
        "_[1]": "'e'",
        "[n = 20](int m) { return n + m; }(1)": "21",
        "struct { int n; } unnamed{7}; unnamed.n": "7",
        "std::make_unique<int>(8) ? 1 : 0": "1",
        "abs(-4)": "4",
        "_ == 4": "true",
        "enum { one = 1 }; one": "one (1)",
        "_ == one": "true",
    }
    output, errors = piped(forkrepl, "#include <memory>\n#include <cstdlib>", *lines)
    assert (values(output), errors) == (list(lines.values()), "")


def test_types_without_a_name(forkrepl: Run) -> None:
    output, errors = piped(
        forkrepl,
        "#include <string>",
        'std::string s = "abc";',
        "[t = s](int n) { return t.size() + n; }",
        "_(1)",
        "[](auto v) { struct Local { decltype(v) n; }; return Local{v}; }(5)",
        "_.n",
        "[] { struct L { std::string s; ~L() {} }; return L{std::string(30, 'x')}; }()",
        "_.s.size()",
        "&abs",
        "_(-3)",
    )
    assert errors == ""
    assert [values(line)[-1] for line in output.splitlines()][1::2] == ["4", "5", "30", "3"]


def test_an_object_is_held_until_the_next_one_has_been_printed(forkrepl: Run) -> None:
    output, errors = piped(
        forkrepl,
        TRACED,
        "Traced(1)",
        "_.n",
        "_ + 1",
        "Traced(2)",
        "_.text.c_str()",
        'puts("next"); Traced(3).n',
        "std::make_unique<Traced>(4)",
        "_->n",
        "std::string(2, 'z')",
        "_",
        'puts("end");',
        "Traced(5)",
    )
    assert errors == ""
    assert "copy" not in output
    assert "move" not in output
    lines = output.splitlines()
    assert lines[0].startswith("+1 (Traced) ")
    assert lines[1:3] == ["(int) 1", "(int) 2"]
    assert lines[3].startswith("+2 -1 (Traced) ")
    assert lines[4] == '(const char *) "text"'
    assert lines[5:7] == ["next", "+3 -3 (int) 3"]
    assert lines[7].startswith("+4 -2 (")
    assert lines[8] == "(int) 4"
    assert lines[9].startswith("-4 (std::string)")
    assert lines[11] == "end"
    assert lines[12].startswith("+5 (Traced)")
    assert lines[13] == "-5 "


def test_names_of_the_users_come_first(forkrepl: Run) -> None:
    output, errors = piped(
        forkrepl,
        "1",
        "int f() { int _ = 10; return _; }",
        "f() + 0",
        "int g(int _) { return _ + 1; }",
        "g(4) + _",
        '#define _(text) "translated " text',
        '_("message")',
        "#undef _",
        "int _ = 100;",
        "2",
        "_",
        "_ = 3;",
        "%undo 4",
        "_",
    )
    assert (values(output), errors) == (
        ["1", "10", "15", '"translated message"', "2", "100", '"translated message"'],
        "",
    )


def test_before_any_value(forkrepl: Run) -> None:
    _, errors = piped(forkrepl, "_", "int x = _;")
    assert errors.count("use of undeclared identifier '_'") == 2


def test_going_back(open_shell: OpenShell) -> None:
    shell = open_shell("--quiet")
    shell.run("#include <cstdio>")
    shell.run('struct T { int n; explicit T(int n) : n(n) {} ~T() { printf("-%d\\n", n); } };')
    shell.run("3 + 4")
    shell.run("T(1)")
    assert shell.run("T(2)").startswith("(T) ")
    assert shell.run("_.n") == "(int) 2\n"
    assert shell.run("%rewind 2") == ""
    assert shell.run("_.n") == "(int) 1\n"
    assert "SIGSEGV" in shell.run("T(3), *(volatile int *)8 = 1")
    assert shell.run("_") == "(int) 1\n"
    assert shell.run("T(4)").startswith("(T) ")
    assert shell.run("%undo").startswith("-4\n")
    assert shell.run("_") == "(int) 1\n"  # at the prompt objects stay longer: see test_out
    assert shell.run("%undo 3") == ""
    assert shell.run("_.n") == "(int) 1\n"
    assert shell.run("%undo 2").startswith("-1\n")
    assert shell.run("_ + 1") == "(int) 8\n"
    assert "uncaught exception" in shell.run("throw 1, T(7)")
    assert shell.run("7") == "(int) 7\n"
    shell.run("auto kept = _;")
    shell.run("int own = 1;")
    assert "cannot run again" in shell.run("%restart")
    assert shell.run("own") == "(int) 1\n"
    assert shell.leave() == 0


def test_what_cannot_be_kept(forkrepl: Run) -> None:
    code = """\
#include <initializer_list>
std::initializer_list<int>{1, 2}
_.size()
struct Fixed { int n; Fixed(int n) : n(n) {} Fixed(Fixed &&) = delete; ~Fixed() {} };
Fixed(3)
_.n
8
_
"""
    result = forkrepl("-std=c++14", input=code)
    assert values(result.stdout)[-2:] == ["8", "8"]
    assert result.stderr.count("`_`: the last value is gone") == 2
    # In C++17 nothing needs to be moved.
    assert "(int) 3\n(int) 8" in forkrepl(input=code).stdout


def test_in_every_standard(forkrepl: Run) -> None:
    code = """\
#include <string>
#include <vector>
std::vector<std::string>(3, "abc")
_.size() + _[2].size()
"""
    for standard in ("c++98", "c++11", "c++23"):
        result = forkrepl(f"-std={standard}", "-O2", "-Wall", "-Wextra", input=code)
        assert (values(result.stdout)[-1:], result.stderr) == (["6"], ""), standard


def test_in_c(forkrepl: Run) -> None:
    code = """\
struct pair { int a, b; } make(int n) { struct pair p = {n, n + 1}; return p; }
make(3)
_.b
int x = 1;
x
_ += 4;
x
(int[]){7, 8}
_[1]
"""
    result = forkrepl("-x", "c", input=code)
    assert (values(result.stdout)[1:], result.stderr) == (["4", "1", "5", "{ 7, 8 }", "8"], "")


def test_over_aligned_and_virtual(forkrepl: Run) -> None:
    output, errors = piped(
        forkrepl,
        "#include <cstdint>\n#include <cstdio>\n#include <new>",
        "struct alignas(256) Wide { int n; ~Wide() {} };",
        "Wide{1}",
        "reinterpret_cast<std::uintptr_t>(&_) % 256",
        'struct Base { virtual ~Base() { puts("~Base"); } };',
        'struct Own : Base { void *operator new(std::size_t) = delete; ~Own() { puts("~Own"); } };',
        "Own()",
    )
    assert (values(output)[1], errors) == ("0", "")
    assert output.endswith("~Own\n~Base\n")
