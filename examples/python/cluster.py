"""C++ on many processes: an estimate of pi by Dask's workers, none of which needs Clang.

    python examples/python/cluster.py

With the address of a scheduler (``python cluster.py tcp://HOST:8786``) the tasks run on the
machines of that cluster, where forkrepl of the same version has to be installed.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack

from dask.distributed import Client, LocalCluster
from forkrepl import ProgramCrashed, Session

CODE = """
#include <random>
#include <stdexcept>

// How many of so many random points of a square are in the circle.
long hits(int seed, long points) {
  if (points < 0)
    throw std::invalid_argument("a negative number of points");
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> coordinate(-1, 1);
  long inside = 0;
  for (long i = 0; i < points; ++i) {
    double x = coordinate(random), y = coordinate(random);
    inside += x * x + y * y < 1;
  }
  return inside;
}

int crash(int) { return *(volatile int *)nullptr; }
"""
POINTS, TASKS = 1_000_000, 16


def main() -> None:
    """See the module."""
    with ExitStack() as stack:
        session = stack.enter_context(Session(optimisation=2))
        session.run(CODE)
        hits = session.gbl.hits
        if len(sys.argv) > 1:
            client = stack.enter_context(Client(sys.argv[1]))
        else:
            workers = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0")
            client = stack.enter_context(Client(stack.enter_context(workers)))
        counts = client.gather(client.map(hits, range(TASKS), [POINTS] * TASKS))
        print(f"pi is about {4 * sum(counts) / (TASKS * POINTS):.3f}")
        try:
            client.submit(hits, 1, -1).result()
        except ValueError as error:  # std::invalid_argument
            print(str(error).splitlines()[0])
        try:
            client.submit(session.gbl.crash, 1).result()
        except ProgramCrashed as crash:  # of that task: the worker goes on
            print(str(crash).splitlines()[0])
        print("and then:", client.submit(hits, 1, 10).result() <= 10)


if __name__ == "__main__":
    main()
