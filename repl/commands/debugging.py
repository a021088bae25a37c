"""``%debug``."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from repl.commands.context import Shell
from repl.commands.debugger_program import Debugger, debugger_folder, find_debugger
from repl.errors import ShellError
from repl.input.command_syntax import Arguments
from repl.input.source import Source
from runtime.addresses import ExecutorAddress


def run_debug(shell: Shell, arguments: Arguments) -> str:
    """``%debug``."""
    if not (shell.has_prompt and sys.stdin.isatty() and sys.stdout.isatty()):
        raise ShellError("%debug: a debugger needs a terminal, and a session with a prompt")
    program = find_debugger()
    if not arguments.text:
        _enter_crash(shell, program)
        return ""
    return _run_input(shell, program, arguments.text)


def _sources(shell: Shell) -> list[Source]:
    return [source for entry in shell.log for source in entry.ran]


def _enter_crash(shell: Shell, program: str) -> None:
    session = shell.session
    session.extensions.debugging.check_runs_here()
    if not session.options.keeps_crashes:
        raise ShellError("%debug: crashes are not kept (keep_crashes in the configuration)")
    with (
        session.extensions.debugging.crashed() as debuggee,
        debugger_folder(_sources(shell)) as folder,
    ):
        debugger = Debugger(program, debuggee.pid, folder, colour=shell.colour)
        debugger.wait_until_attached()
        debuggee.go_on()
        debugger.wait()


def _run_input(shell: Shell, program: str, text: str) -> str:
    typed = shell.log[-1].source
    source = Source(_code(shell, text), typed.name, typed.line)
    shell.log[-1].ran.append(source)

    @contextmanager
    def attach(pid: int, functions: Sequence[ExecutorAddress]) -> Iterator[None]:
        with debugger_folder(_sources(shell)) as folder:
            debugger = Debugger(program, pid, folder, functions, colour=shell.colour)
            with _interrupts_are_for(debugger):
                debugger.wait_until_attached()
                try:
                    yield
                finally:
                    debugger.leave()

    session = shell.session
    result = session.extensions.debugging.run(source, session.compiler, shell.show, attach)
    shell.tell_warnings(result)
    return result.value or ""


def _code(shell: Shell, text: str) -> str:
    if not text.isdecimal():
        return text
    entry = shell.entry(text)
    if entry is None or not entry.ran:
        raise ShellError(f"%debug: there is no input {text} with code (%history -n lists them)")
    return entry.code


@contextmanager
def _interrupts_are_for(debugger: Debugger) -> Iterator[None]:
    """Ctrl-C reaches this process too, whenever the debugger has let the program go on."""

    def on_interrupt(number: int, frame: FrameType | None) -> None:
        if debugger.has_ended:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
