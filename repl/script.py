"""Script mode: inputs from a file, from ``-c`` or from piped standard input."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from repl.commands import Quit
from repl.completeness import InputSplitter, ScriptInput
from repl.errors import ProgramCrashed, ProgramExited, ShellError
from repl.evaluate import evaluate, report
from repl.session import Session
from runtime.errors import RuntimeFailure


def run_script(session: Session, lines: Iterable[str], name: str, keep_going: bool) -> int:
    """Run all inputs, then ``main`` if there is one; returns the exit status.

    ``keep_going``: an input that fails does not keep the next ones from running
    (the status tells all the same).
    """
    failed = False

    def note_failure() -> None:
        nonlocal failed
        failed = True

    status = run_inputs(session, lines, name, keep_going, note_failure)
    if status is not None:
        return status
    return _finish(session, 1 if failed else 0)


def run_inputs(
    session: Session,
    lines: Iterable[str],
    name: str,
    keep_going: bool,
    on_failure: Callable[[], None] = lambda: None,
) -> int | None:
    """Run all inputs: None when they have been run, or an exit status if the program
    or the input said that this is the end."""
    try:
        for script_input in _inputs(lines):
            try:
                evaluate(session, script_input.text, name, script_input.line)
            except ProgramCrashed:
                raise
            except (ShellError, RuntimeFailure) as error:
                report(error)
                on_failure()
                if not keep_going:
                    break
    except Quit:
        return session.finish()
    except ProgramCrashed as crash:
        report(crash)
        return status_of_crash(crash)
    except ProgramExited as exited:
        return exited.status
    return None


def _finish(session: Session, status: int) -> int:
    """Call ``main`` unless something failed, and let the program end."""
    try:
        returned = session.run_main() if status == 0 else None
        at_exit = session.finish()
        return status or at_exit or returned or 0
    except ProgramExited as exited:
        return exited.status
    except ProgramCrashed as crash:
        report(crash)
        return status_of_crash(crash)
    except (ShellError, RuntimeFailure) as error:
        report(error)
        session.finish()
        return 1


def status_of_crash(crash: ProgramCrashed) -> int:
    """As shells report it: 128 + the signal's number."""
    if crash.signal is not None:
        return 128 + crash.signal
    return crash.wait_status or 0


def _inputs(lines: Iterable[str]) -> Iterator[ScriptInput]:
    splitter = InputSplitter()
    for number, line in enumerate(lines):
        if number == 0 and line.startswith("#!"):
            line = "\n"  # for the kernel, not for Clang
        yield from splitter.feed(line)
    yield from splitter.finish()
