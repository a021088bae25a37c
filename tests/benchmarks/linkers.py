"""Who links what in the link benchmarks, and how one run is measured."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.measure import (
    EXECUTOR,
    FORKREPL,
    JITLINK,
    ORC_RUNTIME,
    Finished,
    run_to_the_end,
)

_BENCHMARKS = Path(__file__).resolve().parent
_RAY_TRACER = _BENCHMARKS.parent.parent / "examples" / "raytracer"
LIBPYTHON = Path("/usr/lib/python3.11/config-3.11-x86_64-linux-gnu/libpython3.11-pic.a")
_PYTHON_MAIN = (
    "int Py_BytesMain(int, char **); int main(int c, char **v) { return Py_BytesMain(c, v); }"
)

OURS, THEIRS, NATIVE = "forkrepl", "llvm-jitlink", "gcc and ld"
_OUT_OF_PROCESS = (f"--oop-executor={EXECUTOR}", f"--orc-runtime={ORC_RUNTIME}")
_MODES_OF_JITLINK = {
    "in-process": (f"--orc-runtime={ORC_RUNTIME}",),
    "stream": (*_OUT_OF_PROCESS, "--use-memmgr=generic"),
    "shared": (*_OUT_OF_PROCESS, "--use-memmgr=shared"),
}
MODES = tuple(_MODES_OF_JITLINK)


@dataclass(frozen=True)
class Program:
    """What is linked and run. ``short``: arguments for next to no work, ``long``: for much."""

    name: str
    inputs: tuple[Path, ...]
    short: tuple[str, ...]
    long: tuple[str, ...]


@dataclass(frozen=True)
class Measurement:
    """Of one run, in seconds. ``read``: objects and archives; None: no such stage."""

    read: float | None
    link: float | None
    run: float | None
    command: Finished

    @property
    def linked_after(self) -> float:
        """Reading and linking: llvm-jitlink parses objects while it links."""
        return (self.read or 0) + (self.link or 0)


def compile_programs(folder: Path) -> list[Program]:
    """Compile what is to be linked; without libpython the ray tracer alone."""
    programs = []
    if LIBPYTHON.exists():
        (folder / "python.c").write_text(_PYTHON_MAIN)
        objects = _compile(folder, [folder / "python.c"])
        libraries = map(_library, ("libm.so.6", "libz.so.1", "libexpat.so.1"))
        inputs = (*objects, LIBPYTHON, *libraries)
        long = ("-S", str(_BENCHMARKS / "interpreter.py"))
        programs.append(Program("CPython", inputs, ("-c", "1"), long))
    else:
        print("no libpython3.11-pic.a (apt-get install libpython3.11-dev): no CPython")
    objects = _compile(folder, sorted(_RAY_TRACER.glob("*.c")))
    inputs = (*objects, _library("libm.so.6"))
    programs.append(Program("the ray tracer", inputs, ("1", "1", "1"), ("320", "200", "12")))
    return programs


def _compile(folder: Path, sources: Sequence[Path]) -> list[Path]:
    subprocess.run(["gcc", "-O2", "-fPIC", "-c", *sources], cwd=folder, check=True)
    return [folder / f"{source.stem}.o" for source in sources]


def _library(name: str) -> Path:
    """A shared library where gcc finds it."""
    command = ["gcc", f"-print-file-name={name}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return Path(done.stdout.strip()).resolve()


def measure_forkrepl(mode: str, program: Program, arguments: Sequence[str]) -> Measurement:
    """Link into memory and run, once."""
    command: list[str | Path] = [FORKREPL, "link", f"--memory={mode}", "--times=json"]
    command += [*program.inputs, "--", *arguments]
    done = run_to_the_end(command, _environment())
    times = json.loads(done.errors.splitlines()[-1])
    read, link, run = (times[f"{stage}_ms"] / 1e3 for stage in ("read", "link", "run"))
    return Measurement(read, link, run, done)


def measure_jitlink(mode: str, program: Program, arguments: Sequence[str]) -> Measurement:
    """As ``measure_forkrepl``, by the rival."""
    assert JITLINK is not None
    command: list[str | Path] = [JITLINK, "--show-times", *_MODES_OF_JITLINK[mode]]
    for path in program.inputs:
        command += ["--preload", path] if ".so" in path.name else [path]
    # What follows is all of argv, so the name of the program comes first.
    command += ["--args", program.name, *arguments]
    done = run_to_the_end(command, _environment())
    return Measurement(
        jitlink_time(done.errors, "time to load/add object files"),
        jitlink_time(done.errors, "time to link object files"),
        jitlink_time(done.errors, "time to execute jitlink'd code"),
        done,
    )


def jitlink_time(report: str, phase: str) -> float:
    """Seconds of wall time, the last column, of a phase in what ``--show-times`` prints.

    Raises ValueError if the phase is not there.
    """
    found = re.search(rf"(\d+\.\d+) \([^()]*%\)\s+{re.escape(phase)}$", report, re.MULTILINE)
    if found is None:
        raise ValueError(f"llvm-jitlink printed no {phase!r}")
    return float(found[1])


def link_native(executable: Path, program: Program) -> Measurement:
    """By gcc and the system's linker, into a file."""
    done = run_to_the_end(["gcc", "-rdynamic", *program.inputs, "-o", executable])
    return Measurement(None, done.seconds, None, done)


def run_native(executable: Path, arguments: Sequence[str]) -> Measurement:
    """The whole process: there is no telling its loading from its run."""
    done = run_to_the_end([executable, *arguments], _environment())
    return Measurement(None, None, done.seconds, done)


def _environment() -> dict[str, str]:
    """As it is, but the same dictionary order in every CPython, and no files written."""
    return {**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
