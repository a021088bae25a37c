"""Scripts, programs, starts and links beside clang-repl, the compiler and llvm-jitlink: one table
of ratios, in some minutes."""

from __future__ import annotations

import fcntl
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

from repl.clang.flags import NEWEST_STANDARDS
from tests.benchmarks.linkers import (
    compile_programs,
    measure_forkrepl,
    measure_jitlink,
)
from tests.benchmarks.measure import (
    CLANG_REPL,
    EXECUTOR,
    FORKREPL,
    JITLINK,
    ORC_RUNTIME,
    feed,
    in_turns,
    results_in_turns,
)
from tests.benchmarks.shell import snippets

CLANG = shutil.which("clang++-22")
_SNIPPETS = 1000
_SHARED = "shared"  # of the linkers' modes
_WIDTHS = (28, 10, 24, 8, 8, 4)

PROGRAM = """#include <iostream>
#include <map>
#include <regex>
int main() {
  std::map<std::string, int> words;
  std::string text = "to be or not to be, that is the question";
  std::regex word("[a-z]+");
  for (auto at = std::sregex_iterator(text.begin(), text.end(), word);
       at != std::sregex_iterator(); ++at)
    ++words[at->str()];
  for (const auto &[name, count] : words)
    std::cout << name << ' ' << count << '\\n';
  std::cout << words.size() << '\\n';
  return 0;
}
"""
_FIRST_REGEX = '#include <regex>\nstd::regex r("a");\n'
_MORE = 20
_MORE_REGEXES = "".join(f'std::regex r{number}("b");\n' for number in range(_MORE))


@dataclass(frozen=True)
class Row:
    """``ours`` and ``theirs`` do the same; ``goal``: of the ratio of their times.
    ``beyond``: what of both is not to be counted, if the rest is what matters, which is done
    ``times``."""

    name: str
    ours: Callable[[], None]
    theirs: Callable[[], None] | None
    rival: str
    goal: str
    ours_beyond: Callable[[], None] | None = None
    theirs_beyond: Callable[[], None] | None = None
    times: int = 1


def _run(*command: str | os.PathLike[str], **environment: str) -> Callable[[], None]:
    def run() -> None:
        subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env=os.environ | environment,
            check=True,
        )

    return run


def _compile_and_run(file: Path, *flags: str) -> Callable[[], None] | None:
    if CLANG is None:
        return None
    made = file.with_suffix("")

    def run() -> None:
        # In the language that is our default: it decides how much is in the headers.
        standard = f"-std={NEWEST_STANDARDS['c++']}"
        subprocess.run([CLANG, standard, *flags, file, "-o", made], check=True)
        subprocess.run([made], stdout=subprocess.DEVNULL, check=True)

    return run


def _edited_and_run(program: Path, **environment: str) -> Callable[[], None]:
    numbers = count(3)

    def run() -> None:
        program.write_text(f"{PROGRAM}// {next(numbers)}\n")
        _run(FORKREPL, program, **environment)()

    return run


@contextmanager
def _files() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="forkrepl-bench-") as folder:
        files = Path(folder)
        (files / "snippets.cpp").write_text("\n".join(snippets(_SNIPPETS)) + "\n")
        (files / "program.cpp").write_text(PROGRAM)
        (files / "first.txt").write_text(_FIRST_REGEX)
        (files / "both.txt").write_text(_FIRST_REGEX + _MORE_REGEXES)
        yield files


def _wait_for_the_builder(folder: Path) -> None:
    """What is made behind the user is not to be measured. The lock is taken while it is."""
    time.sleep(1)  # until it begins, if it does
    with (folder / "lock").open("a") if folder.exists() else nullcontext() as lock:
        if lock is not None:
            fcntl.flock(lock, fcntl.LOCK_EX)


