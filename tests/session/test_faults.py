"""Each row of ``tables/faults.py`` costs its input and nothing else, in three ways: typed,
piped to standard input, and as the last input of a file that ``%load`` reads.

If a session is lost, that is the row's failure, and the rest of the rows get another.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import signal
import subprocess
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pexpect
import pytest

from tests.support.leaks import MARK, living, wait_for
from tests.support.program import PROGRAM, Run, Shell, user_environment
from tests.tables.faults import C_WORLD, CHECK, HEADERS, SESSIONS, WORLD, Fault

PATIENCE = 60
"""Seconds after which a session is given up."""

PAUSE = 0.4
"""Seconds: four times as long as what happens later takes to happen."""

PAUSE_INPUT = f"usleep({int(PAUSE * 1e6)});"

OPTIONS = ("--quiet", "--Xcc=-w", "--memory-limit=256M", "--Xcc=-ferror-limit=0")
OWN_OPTIONS = {"C": ("-xc",), "sanitizers": ("--sanitize=address,undefined",)}
SELECTED = {
    session: tuple(row for row in rows if os.getuid() == 0 or not row.for_root)
    for session, rows in SESSIONS.items()
}


@dataclass(frozen=True, slots=True)
class Setting:
    """Where the sessions of a session run."""

    session: str
    folder: Path
    environment: dict[str, str]

    @property
    def options(self) -> list[str]:
        return [*OPTIONS, *OWN_OPTIONS.get(self.session, ())]

    @property
    def world(self) -> tuple[str, ...]:
        return C_WORLD if self.session == "C" else WORLD


Problems = dict[str, str]
"""What is wrong, by row; empty text if nothing is."""


def inputs_of(row: Fault) -> list[str]:
    """Those of a row that fails declare something besides, which must not stay."""
    *before, last = row.inputs
    return [*before, f"int {declared_by(row)} = 1; {last}" if declares(row) else last]


def declares(row: Fault) -> bool:
    return bool(row.leaves) and row.inputs[-1][0] not in "%#}"


def declared_by(row: Fault) -> str:
    return f"declared_by_{row.name}"


def names_declared(rows: Iterable[Fault]) -> list[str]:
    """An input that names what should not be declared."""
    return ["{", *(f"    {declared_by(row)};" for row in rows if declares(row)), "}"]


def declaration_problem(rows: Iterable[Fault], output: str) -> str:
    """``output`` is what the input ``names_declared`` gave."""
    names = [declared_by(row) for row in rows if declares(row)]
    left = [n for n in names if f"undeclared identifier '{n}'" not in output]
    return f"still declared: {left}" if left else ""


def report_problem(row: Fault, report: str) -> str:
    if row.leaves:
        return "" if row.leaves in report else f"reported {report!r}"
    return f"reported {report!r}" if re.search("error|ended|uncaught", report) else ""


def shorts(output: str) -> list[int]:
    """The values of the checks in what was printed."""
    return [int(number) for number in re.findall(r"^\(short\) (-?\d+)\r?$", output, re.M)]


# Typed, and loaded.


class Typist:
    """A session at the prompt; ``count`` is the number of the last check."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._shell = Shell(setting.options, setting.environment, setting.folder)
        self._shell.child.timeout = PATIENCE
        self._shell.child.delaybeforesend = None
        self.count = 0
        (setting.folder / "world").write_text("\n".join([*setting.world, ""]))
        assert self._shell.run("%load world") == ""

    def try_row(self, row: Fault, loaded: bool) -> str:
        """What is wrong; raises pexpect's exceptions if the session is lost."""
        *before, last = inputs_of(row)
        if loaded:
            (self._setting.folder / row.name).write_text("\n".join([*before, last, ""]))
            before, last = [], f"%load {row.name}"
        for line in before:
            if problem := report_problem(Fault("", ()), self._shell.run(line)):
                return f"{line}: {problem}"
        problem = report_problem(row, self._run(last, row.interrupt))
        if row.pause:
            time.sleep(PAUSE)
            self._shell.run("1;")
        problem = problem or self._check()
        for line in row.after:
            self._shell.run(line)
        return problem

    def _run(self, line: str, interrupt: bool) -> str:
        self._shell.type(line)
        if interrupt:
            self._shell.child.expect_exact("begun\r\n")
            self._shell.child.sendintr()
        return self._shell.output() if not interrupt else self._shell.wait_for_next_prompt()

    def _check(self) -> str:
        self.count += 1
        output = self._shell.run(CHECK)
        return "" if shorts(output) == [self.count] else f"check {self.count} gave {output!r}"

    def leave(self, rows: Sequence[Fault]) -> str:
        """What is wrong at the end, after these rows."""
        (self._setting.folder / "names").write_text("\n".join([*names_declared(rows), ""]))
        errors = self._shell.run("%load names") + self._shell.run("%errors")  # all of them
        problem = declaration_problem(rows, errors)
        status = self._shell.leave()
        return problem or ("" if status == 0 else f"the session ended with status {status}")

    def give_up(self) -> None:
        self._shell.child.close(force=True)


