"""Functions of C++ in the worker processes of others' engines, with nothing of ours in between."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

import pytest

from repl import ProgramCrashed, Session, ShellError, UncaughtException
from repl.python.sent import SentSession
from tests.support.leaks import MARK, command_of, living, wait_for

CODE = """
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>
#include <unistd.h>
int calls = 0;
double simulate(int seed) {
  if (seed == 13)
    throw std::out_of_range("seed 13");
  if (seed == 17)
    *(volatile int *)0 = seed;
  if (seed == 19)
    _exit(3);
  double value = seed;
  for (int i = 0; i < 10; ++i)
    value = value * 0.5 + 1;
  ++calls;
  return value;
}
int count() { return calls; }
int number_of_process() { return getppid(); }
void hang(const std::string &file) { fclose(fopen(file.c_str(), "w")); for (;;) {} }
std::string greet(const std::string &name, int times) {
  std::string text;
  while (times--)
    text += name;
  return text;
}
double sum(const std::vector<double> &values) {
  double total = 0;
  for (double each : values)
    total += each;
  return total;
}
template <class T> T twice(T value) { return value + value; }
struct Point { int x, y; };
Point point() { return {1, 2}; }
"""


def expected(seed: int) -> float:
    """What ``simulate`` computes."""
    value = float(seed)
    for _ in range(10):
        value = value * 0.5 + 1
    return value


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with Session() as one:
        one.run(CODE)
        yield one


def outcome(call: Callable[[], Any]) -> Any:
    """A result, or the exception."""
    try:
        return call()
    except Exception as error:
        return error


def check(results: list[Any]) -> None:
    """Of the seeds 11, 13, 17, 19 and 20, in order."""
    assert results[0] == expected(11)
    assert isinstance(results[1], IndexError)
    assert isinstance(results[1], UncaughtException)
    assert results[1].type_name == "std::out_of_range"
    assert "seed 13" in str(results[1])
    assert isinstance(results[2], ProgramCrashed)
    assert results[2].signal == signal.SIGSEGV
    assert "null pointer" in str(results[2])
    assert isinstance(results[3], ProgramCrashed)
    assert results[3].wait_status == 3
    assert results[4] == expected(20)


SEEDS = [11, 13, 17, 19, 20]


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_process_pool_executor(session: Session, method: str) -> None:
    context: BaseContext = multiprocessing.get_context(method)
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        futures = [pool.submit(session.gbl.simulate, seed) for seed in SEEDS]
        check([outcome(future.result) for future in futures])
        assert list(pool.map(session.gbl.simulate, range(20, 40), chunksize=5)) == [
            expected(seed) for seed in range(20, 40)
        ]


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_multiprocessing_pool(session: Session, method: str) -> None:
    with multiprocessing.get_context(method).Pool(2) as pool:
        pending = [pool.apply_async(session.gbl.simulate, (seed,)) for seed in SEEDS]
        check([outcome(each.get) for each in pending])
        assert pool.starmap(session.gbl.greet, [("a", 2), ("b", 3)]) == ["aa", "bbb"]


def test_joblib(session: Session) -> None:
    joblib = pytest.importorskip("joblib")
    simulate = session.gbl.simulate

    def guarded(seed: int) -> Any:
        return outcome(lambda: simulate(seed))

    with joblib.parallel_config(backend="loky", n_jobs=2):
        results = joblib.Parallel()(joblib.delayed(simulate)(seed) for seed in (1, 2, 3))
        assert results == [expected(seed) for seed in (1, 2, 3)]
        check(joblib.Parallel()(joblib.delayed(guarded)(seed) for seed in SEEDS))


def test_one_session_for_each_process(session: Session) -> None:
    """Tasks of one worker find what earlier ones have left; another function of the same session
    is in the same program."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        for seed in range(3):
            pool.submit(session.gbl.simulate, seed).result()
        assert pool.submit(session.gbl.count).result() == 3
        (worker,) = pool._processes
        # The executor's parent is a keeper of the worker's.
        keeper = pool.submit(session.gbl.number_of_process).result()
        assert parent_of(keeper) == worker
    assert session.gbl.count() == 0


def parent_of(pid: int) -> int:
    """Of a process that runs."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_an_endless_task_can_be_interrupted(session: Session, tmp_path: Path) -> None:
    began = tmp_path / "began"
    pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork"))
    try:
        future = pool.submit(session.gbl.hang, str(began))
        assert wait_for(began.exists, 60)
        (worker,) = pool._processes
        os.kill(worker, signal.SIGINT)
        assert isinstance(future.exception(60), KeyboardInterrupt)
        assert pool.submit(session.gbl.simulate, 2).result() == expected(2)
    finally:
        for process in pool._processes.values():
            process.kill()
        pool.shutdown()


def test_nothing_is_left_of_workers_that_are_killed(
    session: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(MARK, "workers")
    before = set(living("workers"))
    pool = ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))
    futures = [pool.submit(session.gbl.simulate, seed) for seed in range(20, 24)]
    assert [future.result() for future in futures] == [expected(seed) for seed in range(20, 24)]
    hanging = pool.submit(session.gbl.hang, str(tmp_path / "began"))
    assert wait_for((tmp_path / "began").exists, 60)
    for worker in pool._processes.values():
        worker.kill()
    assert hanging.exception() is not None
    pool.shutdown()
    assert wait_for(lambda: not left(before), 60), left(before)


def left(before: set[int]) -> list[bytes]:
    """Processes of the test, without those that multiprocessing keeps for the next one."""
    commands = map(command_of, set(living("workers")) - before)
    return [command for command in commands if b"resource_tracker" not in command]


# What is unpickled.


def run_in_another(data: bytes, script: str) -> str:
    """What a fresh Python prints that has unpickled ``sent`` from its standard input."""
    head = "import pickle, sys\nsent = pickle.load(sys.stdin.buffer)\n"
    command = [sys.executable, "-c", head + script]
    done = subprocess.run(command, input=data, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def test_what_nobody_uses_starts_nothing(session: Session) -> None:
    """As in the scheduler of a cluster, which passes functions on."""
    script = """
