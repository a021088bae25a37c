"""Functions of C++ on a real cluster of Dask's, of several processes."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from repl import ProgramCrashed, Session, ShellError
from tests.support.leaks import MARK, command_of, living, wait_for

distributed = pytest.importorskip("distributed")

CODE = """
#include <stdexcept>
#include <unistd.h>
#include <vector>
double simulate(int seed) {
  if (seed == 13)
    throw std::out_of_range("seed 13");
  if (seed == 17)
    *(volatile int *)0 = seed;
  return seed * 0.5;
}
int process() { return getppid(); }
std::vector<double> steps(int n) { return std::vector<double>(n, 0.5); }
void hang() { for (;;) {} }
"""


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with Session() as one:
        one.run(CODE)
        yield one


@pytest.fixture(scope="module")
def client(session: Session) -> Iterator[Any]:
    """The session's own processes are there already, and have no mark."""
    os.environ[MARK] = "dask"
    try:
        with (
            distributed.LocalCluster(
                n_workers=2,
                threads_per_worker=1,
                processes=True,
                dashboard_address=":0",
            ) as cluster,
            distributed.Client(cluster) as one,
        ):
            yield one
    finally:
        del os.environ[MARK]
    assert wait_for(lambda: not left(), 60), left()


def left() -> list[bytes]:
    """The processes of the cluster, without those that multiprocessing keeps for the next one."""
    commands = map(command_of, living("dask"))
    return [command for command in commands if b"resource_tracker" not in command]


def test_map(client: Any, session: Session) -> None:
    futures = client.map(session.gbl.simulate, range(20, 60))
    assert client.gather(futures) == [seed * 0.5 for seed in range(20, 60)]


def test_an_object_is_used_where_it_lives(client: Any, session: Session) -> None:
    steps = session.gbl.steps

    def summed(count: int) -> tuple[int, float, float, float]:
        import numpy as np

        found = steps(count)
        return len(found), found[1], sum(found), float(np.asarray(found).sum())

    futures = client.map(summed, [2, 4, 1000])
    assert client.gather(futures) == [(n, 0.5, n / 2, n / 2) for n in (2, 4, 1000)]
    with pytest.raises(TypeError, match="lives in its program"):
        client.submit(steps, 3).result()


def test_errors_are_those_of_their_tasks(client: Any, session: Session) -> None:
    futures = client.map(session.gbl.simulate, [1, 13, 17, 2], retries=0)
    assert futures[0].result() == 0.5
    with pytest.raises(IndexError, match="seed 13"):
        futures[1].result()
    with pytest.raises(ProgramCrashed, match="null pointer") as caught:
        futures[2].result()
    assert caught.value.signal == signal.SIGSEGV
    assert futures[3].result() == 1.0


def test_each_worker_has_one_program(client: Any, session: Session) -> None:
    workers = list(client.scheduler_info()["workers"])
    assert len(workers) == 2
    found = {
        worker: {
            client.submit(session.gbl.process, workers=[worker], pure=False).result()
            for _ in range(3)
        }
        for worker in workers
    }
    first, second = found.values()
    assert len(first) == len(second) == 1
    assert first != second


def test_the_scheduler_and_workers_have_no_clang(client: Any, session: Session) -> None:
    assert client.submit(session.gbl.simulate, 4).result() == 2.0

    def modules() -> bool:
        import sys

        return "llvmlite" in sys.modules

    assert not any(client.run(modules).values())
    names = {Path(os.readlink(f"/proc/{pid}/exe")).name for pid in living("dask")}
    assert "forkrepl-frontend" not in names


def test_a_program_that_was_killed_is_an_error_of_that_task(client: Any, session: Session) -> None:
    future = client.submit(session.gbl.hang, pure=False)

    def busy() -> list[int]:
        return [pid for pid in living("dask") if is_endless(pid)]

    assert wait_for(lambda: bool(busy()), 60)
    for pid in busy():
        os.kill(pid, signal.SIGKILL)
    with pytest.raises(ProgramCrashed):
        future.result()
    assert client.submit(session.gbl.simulate, 6).result() == 3.0


def is_endless(pid: int) -> bool:
    """Whether this is an executor that has used a second of processor time."""
    try:
        if Path(os.readlink(f"/proc/{pid}/exe")).name != "forkrepl-executor":
            return False
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return int(fields[11]) + int(fields[12]) > os.sysconf("SC_CLK_TCK") / 2


def test_what_cannot_run_there_is_an_error_of_the_task(client: Any, session: Session) -> None:
    import pickle

    function = pickle.loads(pickle.dumps(session.gbl.simulate))
    function._data = b"nonsense"
    with pytest.raises(ShellError, match="does not begin like one"):
        client.submit(function, 1).result()
