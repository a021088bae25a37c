"""``make bench``: forkrepl beside clang-repl, llvm-jitlink and the system's linker.

Prints tables; judges nothing. The machine may be shared and noisy, so commands run
in turns, and what counts are medians and ratios.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from tests.benchmarks import (
    calls,
    crowd,
    editor,
    growth,
    installation,
    link,
    memory,
    proxies,
    recovery,
    scripts,
    shell,
    soak,
    start,
    values,
    workers,
)

_BENCHMARKS = (
    "scripts",
    "start",
    "shell",
    "growth",
    "values",
    "editor",
    "recovery",
    "link",
    "memory",
    "soak",
    "crowd",
    "workers",
    "notebooks",
    "calls",
    "proxies",
    "installation",
)
_USUAL = ("scripts",)  # the table of all that matters most, in less than ten minutes


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "benchmarks",
        nargs="*",
        metavar="NAME",
        help=f"of {', '.join(_BENCHMARKS)}, or all; default: {', '.join(_USUAL)}",
    )
    parser.add_argument("--runs", type=positive_number, default=7, help="of each command, in turns")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw the link benchmarks there")
    options = parser.parse_args()
    chosen = options.benchmarks or _USUAL
    if "all" in chosen:
        chosen = _BENCHMARKS
    unknown = [name for name in chosen if name not in _BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark {unknown[0]}: choose of {', '.join(_BENCHMARKS)}")
    if options.svg is not None and not options.svg.parent.is_dir():
        parser.error(f"no folder {options.svg.parent} for the chart")
    print(f"load average before: {os.getloadavg()[0]:.2f} on {os.cpu_count()} processors")
    if "scripts" in chosen:
        scripts.benchmark(options.runs)
    if "start" in chosen:
        start.benchmark(options.runs)
    if "shell" in chosen:
        shell.benchmark(options.runs)
    if "growth" in chosen:
        growth.benchmark(options.runs)
    if "calls" in chosen:
        calls.benchmark(options.runs)
    if "proxies" in chosen:
        proxies.benchmark(options.runs)
    if "values" in chosen:
        values.benchmark(options.runs)
    if "editor" in chosen:
        editor.benchmark(options.runs)
    if "recovery" in chosen:
        recovery.benchmark(options.runs)
    if "link" in chosen:
        link.benchmark(options.runs, options.svg)
    if "memory" in chosen:
        memory.benchmark(options.runs)
    if "soak" in chosen:
        soak.benchmark()
    if "crowd" in chosen:
        crowd.benchmark()
    if "workers" in chosen:
        workers.benchmark(options.runs)
    if "installation" in chosen:
        installation.benchmark(options.runs)
    if "notebooks" in chosen:
        from tests.benchmarks import notebooks  # needs Jupyter

        notebooks.benchmark(options.runs)


def positive_number(text: str) -> int:
    """Raises ValueError, which argparse reports."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


if __name__ == "__main__":
    main()
