"""The shell benchmarks: forkrepl and clang-repl 22 side by side."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.benchmarks.measure import FORKREPL, clang_repl_modes, feed, in_turns, table

_OURS = "forkrepl"
_SNIPPETS = 1000


def snippets(count: int) -> list[str]:
    """Definitions and uses in alternation, as the issue of the benchmark gives them."""
    lines = []
    for number in range(count // 2):
        lines.append(
            f"int v{number} = {number}; int f{number}(int a) {{ return a * {number} + v{number}; }}"
        )
        lines.append(f"v{number} += f{number}(3);")
    return lines


def compare(title: str, path: Path, runs: int) -> None:
    """Time all shells on one file, and print medians and our ratio to each."""
    commands = {_OURS: feed([FORKREPL], path)}
    commands |= {name: feed(command, path) for name, command in clang_repl_modes().items()}
    timings = in_turns(commands, runs)
    rows = [
        [
            name,
            f"{timing.median * 1e3:.0f}",
            f"{min(timing.seconds) * 1e3:.0f}",
            f"{max(timing.seconds) * 1e3:.0f}",
            f"{timings[_OURS].ratio_to(timing):.2f}",
        ]
        for name, timing in timings.items()
    ]
    print(f"\n{title} ({runs} runs in turns)\n")
    print(table(["", "median ms", "min", "max", "forkrepl / it"], rows))


def benchmark(runs: int) -> None:
    """Print all tables; every command is timed ``runs`` times."""
    if not clang_repl_modes():
        print("clang-repl-22 is not installed (apt-get install clang-tools-22): ours alone")
    elif len(clang_repl_modes()) == 1:
        print("its executor is not installed (apt-get install llvm-22 libclang-rt-22-dev)")
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder, "start.cpp")
        empty.write_text("int x = 42;\n")
        compare("Start, one declaration, end", empty, runs)
        many = Path(folder, "snippets.cpp")
        many.write_text("\n".join(snippets(_SNIPPETS)) + "\n")
        compare(f"{_SNIPPETS} small snippets from a file", many, runs)