def type_rows(setting: Setting, rows: Sequence[Fault], loaded: bool) -> Problems:
    """Those that were tried: all, unless the session was lost."""
    problems: Problems = {}
    typist = Typist(setting)
    try:
        for row in rows:
            problems[row.name] = "the session was lost"
            problems[row.name] = typist.try_row(row, loaded)
            if problems[row.name]:
                return problems  # whatever the session is now
        problems["end"] = typist.leave(rows)
    except (pexpect.EOF, pexpect.TIMEOUT, AssertionError) as error:
        problems[rows[len(problems) - 1].name] += f": {str(error)[:2000]}"
    finally:
        typist.give_up()
    return problems


# Piped.


def pipe_rows(setting: Setting, rows: Sequence[Fault]) -> Problems:
    """As ``type_rows``. Unknown commands mark the places on standard error."""
    lines = list(setting.world)
    for row in rows:
        lines += [*inputs_of(row), f"%reported-{row.name}"]
        lines += [PAUSE_INPUT] if row.pause else []
        lines += [CHECK, *row.after, f"%done-{row.name}"]
    lines += [*names_declared(rows), "%errors"]  # which shows all of them
    output, errors, status = run_piped(setting, lines)
    counts = shorts(output)
    problems: Problems = {}
    for number, row in enumerate(rows):
        report, reported, rest = errors.partition(_unknown(f"%reported-{row.name}"))
        _, done, errors = rest.partition(_unknown(f"%done-{row.name}"))
        problem = report_problem(row, report)
        if counts[number : number + 1] != [number + 1]:
            problem = f"{problem} check {number + 1} gave {counts[number : number + 1]}"
        if not (reported and done):
            problem += " the session was lost"
        problems[row.name] = problem
        if problem:
            return problems
    problems["end"] = declaration_problem(rows, errors + output)
    if status is None:
        problems["end"] += " the session did not end"
    return problems


def _unknown(command: str) -> str:
    return f"unknown command {command} (%help lists the commands)\n"


