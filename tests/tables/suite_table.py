"""What differs between programs compiled natively and run here: suites of programs.

    .venv/bin/python -m tests.tables.suite_table --suite DIR... [--modes file,piped,link] ...

DIR holds C and C++ programs of one file each, such as the run-time tests of a compiler.
Each is compiled by clang-22 and run, then given to forkrepl in each mode with the same
flags. Compared are the exit status (128 + N for signal N), standard output, and whether
what the program wrote on standard error is there. Programs that Clang rejects, that
crash or do not end natively, or that do not do the same twice, are skipped.
"""

from __future__ import annotations

import argparse
import re
import shlex
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

FORKREPL = Path(sys.executable).parent / "forkrepl"
MODES = ("file", "piped", "link")
_SUFFIXES = {".c": "c"} | dict.fromkeys((".cc", ".cpp", ".cxx", ".C"), "c++")
_CLANG = {"c": "clang-22", "c++": "clang++-22"}
_MOST_JOBS = 2
_TIMED_OUT = -1
_MAIN = re.compile(r"\bmain\s*\(")
_OPTIONS = re.compile(r'\{\s*dg-(?:additional-)?options\s+"([^"]*)"')
_MORE_FILES = re.compile(r"dg-additional-sources|dg-set-target-env-var")
_LONGEST = 300  # characters of an output that are shown


@dataclass(frozen=True)
class Program:
    """``flags``: of the compiler's, for this one."""

    path: Path
    language: str
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """``status``: 128 + N for signal N, -1 if it took too long."""

    status: int
    output: bytes
    errors: bytes


@dataclass(frozen=True)
class Difference:
    """``what``: ``status``, ``output`` or ``errors``."""

    program: Program
    mode: str
    what: str
    native: Run
    ours: Run

    @property
    def kind(self) -> str:
        """In a few words, for counting."""
        if self.what != "status":
            return f"{self.mode}: other {self.what}"
        if self.ours.status == _TIMED_OUT:
            return f"{self.mode}: does not end"
        return f"{self.mode}: status {self.ours.status} for {self.native.status}"

    def __str__(self) -> str:
        lines = [f"{self.program.path.name} [{self.kind}]"]
        if self.what == "output":
            lines += [
                f"  native {_shown(self.native.output)}",
                f"  ours   {_shown(self.ours.output)}",
            ]
        if self.ours.errors:
            lines.append(f"  errors {_shown(self.ours.errors)}")
        return "\n".join(lines)


def find_programs(folders: Iterable[Path], pattern: str, flags: Sequence[str]) -> list[Program]:
    """All single-file programs below these folders whose names match, in order.

    A test of GCC's says in a comment with which options it is to be compiled.
    """
    found = []
    for folder in folders:
        for path in sorted(folder.resolve().rglob(pattern)):
            if path.suffix not in _SUFFIXES:
                continue
            text = path.read_text("utf-8", "replace")
            if not _MAIN.search(text) or _MORE_FILES.search(text):
                continue
            own = [word for match in _OPTIONS.finditer(text) for word in shlex.split(match[1])]
            kept = [word for word in own if word.startswith(("-std=", "-D", "-f", "-m", "-O"))]
            found.append(Program(path, _SUFFIXES[path.suffix], (*flags, *kept)))
    return found


def _binary(program: Program, folder: Path) -> Path:
    """Some programs print their name: it is the same here."""
    return folder / program.path.name


def run_natively(program: Program, folder: Path, seconds: float) -> Run | None:
    """What the compiled program does; None if it cannot be compiled."""
    binary = _binary(program, folder)
    flags = [*program.flags, f"-x{program.language}", str(program.path), "-o", str(binary)]
    compiled = _run([_CLANG[program.language], "-w", *flags, "-lm", "-pthread"], folder, 60)
    return _run([str(binary)], folder, seconds) if compiled.status == 0 else None


def run_here(program: Program, mode: str, folder: Path, seconds: float) -> Run:
    """What forkrepl does with it."""
    flags, path = [*program.flags, f"-x{program.language}"], str(program.path)
    flags = [_as_we_have_it(flag) for flag in flags]
    if mode == "link":
        return _run([str(FORKREPL), "link", *flags, "-Wno-everything", path], folder, seconds)
    if mode == "file":
        return _run([str(FORKREPL), *flags, "-Wno-everything", path], folder, seconds)
    flags.append(f"-I{program.path.parent}")
    with program.path.open("rb") as text:
        return _run([str(FORKREPL), *flags, "-Wno-everything"], folder, seconds, text.fileno())


