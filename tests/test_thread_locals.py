"""Thread-local variables: one for each thread, the same from every unit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from conftest import Run
from runtime_support import COMPILERS, Program, compile_source, running_program

NOISY = (
    "#include <cstdio>\n#include <thread>\n"
    'struct N { int v = 5; N() { printf("+ "); } ~N() { printf("- "); } };\n'
)


@pytest.mark.parametrize(
    ("script", "output"),
    [
        ("thread_local int n = 3;\nn\n++n\nn\n", "(int) 3\n(int) 4\n(int) 4\n"),
        (
            "#include <thread>\nthread_local int n = 3;\nn = 10;\nint seen = 0;\n"
            "std::thread t([] { seen = ++n; }); t.join();\nseen\nn\n",
            "(int) 4\n(int) 10\n",
        ),
        ("static thread_local int n = 1;\n++n;\n++n\n", "(int) 3\n"),
        (
            'thread_local int zero;\nthread_local char text[9] = "abc";\nzero\ntext\n',
            '(int) 0\n(char[9]) "abc"\n',
        ),
        (
            "struct alignas(256) A { int n; };\nthread_local A a;\n(unsigned long)&a % 256\n",
            "(unsigned long) 0\n",
        ),
        (
            NOISY + "thread_local N n;\nn.v\nstd::thread t([] { n.v = 7; }); t.join();\nn.v\n",
            "+ (int) 5\n+ - (int) 5\n- ",
        ),
        (
            "int f() { static thread_local int n = 0; return ++n; }\nf()\nf()\n",
            "(int) 1\n(int) 2\n",
        ),
        (
            "#include <mutex>\nstd::once_flag flag; int calls = 0;\n"
            "for (int i = 0; i < 3; ++i) std::call_once(flag, [] { ++calls; });\ncalls\n",
            "(int) 1\n",
        ),
        (
            "#include <future>\nauto f = std::async(std::launch::async, []() -> int { throw 42; });"
            "\nint n = 0; try { f.get(); } catch (int i) { n = i; }\nn\n",
            "(int) 42\n",
        ),
    ],
)
def test_in_scripts(forkrepl: Run, script: str, output: str) -> None:
    result = forkrepl("-c", script)
    assert (result.stdout, result.stderr, result.returncode) == (output, "", 0)


def test_in_c(forkrepl: Run) -> None:
    script = "static _Thread_local int n = 40;\nint f(void) { return ++n; }\nf();\nf()\n"
    assert forkrepl("-x", "c", "-c", script).stdout == "(int) 42\n"


def test_objects_are_destroyed_with_their_unit(forkrepl: Run) -> None:
    """And not again when the thread or the program ends."""
    result = forkrepl(input=NOISY + 'thread_local N n;\nn.v;\n%undo 2\nprintf("gone ");\n')
    assert (result.stdout, result.returncode) == ("+ - gone ", 0)


@pytest.fixture
def program() -> Iterator[Program]:
    with running_program() as running:
        yield running


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("level", ["-O0", "-O2"])
def test_dynamic_models(program: Program, compiler: str, level: str) -> None:
    """General dynamic for what others see, local dynamic for what is static."""
    shared = compile_source(
        "__thread int seen = 5; __thread long zero; static __thread int one = 1;"
        "static __thread int two = 2; int sum(void) { return ++one * 100 + ++two * 10 + seen; }",
        "-fPIC",
        level,
        compiler=compiler,
    )
    user = compile_source(
        "extern __thread int seen; extern __thread long zero; int sum(void); int result, address;"
        "void go(void) { ++seen; ++zero; result = sum() * 10 + zero;"
        " address = ((unsigned long)&zero % 8) == 0; }",
        "-fPIC",
        level,
        compiler=compiler,
    )
    program.load(shared)
    program.load(user)  # another unit, the same variables
    program.call("go")
    assert (program.integer("result"), program.integer("address")) == (2361, 1)


def test_many_units_with_thread_locals(program: Program) -> None:
    code = compile_source(
        "static __thread int n = 7; int result; void go(void) { result = ++n; }", "-fPIC"
    )
    for _ in range(300):
        unit = program.load(code)
        program.call("go")
        assert program.integer("result") == 8
        program.session.unload(unit)
    assert program.session.statistics().used == 0
