"""A program's machine code as two objects: what is in which, and when there is only one."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from repl import native_programs
from repl.clang.clang_run import ClangMode, ClangRun, memory_file
from repl.session.object_symbols import symbols_of
from tests.support.leaks import wait_for
from tests.tables.divided_table import ROWS
from tests.tables.program_table import CXX, Row

MUST_BE_WHOLE = 4
SMALL = (
    "int f(int n) { return n; }\nint g(int n) { return n + 1; }\nint main() { return f(g(1)); }\n"
)


def flags_of(row: Row) -> list[str]:
    language = "c++" if row.suffix == CXX else "c"
    return ["-gline-tables-only", "-O0", f"-x{language}", *row.flags]


def compiled(
    text: str, *flags: str, divided_from: int | None = 0, status: int = 0
) -> tuple[bytes, ...]:
    """The objects of a program."""
    program = native_programs.frontend()
    with ClangRun(
        program,
        [*flags, "program.cpp"],
        mode=ClangMode.PROGRAM,
        text=text.encode(),
        divided_from=divided_from,
    ) as run:
        assert (run.status(), run.diagnostics()) == (status, "")
        return run.outputs()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_symbol_is_defined_once(row: Row) -> None:
    (whole,) = compiled(row.text, *flags_of(row), divided_from=None)
    halves = compiled(row.text, *flags_of(row))
    assert len(halves) == 2
    of_whole, of_halves = symbols_of("p", whole), [symbols_of("p", code) for code in halves]
    defined = Counter(name for half in of_halves for name in half.defined)
    # The one for exceptions that end the program is weak, and of the object.
    own = {name for name in defined if name.startswith("DW.ref.")}
    assert {name for name, count in defined.items() if count > 1} <= own
    assert set(defined) - own == of_whole.defined - own
    functions = {"resolved"}  # which are chosen when they are linked
    assert of_halves[1].data <= own | functions  # all variables are in the first
    assert all(half.functions for half in of_halves)
    assert compiled(row.text, *flags_of(row)) == halves  # always the same


WHOLE = {
    "assembly of the module": ('asm(".globl other");\n' + SMALL, ()),
    "one function": ("int main() { return 1; }\n", ()),
    "one cluster": (
        "static int n;\nint f() { return n; }\nint main() { return f() + n; }\n",
        (),
    ),
    "debugged": (SMALL, ("-g",)),
    "sanitized": (SMALL, ("-fsanitize=address",)),
    "checked": (SMALL, ("-fsanitize=undefined",)),
    "covered": (SMALL, ("-fprofile-instr-generate", "-fcoverage-mapping")),
    "traced": (SMALL, ("-fsanitize-coverage=trace-pc-guard",)),
    "options of LLVM": (SMALL, ("-mllvm", "-enable-ipra")),
}


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_not_divided(name: str) -> None:
    text, flags = WHOLE[name]
    assert len(compiled(text, "-O0", *flags)) == 1


def test_small_ones_are_not_divided() -> None:
    for least, objects in ((5, 2), (1000, 1), (None, 1)):
        assert len(compiled(SMALL, "-O0", divided_from=least)) == objects


def test_one_half_may_be_too_large() -> None:
    text = SMALL + "int large(int n) { return " + " + n * 2" * 100 + "; }\n"
    assert len(compiled(text, "-O0", divided_from=5)) == 1


def test_a_second_process_that_fails() -> None:
    """It has nowhere to write to."""
    with memory_file("text", SMALL.encode()) as text, memory_file("told") as told:
        number = str(told.fileno())
        places = [number, "999", "0", number, "-1"]
        command = [str(native_programs.frontend()), "--program", str(os.getpid()), *places]
        ended = subprocess.run(
            [*command, "program.cpp"],
            stdin=text,
            capture_output=True,
            pass_fds=[told.fileno()],
            check=False,
        )
    assert (ended.returncode, ended.stderr) == (MUST_BE_WHOLE, b"")


def children(pid: int) -> Iterator[int]:
    with suppress(OSError):
        yield from map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


def fields(pid: int) -> list[str]:
    """Those of proc_pid_stat(5) from the third on; none if it is gone."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return []


def is_there(pid: int) -> bool:
    return fields(pid)[:1] not in ([], ["Z"])


def is_busy(pid: int) -> bool:
    """Whether it is at what it has been made for: it has used the processor."""
    return any(int(ticks) for ticks in fields(pid)[11:13])


def test_the_second_process_ends_with_the_first() -> None:
    functions = "".join(
        f"int f{n}(int n) {{ return n{''.join(f' + n * {k}' for k in range(99))}; }}\n"
        for n in range(900)
    )
    with ClangRun(
        native_programs.frontend(),
        ["-O1", "program.cpp"],
        mode=ClangMode.PROGRAM,
        text=f"{functions}int main() {{}}\n".encode(),
        divided_from=0,
    ) as run:
        assert wait_for(lambda: any(children(run.pid)), 30)
        (second,) = children(run.pid)
        assert wait_for(lambda: is_busy(second), 30)
        os.kill(second, signal.SIGSTOP)  # so that it does not end by itself
        assert is_there(second)
    assert wait_for(lambda: not is_there(second), 30)
