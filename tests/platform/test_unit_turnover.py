"""Thousands of units with all that a unit can register come and go: nothing is left."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.amount import amount
from tests.support.runtime import COMPILERS, compile_source, mappings, running_program

ROUNDS = {"gcc": amount(2_000, 10_000), "clang-22": 2_000}
SETTLED = 200  # rounds after which nothing needs to grow any more

UNIT = """
#include <csignal>
#include <cstdlib>
#include <pthread.h>
#include <stdexcept>
#include <string>
int destroyed;  // also seen by the next unit
struct Object {
    std::string text = std::string(100, 'x');
    ~Object() { ++destroyed; }
};
Object global;
thread_local Object mine;
thread_local char large[10000];
static void handler() {}
static void handler_with_status(int, void *) {}
static void on_signal(int) {}
static void destroy(void *text) { delete (std::string *)text; }
extern "C" int caught;
int caught;
extern "C" void go() {
    static Object local;
    large[0] = (char)mine.text.size();
    std::atexit(handler);
    on_exit(handler_with_status, nullptr);
    at_quick_exit(handler);
    pthread_atfork(handler, handler, handler);
    signal(SIGUSR1, on_signal);
    pthread_key_t key;
    if (pthread_key_create(&key, destroy)) std::abort();
    pthread_setspecific(key, new std::string(100, 'x'));
    try { throw std::runtime_error(global.text); } catch (std::exception &) { ++caught; }
}
"""


def memory_of_its_own(pid: int) -> int:
    """In KiB: what the process has written, and nobody shares."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    (line,) = [line for line in rollup.splitlines() if line.startswith("Private_Dirty:")]
    return int(line.split()[1])


@pytest.mark.parametrize("compiler", COMPILERS)
def test_nothing_is_left_of_units_that_went(compiler: str) -> None:
    code = compile_source(UNIT, "-fPIC", language="c++", compiler=compiler)
    with running_program() as program:
        pid = program.process.pid
        before: tuple[int, int] | None = None
        for number in range(ROUNDS[compiler]):
            unit = program.load(code)
            assert program.session.initialize(unit).exception_type is None
            program.call("go")
            assert program.integer("caught") == 1
            assert program.session.unload(unit).exception_type is None
            if number == SETTLED:
                before = memory_of_its_own(pid), len(mappings(pid))
        assert before is not None
        assert len(mappings(pid)) == before[1]
        # One leaked record of 16 bytes for each round would be 28 KiB or more.
        assert memory_of_its_own(pid) - before[0] < 24
        assert program.session.statistics().used == 0