import os
again = pickle.loads(pickle.dumps(sent))
assert again == sent and hash(again) == hash(sent)
print(open(f"/proc/self/task/{os.getpid()}/children").read(), repr(sent), sent.__name__)
"""
    printed = run_in_another(pickle.dumps(session.gbl.simulate), script)
    assert printed.strip() == "<C++ function simulate, sent> simulate"


def test_neither_clang_nor_llvm_is_needed(session: Session) -> None:
    script = """
import os
print(sent(20), "llvmlite" in sys.modules)
for child in open(f"/proc/self/task/{os.getpid()}/children").read().split():
    print(os.path.basename(os.readlink(f"/proc/{child}/exe")))
"""
    printed = run_in_another(pickle.dumps(session.gbl.simulate), script)
    assert printed.split() == [str(expected(20)), "False", "forkrepl-executor"]


def test_a_whole_session_can_be_sent(session: Session) -> None:
    assert session.gbl.greet("x", 1) == "x"
    assert session.gbl.point().x == 1
    script = """
print(type(sent).__name__, sent.gbl.greet("y", 2), sent.gbl.point().x, len(sent.inputs))
for use in (lambda: sent.run("int n;"), lambda: sent.value("1"), lambda: sent.gbl.unheard_of):
    try:
        use()
    except Exception as error:
        print(type(error).__name__, str(error)[:49])
print(pickle.loads(pickle.dumps(sent)) is sent, pickle.loads(pickle.dumps(sent.gbl.greet))("z", 1))
"""
    lines = run_in_another(pickle.dumps(session), script).splitlines()
    assert lines[0] == "SentSession yy 1 1"
    assert lines[1:4] == ["ShellError this session has come as machine code, without Cl"] * 3
    assert lines[4] == "True z"


def test_arguments_that_were_not_prepared(session: Session) -> None:
    function = pickle.loads(pickle.dumps(session.gbl.twice["int"]))
    with pytest.raises(ShellError, match=r"twice<int>\(int\): it was not compiled"):
        function(4)
    session.gbl.twice.prepare(1.5)
    session.gbl.twice["int"].prepare(1)
    assert pickle.loads(pickle.dumps(session.gbl.twice["int"]))(4) == 8
    assert pickle.loads(pickle.dumps(session.gbl.twice))(4.5) == 9.0


def test_default_arguments_and_enumerations(session: Session) -> None:
    session.run(
        "namespace n { enum class E { a, b }; E after(int i, int by = 1) { return E(i + by); } }"
    )
    after = pickle.loads(pickle.dumps(session.gbl.n.after))
    script = "print(sent(0), sent(0, 0), sent(5, 1))"
    printed = run_in_another(pickle.dumps(after), script)
    assert printed.strip() == "<n::E::b: 1> <n::E::a: 0> <n::E 6>"


def test_arrays_and_lists_are_arguments(session: Session) -> None:
    np = pytest.importorskip("numpy")
    function = pickle.loads(pickle.dumps(session.gbl.sum))
    assert function(np.arange(100_000.0)) == sum(range(100_000))
    assert function([1.5, 2.5]) == 4.0


def test_what_is_declared_later_is_sent_too(session: Session) -> None:
    session.run("int version() { return 1; }")
    first = pickle.loads(pickle.dumps(session.gbl.version))
    session.run("int version() { return 2; }")
    second = pickle.loads(pickle.dumps(session.gbl.version))
    assert (first(), second(), first()) == (1, 2, 1)


def test_a_fork_makes_a_session_of_its_own(session: Session) -> None:
    function = pickle.loads(pickle.dumps(session.gbl.number_of_process))
    here = function()
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply(function) not in (here, 0)
    assert function() == here


def test_threads_take_turns(session: Session) -> None:
    function = pickle.loads(pickle.dumps(session.gbl.simulate))
    results: list[float] = []
    threads = [threading.Thread(target=lambda: results.append(function(20))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected(20)] * 4


def test_many_contents_do_not_add_up(session: Session) -> None:
    from repl.python import sent

    for number in range(sent._MOST_SESSIONS + 2):
        session.run(f"int number() {{ return {number}; }}")
        assert pickle.loads(pickle.dumps(session.gbl.number))() == number
    assert len(sent._sessions) == sent._MOST_SESSIONS


def test_what_cannot_be_sent_says_so(session: Session) -> None:
    for wrong in (session.gbl, session.gbl.std, session.gbl.point):
        if wrong is session.gbl.point:
            continue
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(wrong)
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(session.gbl.point())


def test_forged_pickles_are_errors_of_the_task(session: Session) -> None:
    function = pickle.loads(pickle.dumps(session.gbl.simulate))
    function._data = b"nonsense"
    with pytest.raises(ShellError, match="does not begin like one"):
        pickle.loads(pickle.dumps(function))(1)
    with pytest.raises(ShellError, match="does not begin like one"):
        SentSession(b"").gbl  # noqa: B018
    with pytest.raises(TypeError):
        function.__reduce__()[0](b"", "text", 3)
    function = pickle.loads(pickle.dumps(session.gbl.twice))
    function._calls = session.gbl.greet.__reduce__()[1][0]  # a session, not calls
    for _ in range(2):
        with pytest.raises(ShellError, match="makes no sense"):
            function(1)
