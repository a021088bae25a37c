"""The benchmarks' own machinery: turns, what a command used, llvm-jitlink's report, the chart."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.benchmarks.link import link_table, run_table
from tests.benchmarks.link_chart import Bar, Panel, draw
from tests.benchmarks.linkers import NATIVE, OURS, THEIRS, Measurement, jitlink_time
from tests.benchmarks.measure import Finished, Timings, results_in_turns
from tests.support.runtime import ROOT, compile_source

REPORT = """
===-------------------------------------------------------------------------===
  Total Execution Time: 0.1541 seconds (0.1201 wall clock)

   ---User Time---   --System Time--   ---Wall Time---  --- Name ---
   0.0957 ( 99.7%)   0.0571 ( 98.3%)   0.1060 ( 88.2%)  time to link object files
   0.0002 (  0.2%)   0.0001 (  0.2%)   0.0131 ( 10.9%)  time to execute jitlink'd code
   0.0960 (100.0%)   0.0581 (100.0%)   0.1201 (100.0%)  Total
"""


def run_script(text: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own: whoever measures adopts orphans and waits for them."""
    command = [sys.executable, "-c", text]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_turns() -> None:
    order: list[str] = []

    def call(name: str) -> int:
        order.append(name)
        return len(order)

    results = results_in_turns({"a": lambda: call("a"), "b": lambda: call("b")}, runs=2)
    assert order == ["a", "b"] * 3
    assert results == {"a": [3, 5], "b": [4, 6]}


def test_ratios_are_taken_run_by_run() -> None:
    assert Timings((1.0, 4.0, 9.0)).ratio_to(Timings((2.0, 2.0, 3.0))) == 2.0


def test_the_wall_time_of_a_phase() -> None:
    assert jitlink_time(REPORT, "time to link object files") == 0.1060
    assert jitlink_time(REPORT, "time to execute jitlink'd code") == 0.0131
    with pytest.raises(ValueError, match="time to load"):
        jitlink_time(REPORT, "time to load/add object files")


def test_a_command_is_measured_with_the_processes_it_leaves_behind() -> None:
    done = run_script(
        """if True:
        import sys
        from tests.benchmarks.measure import run_to_the_end
        touch = "import mmap; m = mmap.mmap(-1, 4096 * 50000); m[::4096] = bytes(50000)"
        leave_behind = '"$0" -c "$1" & exit 0'
        finished = run_to_the_end(["sh", "-c", leave_behind, sys.executable, touch])
        print(finished.page_faults > 50000)
        run_to_the_end(["sh", "-c", "echo reason >&2; exit 3"])
        """
    )
    assert done.stdout == "True\n"
    assert done.stderr == "status 3 of sh -c 'echo reason >&2; exit 3'\nreason\n\n"
    assert done.returncode == 1


def test_forkrepl_is_measured(tmp_path: Path) -> None:
    main = tmp_path / "main.o"
    source = '#include <stdio.h>\nint main(void) { puts("works"); return 0; }'
    main.write_bytes(compile_source(source, "-fPIC"))
    done = run_script(
        f"""if True:
        import json
        from pathlib import Path
        from tests.benchmarks.linkers import MODES, Program, measure_forkrepl
        program = Program("it", (Path({str(main)!r}),), (), ())
        for mode in MODES:
            found = measure_forkrepl(mode, program, [])
            print(json.dumps([found.read, found.link, found.run, found.command.output]))
        """
    )
    assert (done.stderr, done.returncode) == ("", 0)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line.pop() for line in lines] == ["works\n"] * 3
    assert all(seconds > 0 for line in lines for seconds in line)


def measured(link: float | None, run: float | None, read: float | None = None) -> Measurement:
    return Measurement(read, link, run, Finished("", "", 0.5, 0.25, 1000))


def cells(text: str) -> list[list[str]]:
    """The rows of a table under its header; cells are apart by two blanks or more."""
    return [re.split(r"  +", line.strip()) for line in text.splitlines()[2:]]


def test_tables_with_and_without_the_rival() -> None:
    ours = [measured(0.010, 1.5, read=0.002), measured(0.030, 3.0, read=0.006)]
    theirs = [measured(0.019, 1.0, read=0.001), measured(0.039, 2.0, read=0.001)]
    native = [measured(0.1, 1.2), measured(0.2, 2.4)]
    results = {(OURS, "shared"): ours, (NATIVE, ""): native}
    rest = ["500.0", "250.0", "1000"]
    mine = ["forkrepl shared", "4.0", "20.0", "24.0", "12.0", "36.0"]
    assert cells(link_table(results))[0] == [*mine, *rest]
    run = ["forkrepl shared", "2250.0", "1500.0", "3000.0"]
    assert cells(run_table(results))[0] == [*run, "1.25"]

    results[THEIRS, "shared"] = theirs
    assert cells(link_table(results))[0] == [*mine, "0.65", "0.75", *rest]
    assert cells(run_table(results))[0] == [*run, "1.50", "1.25"]


def test_the_chart(tmp_path: Path) -> None:
    ours = Bar("forkrepl", "shared", Timings((0.02, 0.01, 0.04)), reading=0.005)
    theirs = Bar("llvm-jitlink", "shared", Timings((0.3, 0.2, 0.5)))
    native = Bar("gcc and ld", "", Timings((1.5,)))
    path = tmp_path / "chart.svg"
    draw(path, [Panel("Linking A & B", [ours, theirs, native])], "a machine")
    words = {element.text for element in ElementTree.parse(path).iter() if element.text}
    assert {"Linking A & B", "a machine", "shared", "native", "20.0", "300", "1,500"} <= words


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["nonsense"], "no benchmark nonsense: choose of scripts, start, shell, growth"),
        (["--runs", "0"], "argument --runs: "),
        (["link", "--svg", "nowhere/a.svg"], "no folder nowhere for the chart"),
    ],
)
def test_wrong_usage(arguments: list[str], complaint: str) -> None:
    command = [sys.executable, "-m", "tests.benchmarks.run", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr
