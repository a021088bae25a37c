"""``%save``: the file does under a compiler what the session did."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support.program import Run, piped

SESSION = r"""
#include <cstdio>
#include <vector>
int x = 1; x = 5; int y = x;
std::vector<int> v{1, 2, 3};
printf("%d %d %zu\n", x, y, v.size());
v.size()
#define SQUARE(a) ((a) * (a))
struct S { int a, b; } s{3, 4}, *sp = &s;
int total(); int total() { return sp->a + sp->b; } // a comment
for (int i : v) { if (i == 2) continue; printf("%d ", SQUARE(i)); }
namespace n { int deep = 4; }
n::deep
auto add = [](int a) { return a + x; };
template <class T> T twice(T t) { return 2 * t; }
printf("%d %d %d\n", total(), add(1), twice(n::deep));
int f() { return x; }
double x = 2.5;
#include <string>
printf("%g %d\n", x, f());
char x = 'c';
printf("%c\n", x);
int gone = 1;
%undo
%time printf("timed\n");
std::string{"last"}.size();
"""
EXPECTED = "5 5 3\n1 9 7 6 8\n2.5 5\nc\ntimed\n"


def compile_and_run(path: Path, compiler: str) -> str:
    program = path.with_suffix(".out")
    command = [compiler, "-Wall", "-Wno-unused", "-Werror", str(path), "-o", str(program)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return subprocess.run([str(program)], capture_output=True, text=True, check=True).stdout


def test_cxx(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "old.cpp").write_text("mine\n")
    output, errors = piped(
        forkrepl,
        SESSION,
        *("%save saved.cpp", "%save old.cpp", "%save -f old.cpp", "%save first.cpp 1-3"),
        *("%save", "%save nowhere/x.cpp", "%save a.cpp 77", "%save a.cpp b c"),
    )
    assert "x: in the file, what it was before it was declared again is x_before_" in output
    assert "inputs are in saved.cpp" in output
    assert "%save: old.cpp exists (%save -f old.cpp replaces it)" in errors
    assert "%save needs the name of a file; usage: %save [-f] FILE [RANGE]" in errors
    assert "%save: cannot write nowhere/x.cpp: No such file or directory" in errors
    assert "there is no input 77" in errors
    saved = (tmp_path / "saved.cpp").read_text()
    assert (tmp_path / "old.cpp").read_text() == saved
    assert "gone" not in saved
    assert compile_and_run(tmp_path / "saved.cpp", "clang++-22") == EXPECTED
    again = forkrepl("saved.cpp")
    assert (again.stdout, again.stderr, again.returncode) == (EXPECTED, "", 0)
    assert compile_and_run(tmp_path / "first.cpp", "clang++-22") == ""


def test_c(forkrepl: Run, tmp_path: Path) -> None:
    session = (
        "#include <stdio.h>\nint n = 3; n = n + 1;\nint add(int a, int b) { return a + b; }\n"
        'printf("%d\\n", add(n, 1));\nadd(1, 2)\n%save saved.c\n'
    )
    result = forkrepl("-x", "c", input=session)
    assert "5 inputs are in saved.c" in result.stdout
    assert compile_and_run(tmp_path / "saved.c", "clang-22") == "5\n"
    assert forkrepl("saved.c").stdout == "5\n"


def test_main_and_nothing(forkrepl: Run, tmp_path: Path) -> None:
    for language, compiler, suffix in (("c", "clang-22", "c"), ("c++", "clang++-22", "cpp")):
        session = (
            "%save nothing\n#include <stdio.h>\nint n = 1;\nn = 2;\n"
            'int main() { printf("main %d\\n", n); return 0; }\n'
            f"%lib m\n%save -f saved.{suffix}\n"
        )
        result = forkrepl("-x", language, input=session)
        assert "%save: no input is in force" in result.stderr
        path = tmp_path / f"saved.{suffix}"
        assert " -lm\n" in path.read_text()
        assert compile_and_run(path, compiler) == "main 2\n"
