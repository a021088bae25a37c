"""Inputs of a file that are compiled, linked and run together do what they do one by one."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.support.amount import ALL, amount
from tests.support.program import Completed, Run

SIZES = ("1", "2", "16", "random")
MERGED = ("sh", "-c", 'exec "$@" 2>&1', "sh")  # in the order in which it was printed

# Each is compared with itself one by one. What it must show all the same comes last.
SCRIPTS = {
    "values between": (
        """
int a = 1;
int b = a + 1;
a + b
int c = b + 1;
c
""",
        "(int) 3\n(int) 3\n",
    ),
    "printing": (
        r"""
#include <cstdio>
int n = 0;
printf("%d\n", n++);
printf("%d\n", n++);
n
printf("%d\n", n++);
fflush(stdout);
""",
        "",
    ),
    "an error": (
        """
int a = 1;
extern "C" int puts(const char *);
puts("before");
puts(nothing);
puts("after");
""",
        "before",
    ),
    "an error of the code generator": (
        """
int a = 1;
a += 1;
a
asm("nonsense");
a + 1
""",
        "(int) 2\n",
    ),
    "an exception": (
        """
#include <cstdio>
#include <stdexcept>
puts("1"); fflush(stdout);
int a = 1;
throw std::runtime_error("oh");
puts("2");
""",
        "std::runtime_error: oh",
    ),
    "an exception after destructors were registered": (
        r"""
#include <cstdio>
struct S { int n; ~S() { printf("~%d\n", n); fflush(stdout); } };
S one{1};
int a = 1;
S two{2};
a = 2;
S three{3}; throw 4;
S five{5};
""",
        "~3\n",
    ),
    "exit": (
        """
#include <cstdlib>
#include <cstdio>
atexit([] { puts("bye"); });
int a = 1;
a = 2;
exit(a);
puts("never");
""",
        "bye\n",
    ),
    "return": (
        """
int a = 1;
a += 2;
if (a == 3) return 7;
a = 8;
a
""",
        "",
    ),
    "a crash": (
        """
#include <cstdio>
int a = 1;
int *p = nullptr;
puts("now"); fflush(stdout);
*p = 2;
puts("never");
""",
        "SIGSEGV",
    ),
    "a crash in a function": (
        """
[[gnu::noinline]] int f(int *p) { return *p; }
[[gnu::noinline]] int g(int *p) { return f(p) + 1; }
int n = 3;
n = g(nullptr);
""",
        "in g(int*)",
    ),
    "abort": (
        """
#include <cstdlib>
int a = 1;
int b = 2;
abort();
""",
        "SIGABRT",
    ),
    "a warning": (
        """
extern "C" int puts(const char *);
puts("1");
int f() { int unused = 1 / 0; return 0; }
puts("2");
#include <cstdio>
fflush(stdout);
""",
        "warning: division by zero",
    ),
    "used before it is defined": (
        """
int late();
int f() { return late(); }
int n = 1;
int late() { return n + 1; }
f()
""",
        "(int) 2\n",
    ),
    "run before it is defined": (
        """
int late();
int n = 1;
n = late();
int late() { return 5; }
n
""",
        "undefined symbol: late()",
    ),
    "never defined": (
        """
int late();
int f() { return late(); }
int n = 1;
n
""",
        "late()",
    ),
    "defined twice": (
        """
int f() { return 1; }
int n = f();
int f() { return 2; }
n
""",
        "redefinition",
    ),
    "the library's before one of the user's": (
        """
#include <cstdio>
extern "C" int getpid();
int a = getpid() > 1;
extern "C" int getpid() { return 0; }
int b = getpid() > 1;
a * 10 + b
""",
        "(int) 10\n",
    ),
    "constructors": (
        """
#include <cstdio>
int a = puts("a");
__attribute__((constructor(101))) void early() { puts("early"); }
int b = puts("b");
__attribute__((constructor)) void usual() { puts("usual"); }
int c = puts("c");
""",
        "",
    ),
    "destructor functions": (
        r"""
#include <cstdio>
int a = 1;
__attribute__((destructor)) void end() { printf("%d\n", a); }
a = 2;
a = 3;
""",
        "3\n",
    ),
    "names of a file": (
        """
static int n = 1;
static int f() { static int k = 0; return ++k + n; }
namespace { int m = f(); }
int r = f() * 10 + m;
r
""",
        "(int) 32\n",
    ),
    "templates": (
        """
template <class T> T twice(T a) { static int n = 0; return a * 2 + n++; }
int a = twice(1);
int b = twice(1);
template <class T> T v = 4;
int c = v<int> + twice(1);
a * 100 + b * 10 + c
""",
        "(int) 238\n",
    ),
    "lambdas": (
        """
auto f = [] { static int n = 0; return ++n; };
int a = f();
int b = f();
auto g = [a = a](int k) { return k + a; };
int c = g(b);
a * 100 + b * 10 + c
""",
        "(int) 123\n",
    ),
    "threads": (
        """
#include <thread>
int n = 0;
std::thread t([] { n = 4; });
t.join();
n
""",
        "(int) 4\n",
    ),
    "thread-locals": (
        """
thread_local int t = 3;
int a = t++;
thread_local int u = a + t;
int b = u;
a * 10 + b
""",
        "(int) 37\n",
    ),
    "a header that an input writes": (
        r"""
