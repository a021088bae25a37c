"""The link benchmarks: the two programs on which LLVM's shared-memory mapper was tried.

CPython and a ray tracer (examples/raytracer; LLVM's was C-Ray) are linked and run by
forkrepl and llvm-jitlink, each in process, over a stream and through shared memory, and
by gcc as ordinary programs. All link the same objects and archives.
"""

from __future__ import annotations

import os
import platform
import re
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path

from tests.benchmarks.link_chart import Bar, Panel, draw
from tests.benchmarks.linkers import (
    MODES,
    NATIVE,
    OURS,
    THEIRS,
    Measurement,
    Program,
    compile_programs,
    link_native,
    measure_forkrepl,
    measure_jitlink,
    run_native,
)
from tests.benchmarks.measure import (
    EXECUTOR,
    JITLINK,
    ORC_RUNTIME,
    Timings,
    results_in_turns,
    table,
)

Contestant = tuple[str, str]
"""Who links, and in which mode ("" for a native program)."""

_LEGEND = """\
Milliseconds. read: objects and archives (llvm-jitlink opens files then, and parses while
it links); both: read and link, with its extremes; / theirs: forkrepl's by llvm-jitlink's
in the same mode and turn; command, kernel, page faults: of the whole command with all its
processes (forkrepl's has the start of Python in it)."""

Measurements = Mapping[Contestant, Sequence[Measurement]]


def benchmark(runs: int, chart: Path | None) -> None:
    """Print the tables; draw the chart into the file, if one is named.

    Raises SystemExit if a program fails or what it prints is not the same everywhere.
    """
    print(f"\n{_LEGEND}")
    panels = []
    modes = _rival_modes()
    with tempfile.TemporaryDirectory() as folder:
        for program in compile_programs(Path(folder)):
            executable = Path(folder, f"{program.name} linked by gcc")
            linkers = _contestants(program, program.short, modes)
            linkers[NATIVE, ""] = partial(link_native, executable, program)
            links = results_in_turns(linkers, runs)
            print(f"\nLinking {program.name} ({runs} runs in turns)\n\n{link_table(links)}")

            runners = _contestants(program, program.long, modes)
            runners[NATIVE, ""] = partial(run_native, executable, program.long)
            executions = results_in_turns(runners, runs)
            _check_outputs(executions)
            print(f"\nRunning {program.name} ({runs} runs in turns)\n\n{run_table(executions)}")
            panels += _panels(program.name, links, executions)
    if chart is not None:
        draw(chart, panels, _caption(runs))
        print(f"\ndrawn: {chart}")


def _contestants(
    program: Program, arguments: Sequence[str], rival_modes: Sequence[str]
) -> dict[Contestant, Callable[[], Measurement]]:
    """Those that link into memory; the two of one mode run one after the other."""
    calls: dict[Contestant, Callable[[], Measurement]] = {}
    for mode in MODES:
        calls[OURS, mode] = partial(measure_forkrepl, mode, program, arguments)
        if mode in rival_modes:
            calls[THEIRS, mode] = partial(measure_jitlink, mode, program, arguments)
    return calls


def link_table(results: Measurements) -> str:
    """Medians, and the whole command's share of the kernel."""
    rows = []
    for (linker, mode), samples in results.items():
        link = _timings(samples, lambda sample: sample.link)
        both = _timings(samples, lambda sample: sample.linked_after)
        rival = results.get((THEIRS, mode), ()) if linker == OURS else ()
        rows.append(
            [
                f"{linker} {mode}".strip(),
                _milliseconds(_timings(samples, lambda sample: sample.read)),
                _milliseconds(link),
                *_median_and_extremes(both),
                _ratio(link, _timings(rival, lambda sample: sample.link)),
                _ratio(both, _timings(rival, lambda sample: sample.linked_after)),
                _milliseconds(_timings(samples, lambda sample: sample.command.seconds)),
                _milliseconds(_timings(samples, lambda sample: sample.command.kernel_seconds)),
                f"{statistics.median(sample.command.page_faults for sample in samples):.0f}",
            ]
        )
    header = "ms,read,link,both,min,max,link / theirs,both / theirs,command,kernel,page faults"
    return table(header.split(","), rows)


def run_table(results: Measurements) -> str:
    """Medians, and the ratios to the rival in the same mode and to the native program."""
    native = _timings(results[NATIVE, ""], lambda sample: sample.run)
    rows = []
    for (linker, mode), samples in results.items():
        run = _timings(samples, lambda sample: sample.run)
        rival = results.get((THEIRS, mode), ()) if linker == OURS else ()
        ratios = [
            _ratio(run, _timings(rival, lambda sample: sample.run)),
            _ratio(run, native) if linker != NATIVE else "",
        ]
        rows.append([f"{linker} {mode}".strip(), *_median_and_extremes(run), *ratios])
    return table(["ms", "run", "min", "max", "/ theirs", "/ native"], rows)


def _timings(
    samples: Sequence[Measurement], value: Callable[[Measurement], float | None]
) -> Timings:
    values = (value(sample) for sample in samples)
    return Timings(tuple(number for number in values if number is not None))


def _milliseconds(timings: Timings) -> str:
    return f"{timings.median * 1e3:.1f}" if timings.seconds else ""


def _median_and_extremes(timings: Timings) -> list[str]:
    extremes = (min(timings.seconds), max(timings.seconds))
    return [_milliseconds(timings), *(f"{seconds * 1e3:.1f}" for seconds in extremes)]


def _ratio(timings: Timings, other: Timings) -> str:
    return f"{timings.ratio_to(other):.2f}" if other.seconds else ""


def _panels(name: str, links: Measurements, executions: Measurements) -> list[Panel]:
    """The two panels of a program: link times and run times."""
    linking = []
    for (linker, mode), samples in links.items():
        both = _timings(samples, lambda sample: sample.linked_after)
        # Theirs reads objects while it links; what it tells apart is opening the files.
        read = _timings(samples, lambda sample: sample.read).median if linker == OURS else 0
        linking.append(Bar(linker, mode, both, read))
    running = [
        Bar(linker, mode, _timings(samples, lambda sample: sample.run))
        for (linker, mode), samples in executions.items()
    ]
    return [Panel(f"Linking {name}", linking), Panel(f"Running {name}", running)]


def _rival_modes() -> tuple[str, ...]:
    """The modes in which llvm-jitlink can be run; says what is missing for the others."""
    if JITLINK is None or not ORC_RUNTIME.exists() or not EXECUTOR.exists():
        print("no llvm-jitlink (apt-get install llvm-22 libclang-rt-22-dev): ours alone")
        return ()
    return MODES


def _check_outputs(results: Measurements) -> None:
    outputs = {sample.command.output for samples in results.values() for sample in samples}
    if len(outputs) != 1:
        raise SystemExit(f"what the programs print differs: {sorted(outputs)}")


def _caption(runs: int) -> str:
    """The machine and the day."""
    models = re.findall(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    model = re.sub(r"\((R|TM)\)", "", models[0]) if models else platform.machine()
    machine = f"{model}, {os.cpu_count()} processors, Linux {platform.release().split('-')[0]}"
    return f"Runs in turns: {runs}. {machine}. {_jitlink_version()}{date.today().isoformat()}."


def _jitlink_version() -> str:
    if JITLINK is None:
        return ""
    done = subprocess.run([JITLINK, "--version"], capture_output=True, text=True, check=True)
    version = re.search(r"version (\S+)", done.stdout)
    return f"LLVM {version[1]}. " if version else ""
