"""Exceptions and unwinding between snippets, libraries, threads and units that come and go."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runtime.units.unit_journal import LoadedUnit
from tests.support.program import Run
from tests.support.runtime import Program, compile_source, running_program


@pytest.mark.parametrize(
    ("script", "output"),
    [
        (
            "struct Mine { int n; };\nvoid thrower(int n) { throw Mine{n}; }\n"
            "int catcher() { try { thrower(7); } catch (Mine &m) { return m.n; } return 0; }\n"
            "catcher()\n",
            "(int) 7\n",
        ),
        (  # through the frames of a library
            "#include <cstdlib>\nint calls = 0;\n"
            "int compare(const void *, const void *) { if (++calls == 3) throw 5; return 1; }\n"
            "int v[9] = {3, 1, 2};\nint n = 0;\n"
            "try { std::qsort(v, 9, sizeof *v, compare); } catch (int i) { n = i; }\nn\n",
            "(int) 5\n",
        ),
        (
            "#include <algorithm>\n#include <vector>\nstd::vector<int> v{3, 1, 2, 9, 4};\n"
            "int n = 0;\ntry { std::sort(v.begin(), v.end(), [](int a, int b) -> bool {"
            " if (a == 9) throw a; return a < b; }); } catch (int i) { n = i; }\nn\n",
            "(int) 9\n",
        ),
        (
            "#include <exception>\n#include <thread>\n#include <stdexcept>\n"
            "std::exception_ptr held;\n"
            'void run() { try { throw std::runtime_error("far"); }'
            " catch (...) { held = std::current_exception(); } }\n"
            "std::thread t(run); t.join();\nbool same = false;\n"
            "try { std::rethrow_exception(held); }"
            " catch (std::runtime_error &e) { same = e.what()[0] == 'f'; }\nsame\n",
            "(bool) true\n",
        ),
        (
            "#include <pthread.h>\n#include <cstdio>\n"
            'struct Noisy { ~Noisy() { std::puts("unwound"); } };\n'
            "void *leave(void *) { Noisy n; pthread_exit(nullptr); }\n"
            "pthread_t t;\npthread_create(&t, nullptr, leave, nullptr);\n"
            "pthread_join(t, nullptr)\n",
            "unwound\n(int) 0\n",
        ),
        (
            "#include <pthread.h>\n#include <unistd.h>\n#include <cstdio>\n"
            'struct Noisy { ~Noisy() { std::puts("cancelled"); } };\n'
            "void *wait(void *) { Noisy n; for (;;) pause(); }\n"
            "pthread_t t;\npthread_create(&t, nullptr, wait, nullptr);\n"
            "pthread_cancel(t);\nvoid *result;\npthread_join(t, &result);\n"
            "result == PTHREAD_CANCELED\n",
            "cancelled\n(bool) true\n",
        ),
        (
            "#include <execinfo.h>\n"
            "__attribute__((noinline)) int depth(int n) {"
            ' if (n) { int d = depth(n - 1); asm(""); return d; }'
            " void *frames[64]; return backtrace(frames, 64); }\n"
            "depth(9) - depth(4)\n",
            "(int) 5\n",
        ),
        (  # rethrown from a nested handler, with a destructor on the way
            '#include <cstdio>\nstruct Noisy { ~Noisy() { std::puts("gone"); } };\n'
            "void inner() { Noisy n; try { throw 1; } catch (int) { throw; } }\n"
            "int n = 0;\ntry { inner(); } catch (int i) { n = i; }\nn\n",
            "gone\n(int) 1\n",
        ),
    ],
)
def test_in_scripts(forkrepl: Run, script: str, output: str) -> None:
    result = forkrepl("-c", script)
    assert (result.stdout, result.stderr, result.returncode) == (output, "", 0)


@pytest.mark.parametrize(
    "script",
    [
        "void f() noexcept { throw 1; }\nf();\n",
        "#include <thread>\nstd::thread t([] { throw 1; }); t.join();\n",
        "struct S { ~S() { throw 2; } };\nvoid f() { S s; throw 1; }\nf();\n",
    ],
    ids=["noexcept", "in a thread", "in a destructor while unwinding"],
)
def test_what_terminates_a_program_terminates_it(forkrepl: Run, script: str) -> None:
    result = forkrepl("-c", script + "1\n")
    assert (result.stdout, result.returncode) == ("", 128 + 6)
    assert "terminate called" in result.stderr


def test_the_session_goes_on_after_an_exception(forkrepl: Run) -> None:
    result = forkrepl(
        input="#include <stdexcept>\nint n = 1;\n"
        'void f() { ++n; throw std::out_of_range("too far"); }\nf();\nn\n'
    )
    assert result.stdout == "(int) 2\n"
    assert "out_of_range" in result.stderr
    assert "too far" in result.stderr


THROWER = """
extern "C" { extern int caught; void go%(n)d(); }
struct Exception%(n)d { int n; };
__attribute__((noinline)) static void thrower(int n) { throw Exception%(n)d{n}; }
extern "C" void go%(n)d() { try { thrower(%(n)d); } catch (Exception%(n)d &e) { caught += e.n; } }
"""


@pytest.fixture(params=["shared", "stream"])
def program(request: pytest.FixtureRequest) -> Iterator[Program]:
    with running_program(memory=request.param) as running:
        yield running


def test_frames_come_and_go_with_their_units(program: Program) -> None:
    """Units that are gone leave no frames: their place is somebody else's code next."""
    program.load_c("int caught;")
    codes = [
        compile_source(THROWER % {"n": n}, "-fPIC", f"-O{n % 3}", language="c++") for n in range(4)
    ]
    expected = 0
    loaded: dict[int, LoadedUnit] = {}
    for step in range(200):
        n = (step * 7) % 4
        if n in loaded:
            program.session.unload(loaded.pop(n))
        loaded[n] = program.load(codes[n])
        for other in loaded:
            program.call(f"go{other}")
            expected += other
    assert program.integer("caught") == expected


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("throw 42;", "int: 42"),
        ("throw -1;", "int: -1"),
        ('throw "text";', "char const*: text"),
        ("throw (const char *)nullptr;", "char const*"),
        ('#include <string>\nthrow std::string("text");', "std::string: text"),
        ("#include <vector>\nthrow std::vector<int>{1};", "std::vector<int>"),
        ('#include <stdexcept>\nthrow std::runtime_error("text");', "std::runtime_error: text"),
        ("throw 2.5;", "double"),
        ("struct S {}; throw S{};", "S"),
    ],
)
def test_what_is_told_of_one_that_nobody_caught(forkrepl: Run, code: str, told: str) -> None:
    result = forkrepl("-c", code)
    first, *place = result.stderr.splitlines()
    assert (first, result.returncode) == (f"uncaught exception of type {told}", 1)
    assert [line.partition(":")[0] for line in place] == ["  at -c"]