#include <cstdio>
FILE *f = fopen("made.h", "w");
fputs("int made = 6;\n", f);
fclose(f);
#include "made.h"
int n = made;
n
""",
        "(int) 6\n",
    ),
    "macros": (
        """
#define ADD(a) total += a
int total = 0;
ADD(1);
#undef ADD
#define ADD(a) total += 10 * a
ADD(1);
total
""",
        "(int) 11\n",
    ),
    "the last value": (
        """
int a = 4;
a + 1
int b = _ + 1;
b
_ + 1
""",
        "(int) 5\n(int) 6\n(int) 7\n",
    ),
    "assembly": (
        r"""
asm(".globl nine\nnine: mov $9, %eax\nret");
extern "C" int nine();
int n = nine();
n
""",
        "(int) 9\n",
    ),
    "a part of the allocator": (
        """
int a = 1;
extern "C" void *calloc(unsigned long, unsigned long) { return nullptr; }
int b = 2;
a + b
""",
        "libraries keep their own calloc",
    ),
    "main after statements": (
        """
int n = 1;
n = 5;
int k = n;
int main() { return k; }
""",
        "",
    ),
}


def run(forkrepl: Run, folder: Path, text: str, size: str, *flags: str) -> Completed:
    (folder / "script.cpp").write_text(text.lstrip("\n"))
    return forkrepl(
        "--no-cache", *flags, "script.cpp", input="", wrapper=MERGED, FORKREPL_JOIN=size
    )


@pytest.mark.parametrize("flags", [(), ("-O2",)], ids=["-O0", "-O2"])
@pytest.mark.parametrize("name", SCRIPTS)
def test_as_one_by_one(forkrepl: Run, tmp_path: Path, name: str, flags: tuple[str, ...]) -> None:
    text, shown = SCRIPTS[name]
    if "main" not in name:  # or it would be a program, which is compiled as one
        text += "0;\n"
    sizes = SIZES if ALL else ("1", "16") if flags else ("1", "2", "16")  # optimised or not
    alone, *joined = [run(forkrepl, tmp_path, text, size, *flags) for size in sizes]
    assert shown in alone.stdout
    for result in joined:
        assert (result.stdout, result.returncode) == (alone.stdout, alone.returncode)


STATEMENTS = (
    "int v{n} = {n};",
    "double d{n} = v0 + {n};",
    'printf("{n} %d\\n", v0);',
    "v0 += {n};",
    "v0 + {n}",
    "int f{n}(int a) {{ return a + v0; }}",
    "v0 = f0({n});",
    "struct S{n} {{ int a = {n}; }};",
    "std::vector<int> w{n}(2, {n});",
    "static int s{n} = v0++;",
    "template <class T> T t{n}(T a) {{ return a + v0; }}",
    "for (int i = 0; i < {n}; i++) v0 += i;",
    "int declared{n}();",
    'std::string text{n} = "{n}";',
    "#define M{n} {n}",
    "if (v0 > 40) v0 = 0;",
    "D e{n}{{{n}}};",
)
ENDS = ("throw 1;", "exit(3);", "return 4;", "v0 = nothing;", "*(int *)8 = 1;", "late();", "")


@pytest.mark.parametrize("seed", range(amount(3, 6)))
def test_random_scripts(forkrepl: Run, tmp_path: Path, seed: int) -> None:
    choose = random.Random(seed)
    lines = [
        "#include <cstdio>\n#include <cstdlib>\n#include <string>\n#include <vector>",
        "setvbuf(stdout, nullptr, _IONBF, 0);",
        'struct D { int n; ~D() { printf("~%d\\n", n); } };',
        "int v0 = 1;\nint f0(int a) { return a + v0; }\nint late();",
    ]
    count = choose.randrange(10, 60)
    lines += [choose.choice(STATEMENTS).format(n=n) for n in range(1, count)]
    lines += [choose.choice(ENDS), *(choose.choice(STATEMENTS).format(n=n) for n in (98, 99))]
    text = "\n".join(lines) + "\n"
    alone, *joined = [run(forkrepl, tmp_path, text, size) for size in SIZES]
    for result in joined:
        assert (result.stdout, result.returncode) == (alone.stdout, alone.returncode), text


def test_a_second_run_of_joined_inputs(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "script.cpp").write_text("int a = 1;\na += 2;\na\nint b = a;\nb + 1\n")
    results = [forkrepl("script.cpp", input="") for _ in range(3)]
    assert {each.stdout for each in results} == {"(int) 3\n(int) 4\n"}


@pytest.mark.parametrize("command", ["%undo", "  %undo", ".undo"])
def test_commands_are_about_single_inputs(forkrepl: Run, tmp_path: Path, command: str) -> None:
    (tmp_path / "script.cpp").write_text(
        f"int a = 1;\nint b = 2;\nint c = 3;\n{command}\nint c = a + b;\nc\n"
    )
    result = forkrepl("script.cpp", input="")
    assert (result.stdout, result.stderr, result.returncode) == ("(int) 3\n", "", 0)


@pytest.mark.parametrize("size", ["0", "many", "-1", ""])
def test_a_size_that_is_none(forkrepl: Run, tmp_path: Path, size: str) -> None:
    (tmp_path / "script.cpp").write_text("int a = 1;\na\n")
    result = forkrepl("script.cpp", FORKREPL_JOIN=size)
    assert result.stderr == (
        f"forkrepl: error: FORKREPL_JOIN={size}: it is the number of inputs to join, or 'random'\n"
    )
    assert result.returncode == 1