def _rows(files: Path) -> list[Row]:
    lines, program = files / "snippets.cpp", files / "program.cpp"
    first, both = files / "first.txt", files / "both.txt"
    rival = feed([CLANG_REPL], lines) if CLANG_REPL else None
    cached = {"XDG_CACHE_HOME": str(files / "cache")}
    # An edit, so that the headers are precompiled and the instances kept; then the program.
    for number in (1, 2, 0):
        program.write_text(f"{PROGRAM}// {number}\n")
        _run(FORKREPL, program, **cached)()
        if number:
            _wait_for_the_builder(files / "cache" / "forkrepl")
    _run(FORKREPL, lines, **cached)()
    command = _run(FORKREPL, "-c", "1+1")
    theirs = "clang-repl, in-process"
    return [
        Row("1,000 snippets, FILE", _run(FORKREPL, "--no-cache", lines), rival, theirs, "0.7"),
        Row("1,000 snippets, pipe", feed([FORKREPL, "--no-cache"], lines), rival, theirs, "1.0"),
        Row("-c '1+1'", command, _run("python3", "-c", "import numpy"), "python, numpy", ""),
        Row("a program, FILE, -O0", _run(FORKREPL, "--no-cache", program),
            _compile_and_run(program, "-O0"), "clang++ and run", "0.8"),
        Row("the same, run before, edited", _edited_and_run(program, **cached),
            _compile_and_run(program, "-O0"), "clang++ and run", "0.5"),
        Row("a program, FILE, -O2", _run(FORKREPL, "--no-cache", "-O2", program),
            _compile_and_run(program, "-O2"), "clang++ and run", "1.0"),
        Row("a program, second run", _run(FORKREPL, program, **cached), command,
            "-c '1+1'", "1.3"),
        Row("1,000 snippets, second run", _run(FORKREPL, lines, **cached), rival, theirs, ""),
        Row("one more std::regex", feed([FORKREPL], both),
            feed([CLANG_REPL], both) if CLANG_REPL else None, theirs, "1.0",
            feed([FORKREPL], first), feed([CLANG_REPL], first) if CLANG_REPL else None, _MORE),
    ]  # fmt: skip


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "an unknown processor"


def _link_rows(runs: int) -> Iterator[list[str]]:
    """Reading and linking, through shared memory."""
    if JITLINK is None or not ORC_RUNTIME.exists() or not EXECUTOR.exists():
        return
    goals = {"the ray tracer": "1.0", "CPython": "0.6"}
    with tempfile.TemporaryDirectory(prefix="forkrepl-bench-") as folder:
        for program in compile_programs(Path(folder)):
            measured = results_in_turns(
                {
                    "ours": partial(measure_forkrepl, _SHARED, program, program.short),
                    "theirs": partial(measure_jitlink, _SHARED, program, program.short),
                },
                runs,
            )
            ours, theirs = (
                statistics.median(each.linked_after for each in measured[who])
                for who in ("ours", "theirs")
            )
            name = f"link {program.name}"
            yield [name, f"{ours * 1e3:.1f}", "llvm-jitlink", f"{theirs * 1e3:.1f}",
                   f"{ours / theirs:.2f}", goals.get(program.name, "")]  # fmt: skip


def _measured(row: Row, runs: int) -> list[str]:
    commands = {"ours": row.ours}
    optional = {
        "theirs": row.theirs,
        "ours beyond": row.ours_beyond,
        "theirs beyond": row.theirs_beyond,
    }
    commands |= {name: call for name, call in optional.items() if call is not None}
    median = {name: each.median for name, each in in_turns(commands, runs).items()}
    ours = (median["ours"] - median.get("ours beyond", 0)) / row.times
    theirs = (median.get("theirs", 0) - median.get("theirs beyond", 0)) / row.times
    ratio = f"{ours / theirs:.2f}" if theirs > 0 else "-"
    return [row.name, f"{ours * 1e3:.0f}", row.rival, f"{theirs * 1e3:.0f}", ratio, row.goal]


def benchmark(runs: int) -> None:
    """Print the table row by row; each pair of commands is timed ``runs`` times, in turns."""
    print(f"\nScripts and programs, ms ({runs} runs in turns, {_processor()})\n")
    print(_in_columns(["", "forkrepl", "beside it", "it", "ratio", "goal"]), flush=True)
    with _files() as files:
        for row in _rows(files):
            print(_in_columns(_measured(row, runs)), flush=True)
    for cells in _link_rows(runs):
        print(_in_columns(cells), flush=True)


def _in_columns(cells: Sequence[str]) -> str:
    """A line of a table that is printed before its end is known."""
    return "".join(cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=True)).rstrip()
