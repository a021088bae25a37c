"""The editor benchmark: how long completion takes in a session with the standard library."""

from __future__ import annotations

import statistics
import time

from repl.editor.code_source import Question
from tests.benchmarks.measure import table

_INCLUDE = "#include <bits/stdc++.h>"
_DECLARATIONS = "std::vector<std::string> words; std::map<std::string, int> counts;"
_QUESTIONS: dict[str, Question] = {
    "words.": "complete",
    "std::": "complete",
    "std::vec": "complete",
    "int f(int n) {\n  return pri": "complete",
    "#include <vec": "complete",
    "std::sort(words.begin(), ": "signature",
}


def benchmark(runs: int) -> None:
    """Print the median and the 95th percentile of ``7 * runs`` (or 50) questions of each kind."""
    from repl import native_programs
    from repl.clang.code_questions import CodeQuestions
    from repl.clang.frontend import Frontend
    from repl.input.source import Source

    count = max(50, 7 * runs)
    with Frontend(native_programs.frontend(), ["-xc++"]) as frontend:
        frontend.parse(Source(_INCLUDE, "In[1]"))
        frontend.parse(Source(_DECLARATIONS, "In[2]"))
        rows = []
        with CodeQuestions(frontend.scratch, frontend.input_ends) as questions:
            for text, question in _QUESTIONS.items():
                seconds = []
                for _ in range(count):
                    started = time.perf_counter()
                    questions.ask(question, text, len(text)).result()
                    seconds.append(time.perf_counter() - started)
                rows.append(
                    [
                        repr(text),
                        question,
                        f"{statistics.median(seconds) * 1e3:.1f}",
                        f"{statistics.quantiles(seconds, n=20)[-1] * 1e3:.1f}",
                    ]
                )
    print(f"\nCompletion and signature help after {_INCLUDE} ({count} of each)\n")
    print(table(["typed", "question", "median ms", "95 % within ms"], rows))