def compare(
    program: Program, modes: Sequence[str], seconds: float = 20, skips_crashes: bool = True
) -> list[Difference] | str:
    """What differs, or why the program says nothing."""
    with tempfile.TemporaryDirectory(prefix="forkrepl-suite-") as name:
        folder = Path(name)
        native = run_natively(program, folder, seconds)
        if native is None:
            return "Clang rejects it"
        if native.status == _TIMED_OUT:
            return "does not end natively"
        if skips_crashes and native.status > 128:
            return "crashes natively"
        if _run([str(_binary(program, folder))], folder, seconds) != native:
            return "does not do the same twice"
        differences = []
        for mode in modes:
            # Starting takes a while on a busy machine.
            ours = run_here(program, mode, folder, seconds + 20)
            what = _what_differs(native, ours)
            if what:
                differences.append(Difference(program, mode, what, native, ours))
        return differences


def _what_differs(native: Run, ours: Run) -> str:
    if native.status != ours.status:
        return "status"
    if native.output != ours.output:
        return "output"
    lines = set(ours.errors.splitlines())
    return "" if lines >= set(native.errors.splitlines()) else "errors"


def _as_we_have_it(flag: str) -> str:
    is_ours = flag.startswith(("-std=", "-D", "-f", "-m", "-x", "-I", "-W")) or flag in _LEVELS
    return flag if is_ours else f"--Xcc={flag}"


_LEVELS = ("-O", "-O0", "-O1", "-O2", "-O3")


def _run(
    command: list[str], folder: Path, seconds: float, standard_input: int | None = None
) -> Run:
    """In a session of its own, all of which ends with it."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL if standard_input is None else standard_input,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        output, errors = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGTERM)
        try:
            output, errors = process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            output, errors = process.communicate()
        return Run(_TIMED_OUT, output, errors)
    status = process.returncode
    return Run(status if status >= 0 else 128 - status, output, errors)


def _shown(text: bytes) -> str:
    whole = text.decode("utf-8", "replace").strip().replace("\n", "\n         ")
    return whole if len(whole) <= _LONGEST else f"{whole[:_LONGEST]} ..."


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("--suite", type=Path, nargs="+", required=True, metavar="DIR")
    add("--modes", default="file,link", help="of: " + ",".join(MODES))
    add("--flags", default="", metavar="=FLAGS", help="of the compiler's, for all programs")
    add("--pattern", default="*", help="of the programs' names")
    add("--every", type=int, default=1, metavar="N", help="take each Nth program only")
    add("--seconds", type=float, default=10, help="that a program may take")
    add("--jobs", type=int, default=_MOST_JOBS, choices=range(1, _MOST_JOBS + 1))
    return parser.parse_args()


def main() -> int:
    """Print each difference as it is found, then how many of each kind there are."""
    choices = _parse()
    modes = choices.modes.split(",")
    programs = find_programs(choices.suite, choices.pattern, choices.flags.split())
    programs = programs[:: choices.every]
    skipped: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    same = dict.fromkeys(modes, 0)
    look = partial(compare, modes=modes, seconds=choices.seconds)
    with ThreadPoolExecutor(choices.jobs) as pool:
        for found in pool.map(look, programs):
            if isinstance(found, str):
                skipped[found] += 1
                continue
            for mode in modes:
                same[mode] += all(difference.mode != mode for difference in found)
            for difference in found:
                kinds[difference.kind] += 1
                print(difference, flush=True)
    compared = len(programs) - sum(skipped.values())
    print(f"\n{len(programs)} programs, {compared} compared")
    for reason, count in skipped.most_common():
        print(f"  skipped, {reason}: {count}")
    for mode in modes:
        print(f"  {mode}: {same[mode]} of {compared} the same")
    for kind, count in kinds.most_common():
        print(f"    {kind}: {count}")
    return 1 if kinds else 0


if __name__ == "__main__":
    sys.exit(main())
