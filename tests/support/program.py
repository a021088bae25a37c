"""The program as the black-box tests drive it: run to its end, or typed into on a terminal."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import pexpect

from tests.support.leaks import wait_for

PROGRAM = Path(sys.executable).parent / "forkrepl"
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
TIMEOUT = 30.0
"""Seconds after which a test gives up: no test measures time."""

Completed = subprocess.CompletedProcess[str]


class Run(Protocol):
    """Runs the program to its end, on what it is given as standard input."""

    def __call__(
        self,
        *arguments: str | Path,
        input: str | bytes | None = None,
        timeout: float = TIMEOUT,
        wrapper: Sequence[str] = (),
        **environment: str,
    ) -> Completed: ...


def user_environment(folder: Path) -> dict[str, str]:
    """As the fixture, with its folders in ``folder``."""
    home = folder / "home"
    temporary = folder / "tmp"
    home.mkdir()
    temporary.mkdir()
    unwanted = (
        "NO_COLOR",
        "CLICOLOR_FORCE",
        "FORKREPL_DEBUG",
        "FORKREPL_TRACE",
        "FORKREPL_TRACE_FILE",
        "FORKREPL_TOKEN",
        "COLUMNS",
        "LINES",
    )
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in unwanted and not name.startswith("XDG_")
    }
    # FORKREPL_TESTS_CACHE=FOLDER, filled by --build-cache: all tests with precompiled headers.
    cache = os.environ.get("FORKREPL_TESTS_CACHE")
    return (inherited | {"XDG_CACHE_HOME": cache} if cache else inherited) | {
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "LC_ALL": "C.UTF-8",
        "TERM": "dumb",
    }


def program_runner(environment: dict[str, str], folder: Path) -> Run:
    """Runs the program; relative names are looked up in ``folder``."""

    def run(
        *arguments: str | Path,
        input: str | bytes | None = None,
        timeout: float = TIMEOUT,
        wrapper: Sequence[str] = (),
        **changes: str,
    ) -> Completed:
        command = [*wrapper, str(PROGRAM), *map(str, arguments)]
        if isinstance(input, str):
            input = input.encode()
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL if input is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=environment | changes,
            start_new_session=True,
        ) as process:
            try:
                output, errors = process.communicate(input, timeout)
            except BaseException:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                raise
        result = Completed(command, process.returncode, _text(output), _text(errors))
        assert "Traceback" not in result.stderr, result.stderr
        assert "internal error" not in result.stderr, result.stderr
        return result

    return run


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


class Shell:
    """An interactive session on a terminal that only prints (``TERM=dumb``).

    Such a terminal shows a prompt, then what is typed, then what it gives.
    """

    def __init__(self, arguments: Sequence[str | Path], environment: dict[str, str], folder: Path):
        self.child: Any = pexpect.spawn(
            str(PROGRAM),
            [str(argument) for argument in arguments],
            env=environment,
            cwd=str(folder),
            encoding="utf-8",
            codec_errors="replace",
            dimensions=(50, 500),
            timeout=TIMEOUT,
        )
        self.number = 1
        self.greeting = self.wait_for_prompt()

    def run(self, line: str) -> str:
        """Type one line that is a complete input: what it prints until the next prompt."""
        return self.run_lines(line)

    def run_lines(self, *lines: str) -> str:
        """Type the lines of one input."""
        for line in lines:
            self.type(line)
        return self.output()

    def type(self, line: str) -> None:
        """Type a line and Enter, and wait for nothing."""
        self.child.send(line + "\r")

    def output(self) -> str:
        """Wait for the prompt of the next input: what came before it."""
        text = self.wait_for_next_prompt()
        # The line editor ends what was typed by "\r\n", of which the terminal makes this.
        _, ended, printed = text.partition("\r\r\n")
        assert ended, f"no end of the line typed in {text!r}"
        return printed.replace("\r\n", "\n")

    def interrupt(self) -> None:
        """Ctrl-C at the prompt: it comes again, for the same number."""
        self.child.sendintr()
        self.wait_for_prompt()

    def leave(self) -> int:
        """Ctrl-D: the exit status."""
        self.child.sendeof()
        return self.wait()

    def wait(self) -> int:
        """Wait for the end of the program: its exit status. What it printed is in ``last``."""
        self.child.expect_exact(pexpect.EOF)
        self.last = str(self.child.before).replace("\r\n", "\n")
        self.child.close()
        status = self.child.exitstatus
        assert status is not None, f"ended by signal {self.child.signalstatus}"
        return int(status)

    def wait_for_next_prompt(self) -> str:
        """As ``output``, but with all that the terminal showed."""
        self.number += 1
        return self.wait_for_prompt()

    def wait_for_prompt(self) -> str:
        """Wait for the prompt of this input (again): what the terminal showed before it."""
        self.child.expect_exact(f"In[{self.number}]: ")
        before = str(self.child.before)
        # Only now does the line editor read; before, the terminal itself would echo.
        assert wait_for(lambda: not self.child.getecho())  # waitnoecho looks rarely
        return before


class OpenShell(Protocol):
    """Opens an interactive session."""

    def __call__(self, *arguments: str | Path, **environment: str) -> Shell: ...


_VALUE = re.compile(r"^\((.*)\) (.*)$")


def values(output: str) -> list[str]:
    """The values in what was printed, without their types."""
    return [match[2] for line in output.splitlines() if (match := _VALUE.match(line))]


def pattern_of(expected: Sequence[str]) -> str:
    """Of lines that a document shows: ``...`` is whatever there is (addresses, times)."""
    return ".*".join(map(re.escape, "\n".join(expected).split("...")))


def piped(forkrepl: Run, *lines: str) -> tuple[str, str]:
    """Standard output and error of a session with these inputs."""
    result = forkrepl(input="\n".join([*lines, ""]), timeout=60)
    return result.stdout, result.stderr
