"""Thread-local variables: one for each thread, the same from every unit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runtime.errors import ExecutorError
from tests.support.amount import amount
from tests.support.program import Run
from tests.support.runtime import COMPILERS, Program, compile_source, running_program

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


@pytest.fixture(params=["shared", "stream"])
def program(request: pytest.FixtureRequest) -> Iterator[Program]:
    with running_program(memory=request.param) as running:
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


WORKER = """
#include <pthread.h>
#include <semaphore.h>
sem_t asked, answered;
void (*volatile job)(void);
static pthread_t thread;
static void *work(void *unused) {
  for (;;) {
    sem_wait(&asked);
    if (!job) return unused;
    job();
    sem_post(&answered);
  }
}
void start(void) {
  sem_init(&asked, 0, 0);
  sem_init(&answered, 0, 0);
  pthread_create(&thread, 0, work, 0);
}
void ask(void) { sem_post(&asked); sem_wait(&answered); }
void stop(void) { job = 0; sem_post(&asked); pthread_join(thread, 0); }
"""


def test_threads_that_run_already_have_initial_values_too(program: Program) -> None:
    """Of the initial- and local-exec models, which have no call that could make them."""
    program.load_c(WORKER)
    program.call("start")
    for value in (5, 6):  # the second unit gets the place of the first
        source = (
            f"static __thread int n = {value}; static __thread int zero;"
            "extern void (*volatile job)(void); int seen, seen_zero;"
            "static void look(void) { seen = n++; seen_zero = zero++; }"
            "void go(void) { job = look; }"
        )
        unit = program.load_c(source, flags=("-fPIE", "-O1"))
        program.call("go")
        program.call("ask")
        assert (program.integer("seen"), program.integer("seen_zero")) == (value, 0)
        program.session.unload(unit)
    program.call("stop")


def test_a_thread_that_blocks_all_signals_is_told(program: Program) -> None:
    program.load_c(
        "#include <signal.h>\nextern void (*volatile job)(void);"
        "static void block(void) { sigset_t all; sigfillset(&all); sigprocmask(0, &all, 0); }"
        "void go(void) { job = block; }" + WORKER
    )
    program.call("start")
    program.call("go")
    program.call("ask")
    used = program.session.statistics().used
    with pytest.raises(ExecutorError, match="EBUSY"):
        program.load_c("static __thread int n = 1; int f(void) { return ++n; }", flags=("-fPIE",))
    assert program.session.statistics().used == used
    program.call("stop")


def test_objects_of_all_threads_are_destroyed_with_their_unit(program: Program) -> None:
    program.load_c(WORKER)
    program.load_c("int built, destroyed, where[9];")
    unit = program.load(
        compile_source(
            'extern "C" { extern int built, destroyed; extern void (*volatile job)(); }'
            "struct Object { int n; Object() : n(++built) {} ~Object() { ++destroyed; } };"
            "static thread_local Object object;"
            'static void use() { object.n = 1; } extern "C" void go() { use(); job = use; }',
            "-fPIC",
            language="c++",
        )
    )
    program.call("start")
    program.call("go")
    program.call("ask")
    assert (program.integer("built"), program.integer("destroyed")) == (2, 0)
    program.session.unload(unit)
    assert program.integer("destroyed") == 2
    program.call("stop")
    assert program.integer("destroyed") == 2


def test_a_thing_of_the_past_costs_no_memory(program: Program) -> None:
    """Module numbers are used again, so what is indexed by them stays small."""
    code = compile_source("__thread int n = 7; int go(void) { return ++n; }", "-fPIC")
    first = program.load(code)
    number = first.linked.thread_locals.module
    program.session.unload(first)
    for _ in range(20):
        unit = program.load(code)
        assert unit.linked.thread_locals.module == number
        program.session.unload(unit)
    units = [program.load(compile_source(f"__thread int n{i} = {i};", "-fPIC")) for i in range(3)]
    assert len({unit.linked.thread_locals.module for unit in units}) == 3


THOUSANDS = amount(2000, 5000)


def test_thousands_of_units_have_thread_locals(program: Program) -> None:
    """All loaded at once, and used by two threads; memory is given back with them."""
    program.load_c(WORKER)
    program.call("start")
    used = program.session.statistics().used
    source = (
        "extern void (*volatile job)(void); __attribute__((weak)) int sum;"
        "static __thread int n = 7;"
        "static void look(void) { sum += n++; }"
        "__attribute__((constructor)) static void go(void) { job = look; look(); }"
    )
    code = compile_source(source, "-fPIC")
    units = []
    for _ in range(THOUSANDS):
        unit = program.load(code)
        units.append(unit)
        assert program.session.initialize(unit).exception_type is None
        if len(units) % 50 == 0:
            program.call("ask")
    assert program.integer("sum") == 7 * THOUSANDS + 7 * (THOUSANDS // 50)
    while units:
        program.session.unload(units.pop())
    assert program.session.statistics().used == used
    program.call("stop")
