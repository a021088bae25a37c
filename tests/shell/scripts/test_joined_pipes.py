"""Inputs through a pipe are compiled together, and each that fails is taken back by itself."""

from __future__ import annotations

import random

import pytest

from tests.shell.scripts.test_joined_inputs import MERGED, SCRIPTS, STATEMENTS
from tests.support.amount import amount
from tests.support.program import Completed, Run

# Each is compared with itself one by one. What it must show all the same comes last.
PIPED = {
    "an exception in the midst": (
        r"""
#include <cstdio>
setvbuf(stdout, nullptr, _IONBF, 0);
int a = 1;
int b = 2;
a += 10;
int c = (throw 3, 4);
b += 10;
int c = 5;
printf("%d %d %d\n", a, b, c);
""",
        "11 12 5\n",
    ),
    "a crash in the midst": (
        r"""
#include <cstdio>
setvbuf(stdout, nullptr, _IONBF, 0);
int a = 1;
int f() { return a; }
int *nowhere = nullptr;
a += 10;
int g = (a = 77, *nowhere);
int g() { return f() + 1; }
int h = g();
a += 100;
printf("%d %d\n", a, h);
*nowhere = f();
printf("%d\n", a + f());
""",
        "111 12\n",
    ),
    "the first one crashes": (
        """
int *nowhere = nullptr;
1
*nowhere = 1;
int a = 2;
a += 3;
a
""",
        "(int) 5\n",
    ),
    "what a failed one has declared": (
        """
int a = 1;
a += 1;
struct S { int n = 4; }; S s = (throw 1, S());
int k = s.n;
struct S { int m = 6; };
a = S().m;
a
""",
        "(int) 6\n",
    ),
    "a template's instance in one that fails": (
        """
template <class T> T twice(T n) { static int calls = 0; ++calls; return n * 2 + calls; }
int a = 1;
a += 1;
int b = (throw twice(2.5), 1);
double c = twice(2.5);
c
twice(1)
""",
        "(double) 6.0\n(int) 3\n",
    ),
    "many that fail": ("int a = 0;\n" + "a += 1;\nthrow a;\n" * 20 + "a\n", "(int) 20\n"),
    "exit": (
        """
#include <cstdlib>
int a = 1;
a += 2;
exit(a);
a
""",
        "",
    ),
    "main at the end": (
        """
int a = 1;
a += 2;
*(int *)8 = 1;
int main() { return a; }
""",
        "SIGSEGV",
    ),
    "a thread that crashes": (
        """
#include <thread>
int a = 1;
a += 1;
std::thread t([] { *(volatile int *)8 = 1; }); t.join();
a += 1;
int b = a;
b
""",
        "(int) 3\n",
    ),
    "used before it is defined": (
        """
int late();
int f() { return late(); }
int a = 1;
a += f();
int late() { return 5; }
a += f();
a
""",
        "(int) 6\n",
    ),
    "redefined after it failed": (
        """
int a = 1;
int f() { return 1; }
int f() { return a + 1; }
int b = (throw f(), 1);
int f() { return a + 2; }
a = f();
int b = f();
b
""",
        "(int) 5\n",
    ),
}


def pipe(forkrepl: Run, text: str, size: str, *flags: str) -> Completed:
    return forkrepl(*flags, input=text.lstrip("\n"), wrapper=MERGED, FORKREPL_JOIN=size)


@pytest.mark.parametrize("flags", [(), ("-O2",)], ids=["-O0", "-O2"])
@pytest.mark.parametrize("name", PIPED)
def test_as_one_by_one(forkrepl: Run, name: str, flags: tuple[str, ...]) -> None:
    text, shown = PIPED[name]
    sizes = ("1", "16") if flags else ("1", "2", "16")  # optimised or not
    alone, *joined = [pipe(forkrepl, text, size, *flags) for size in sizes]
    assert shown in alone.stdout
    for result in joined:
        assert (result.stdout, result.returncode) == (alone.stdout, alone.returncode)


@pytest.mark.parametrize("name", list(SCRIPTS)[:: amount(3, 1)])
def test_what_a_file_does(forkrepl: Run, name: str) -> None:
    text = SCRIPTS[name][0] + ("0;\n" if "main" not in name else "")
    alone, joined = [pipe(forkrepl, text, size) for size in ("1", "16")]
    assert (joined.stdout, joined.returncode) == (alone.stdout, alone.returncode)


@pytest.mark.parametrize("seed", range(10, 10 + amount(3, 6)))
def test_at_random(forkrepl: Run, seed: int) -> None:
    choose = random.Random(seed)
    lines = [
        "#include <cstdio>\n#include <cstdlib>\n#include <string>\n#include <vector>",
        "setvbuf(stdout, nullptr, _IONBF, 0);",
        r'struct D { int n; ~D() { printf("~%d\n", n); } };',
        "int v0 = 1;\nint f0(int a) { return a + v0; }\nint late();",
    ]
    fails = ("throw 1;", "v0 = nothing;", "*(int *)8 = 1;", "int x{n} = (throw v0, 2);")
    for n in range(1, 50):
        kinds = fails if choose.random() < 0.08 else STATEMENTS
        lines.append(choose.choice(kinds).format(n=n))
    text = "\n".join([*lines, "v0 * 1000", ""])
    alone, joined = [pipe(forkrepl, text, size) for size in ("1", "16")]
    assert (joined.stdout, joined.returncode) == (alone.stdout, alone.returncode), text


def test_commands_are_about_single_inputs(forkrepl: Run) -> None:
    text = "int a = 1;\nint b = 2;\nint c = 3;\n%undo\n%undo\nint b = a + 4;\nb\n"
    assert forkrepl(input=text).stdout == "(int) 5\n"
