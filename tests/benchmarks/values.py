"""The values benchmark: what it costs to show a value."""

from __future__ import annotations

import statistics
import time

from tests.benchmarks.measure import table

_DECLARATIONS = """\
#include <map>
#include <set>
#include <string>
#include <vector>
std::vector<int> numbers(1'000'000, 7);
std::vector<std::string> words(1'000'000, "a string that is too long for the object itself");
std::map<int, std::string> by_number;
std::set<std::string> names;
struct Point { double x, y; } point;
struct Printed { int n; } printed;
std::string forkrepl_print(const Printed &p) { return std::to_string(p.n); }
int number;"""
_FILL = (
    "for (int n = 0; n < 100"
    "'000; ++n) by_number[n] = std::to_string(n), names.insert(by_number[n]);"
)
_SHOWN = {
    "number": "an int",
    "point": "a struct",
    "numbers": "a vector of 1,000,000 ints",
    "words": "a vector of 1,000,000 strings",
    "by_number": "a map of 100,000 strings",
    "names": "a set of 100,000 strings",
    "printed": "by forkrepl_print, in a copy of the program",
}


def benchmark(runs: int) -> None:
    """Print the medians of ``3 * runs`` inputs of each kind, in turns."""
    from repl.configuration.session_options import SessionOptions
    from repl.input.source import Source
    from repl.session.live_session import LiveSession

    count = 3 * runs
    options = SessionOptions(compiler_flags=["-xc++"], recover=True)
    seconds: dict[str, list[float]] = {}
    with LiveSession(options) as session:
        for number, text in enumerate((_DECLARATIONS, _FILL), 1):
            session.run(Source(text, f"In[{number}]"))
        for round_ in range(count + 1):
            for name in _SHOWN:
                for text in (f"{name};", name):
                    session.prepare()
                    started = time.perf_counter()
                    session.run(Source(text, "In[3]"))
                    if round_:  # the first time, modules are imported
                        seconds.setdefault(text, []).append(time.perf_counter() - started)
                    session.undo()
    rows = []
    for name, what in _SHOWN.items():
        plain, shown = (statistics.median(seconds[text]) for text in (f"{name};", name))
        rows.append(
            [what, f"{plain * 1e3:.1f}", f"{shown * 1e3:.1f}", f"{(shown - plain) * 1e3:.1f}"]
        )
    print(f"\nValues (medians of {count} inputs each, in turns; long ones are shown in part)\n")
    print(table(["value", "not shown ms", "shown ms", "difference"], rows))