def run_piped(setting: Setting, lines: Iterable[str]) -> tuple[str, str, int | None]:
    """Standard output, standard error, and the status, None if it does not end."""
    with subprocess.Popen(
        [str(PROGRAM), *setting.options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=setting.folder,
        env=setting.environment,
        start_new_session=True,
        text=True,
        errors="replace",
    ) as process:
        try:
            output, errors = process.communicate("\n".join([*lines, ""]), 3 * PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, errors = process.communicate()
            return output, errors, None
        return output, errors, process.returncode


# All of a session, in a mode.

MODES = ("typed", "piped", "loaded")


def rows_of(mode: str, session: str) -> tuple[Fault, ...]:
    """Without a keyboard there is no Ctrl-C."""
    return tuple(row for row in SELECTED[session] if mode != "piped" or not row.interrupt)


@functools.cache
def problems_of(mode: str, session: str, folder: Path) -> Problems:
    """Of every row; and of ``end``, the end of the last session."""
    problems: Problems = {}
    rows = rows_of(mode, session)
    while rows:
        own = folder / f"{mode}{len(rows)}"
        own.mkdir(parents=True)
        mark = uuid.uuid4().hex
        (own / "headers.h").write_text("\n".join([*HEADERS, ""]))
        setting = Setting(session, own, user_environment(own) | {MARK: mark})
        if mode == "piped":
            problems |= pipe_rows(setting, rows)
        else:
            problems |= type_rows(setting, rows, loaded=mode == "loaded")
        end_all(mark)
        rows = tuple(row for row in rows if row.name not in problems)
    if "end" in problems and not problems["end"]:
        problems["end"] = handler_problem(own)
    return problems


def handler_problem(folder: Path) -> str:
    """What atexit was given must have run once."""
    path = folder / "handled"
    ran = path.read_text() if path.exists() else ""
    return "" if ran == "once" else f"the handler wrote {ran!r}"


def end_all(mark: str) -> None:
    """What the rows have left behind on purpose, such as daemons."""

    def none_lives() -> bool:
        for pid in living(mark):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not living(mark)

    assert wait_for(none_lives)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faults")


@pytest.mark.parametrize(
    ("mode", "session", "name"),
    [
        pytest.param(mode, session, name)
        for session in SESSIONS
        for mode in MODES
        for name in [*(row.name for row in rows_of(mode, session)), "end"]
    ],
)
def test_fault(mode: str, session: str, name: str, folder: Path) -> None:
    problems = problems_of(mode, session, folder / session.replace(" ", "_"))
    assert problems.get(name, "no session came to its end") == ""


# What ends a session, or costs it more than one input.

HANDLER = """\
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <pthread.h>
#include <unistd.h>
void handler() { puts("handled"); }
int registered = atexit(handler);
int n = 5;
"""


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("exit(4);", 4),
        ("{ pthread_t t; pthread_create(&t, 0, [](void *) -> void * { exit(4); }, 0); "
         "pthread_join(t, 0); }", 4),
        ("signal(SIGUSR1, [](int) { exit(4); }); raise(SIGUSR1);", 4),
        ("pthread_exit(0);", 0),
        ("{ pthread_cancel(pthread_self()); pthread_testcancel(); }", 0),
    ],
)  # fmt: skip
def test_the_end_of_the_program_is_the_end_of_the_session(
    forkrepl: Run, fault: str, status: int
) -> None:
    result = forkrepl(input=f"{HANDLER}{fault}\nn\n")
    assert (result.stdout, result.stderr, result.returncode) == ("handled\n", "", status)


@pytest.mark.parametrize(
    ("faults", "status"),
    [
        (["abort();"], 134),
        (["abort();", "raise(SIGTERM);"], 143),
        (["abort();", "int m = missing;"], 134),
        (["int m = missing;"], 1),
        (["throw 1;"], 1),
    ],
)
def test_the_status_of_piped_inputs(forkrepl: Run, faults: list[str], status: int) -> None:
    result = forkrepl(input="\n".join([HANDLER.rstrip(), *faults, "n", ""]))
    assert (result.stdout, result.returncode) == ("(int) 5\nhandled\n", status)


def test_the_parent_killed(shell: Shell) -> None:
    """All checkpoints go with the keeper: what declares something runs again."""
    shell.run("#include <csignal>")
    shell.run("#include <unistd.h>")
    shell.run("int n = 5;")
    shell.run("int killed = kill(getppid(), SIGKILL) + (n = 6) + sleep(1);")
    assert shell.run("n").endswith("(int) 5\n")
    assert shell.run("n + 1") == "(int) 6\n"
    assert shell.leave() == 0
