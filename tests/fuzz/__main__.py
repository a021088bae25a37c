"""``make fuzz``: many odd inputs at one of the doors, or at each in turn.

Prints how many cases there were and how they ended. The exit status is 1 if one of them
ended as none may: each such find is told in a line, and kept for ``--replay``.
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

from tests.fuzz.campaign import Budget, processors, run_campaign, try_again
from tests.fuzz.cases import load
from tests.fuzz.targets import TARGETS

_USUAL_SECONDS = 60.0


def main() -> int:
    """Returns the exit status."""
    options = _parse()
    if options.replay is not None:
        return _replay(options.replay)
    names = [options.target] if options.target else [target.name for target in TARGETS]
    return max(_fuzz(name, options) for name in names)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fuzz", description="Fuzz all doors, or one.")
    names = {target.name: target.about for target in TARGETS}
    about = "; ".join(f"{name}: {text}" for name, text in names.items())
    parser.add_argument("target", nargs="?", choices=list(names), help=about, metavar="TARGET")
    parser.add_argument("--count", type=int, help="how many cases")
    parser.add_argument("--seconds", type=float, help="how long; 60 if no count is given")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--processes", type=int, default=processors())
    parser.add_argument("--replay", type=Path, metavar="FILE", help="try a find again")
    options = parser.parse_args()
    if options.count is None and options.seconds is None:
        options.seconds = _USUAL_SECONDS
    return options


def _fuzz(name: str, options: argparse.Namespace) -> int:
    budget = Budget(options.count, options.seconds)
    print(f"{name}: --seed {options.seed} --processes {options.processes}", flush=True)
    report = run_campaign(name, budget, options.seed, options.processes)
    for outcome, count in report.outcomes.most_common():
        print(f"{count:8} {outcome}")
    print(f"{report.outcomes.total():8} cases in all", flush=True)
    for find in report.finds:
        print(f"\n{find.told}")
    return 1 if report.finds else 0


def _replay(path: Path) -> int:
    told = try_again(load(path))
    print("nothing is wrong with it now" if told is None else told)
    return 0 if told is None else 1


if __name__ == "__main__":
    sys.exit(main())
