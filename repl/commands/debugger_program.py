"""gdb or lldb: which there is, what it is told, and when it has attached."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from repl.errors import ShellError
from repl.input.source import Source
from repl.system_packages import Need, how_to_install
from repl.temporary_folders import TemporaryFolder
from repl.terminal.foreground import ForegroundProgram
from runtime.debugging.installed_tools import find_tool
from runtime.executor_client.process_status import process_status
from runtime.kernel_calls.capabilities import why_not

DEBUGGERS = ("gdb", "lldb", *(f"lldb-{version}" for version in range(30, 13, -1)))
_SCOPE = Path("/proc/sys/kernel/yama/ptrace_scope")
_ONLY_ROOT = 2  # what is in there from which on a process may not attach to its kin either
_TICK = 0.02  # s, between looks at whether it has attached
_PATIENCE = 2.0  # s, for a debugger that is to end by itself
_LAST = "forkrepl_debugged_input_ends"  # of the platform library

_GDB_FIRST = ("set auto-load local-gdbinit off",)
"""Nothing of the current folder is run."""

_GDB_QUIETLY = (
    "set pagination off",
    "set confirm off",
    "set filename-display basename",
    "set logging file /dev/null",
    "set logging redirect on",
    "set logging enabled on",
)
_GDB_ALOUD = "set logging enabled off"
_GDB_IF_FAILED = ("if $_thread == 0", "quit", "end")


def find_debugger() -> str:
    """Its path. Raises ShellError if there is none, or if it could not attach."""
    found = find_tool(DEBUGGERS)
    if found is None:
        raise ShellError(f"%debug: there is no debugger here: {how_to_install(Need.DEBUGGER)}")
    for needed in ("ptrace(2)", "/proc"):
        if why := why_not(needed):
            raise ShellError(f"%debug: {why}")
    with suppress(OSError, ValueError):
        if int(_SCOPE.read_text()) >= _ONLY_ROOT and os.geteuid():
            raise ShellError(
                "%debug: this system lets nobody but root debug what runs already: "
                "see kernel.yama.ptrace_scope in ptrace(2)"
            )
    return found


@contextmanager
def debugger_folder(sources: Iterable[Source]) -> Iterator[Path]:
    """A folder of files with the text of inputs, so that debuggers can list it. It goes with the
    context; what a session that was killed has left is removed."""
    with TemporaryFolder("debug") as folder:
        rows: dict[str, dict[int, str]] = {}
        for source in sources:
            if source.line and os.sep not in source.name:
                of_input = rows.setdefault(source.name, {})
                of_input.update(enumerate(source.text.splitlines(), source.line))
        for file, numbered in rows.items():
            lines = [numbered.get(n, "") for n in range(1, max(numbered, default=0) + 1)]
            (folder / file).write_text("\n".join([*lines, ""]), "utf-8", "surrogateescape")
        yield folder


class Debugger:
    """Started, attached to a process, and in the foreground. ``stops``: addresses of
    which to stop at the first that is reached; without any, where a signal comes."""

    def __init__(
        self,
        program: str,
        pid: int,
        folder: Path,
        stops: Sequence[int] = (),
        *,
        colour: bool,
    ) -> None:
        self._pid = pid
        self._name = os.path.basename(program)
        if os.path.basename(program) == "gdb":
            command = _gdb_command(program, pid, folder, stops, colour)
        else:
            command = _lldb_command(program, pid, folder, stops)
        try:
            self._job = ForegroundProgram(command)
        except OSError as error:
            raise ShellError(f"%debug: cannot start {program}: {error.strerror}") from None

    @property
    def has_ended(self) -> bool:
        """Whether it has ended, and the terminal is ours again."""
        return self._job.has_ended

    def wait_until_attached(self) -> None:
        """Raises ShellError if it has ended instead."""
        while not (_is_stopped(self._pid) and _is_traced_by(self._pid, self._job.pid)):
            if self._job.has_ended:
                raise ShellError(
                    f"%debug: {self._name} has not attached to the program: may it? See ptrace(2)"
                )
            time.sleep(_TICK)

    def wait(self) -> None:
        """Wait until the user has left it."""
        self._job.wait()

    def leave(self) -> None:
        """What it has been started for is over: wait for its end, or see to it if it goes on
        though the process still runs."""
        if self._job.wait(_PATIENCE):
            return
        if not _is_traced_by(self._pid, self._job.pid):
            self._job.wait()
            return
        self._job.end()
        if not self._job.wait(_PATIENCE):
            self._job.kill()
            self._job.wait()


def _gdb_command(
    program: str, pid: int, folder: Path, stops: Sequence[int], colour: bool
) -> list[str]:
    quietly = [*_GDB_QUIETLY, *([] if colour else ["set style enabled off"]), f"directory {folder}"]
    lines = []
    if stops:
        lines += [f"break {_LAST}", "commands", "silent", "detach", "quit", "end"]
        lines += [f"tbreak *{stop:#x}" for stop in stops]
        # Those that were not the first; of the one that was, gdb says that it is not there.
        numbers = range(2, 2 + len(stops))
        lines += ["continue", f"delete {' '.join(map(str, numbers))}", _GDB_ALOUD, "frame"]
    else:  # when gdb is left it does not go on after a trap of its own
        lines += ["handle SIGTRAP pass", _GDB_ALOUD, "continue"]
    before, after = folder / "before.gdb", folder / "after.gdb"
    before.write_text("\n".join([*quietly, ""]))
    after.write_text("\n".join([*_GDB_IF_FAILED, *lines, ""]))
    first = [word for each in _GDB_FIRST for word in ("-iex", each)]
    # If one of these fails the others are carried out all the same.
    return [program, "-q", *first, "-x", str(before), "-ex", f"attach {pid}", "-x", str(after)]


def _lldb_command(program: str, pid: int, folder: Path, stops: Sequence[int]) -> list[str]:
    lines = [
        "settings set auto-confirm true",
        "settings set plugin.jit-loader.gdb.enable on",
        f"settings append target.source-map . {folder}",
        f"process attach -p {pid}",
        *([f"breakpoint set -n {_LAST} -C detach -C quit"] if stops else []),
        *(f"breakpoint set -o true -a {stop:#x}" for stop in stops),
        "continue",
    ]
    script = folder / "commands.lldb"
    script.write_text("\n".join([*lines, ""]))
    return [program, "-s", str(script)]


def _is_traced_by(pid: int, debugger: int) -> bool:
    """By it or by a process that it has started, as lldb does."""
    tracer = int(process_status(pid).get("TracerPid", 0))
    while tracer > 1 and tracer != debugger:
        tracer = int(process_status(tracer).get("PPid", 0))
    return tracer == debugger


def _is_stopped(pid: int) -> bool:
    return process_status(pid).get("State", "").startswith("t")
