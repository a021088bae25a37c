"""The interactive session: prompt, run, print, until the user leaves."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from repl.clang.code_questions import CodeQuestions
from repl.commands import COMMAND_LINES, Quit
from repl.commands.context import Shell
from repl.commands.reloading import tell_edits
from repl.editor.options import PromptOptions
from repl.editor.prompt import Prompt
from repl.errors import (
    CompileError,
    ProgramCrashed,
    ProgramExited,
    ShellError,
    explain_unexpected,
    telling_unexpected,
)
from repl.input.source import Source
from repl.program.linker_import import import_linker_behind
from repl.shell.correction import offer
from repl.shell.prelude import StartupFile
from repl.shell.run_input import evaluate, is_hopeless, is_interrupt, report
from repl.shell.several_inputs import split_at_commands
from repl.terminal.early_prompt import EarlyPrompt
from repl.terminal.unfinished_line import begin_line
from runtime.errors import ForkreplError, RuntimeFailure, printable_lines

_GARBAGE = 10_000
"""Objects after whose making Python looks for cycles of garbage: more seldom than it does by
itself, but a session may last for days, and the line editor makes some with each key."""


def run_interactive(
    shell: Shell,
    *,
    options: PromptOptions,
    greeting: str,
    startup: StartupFile | None = None,
    early: EarlyPrompt | None = None,
) -> int:
    """Returns the exit status: 0 unless the user's program called ``exit``.

    ``greeting``: empty if nothing is to be said but what was asked for.
    ``early``: the greeting and the first prompt are on the screen already.
    """
    session = shell.session
    with CodeQuestions(session.compiler.scratch, session.compiler.input_ends) as questions:
        prompt = Prompt(
            options,
            colour=shell.colour,
            commands=COMMAND_LINES,
            source=questions,
            library_folders=shell.library_folders,
            describe=explain_unexpected,
        )
        is_building = session.build_headers()
        # As late as can be: from here on the terminal shows what is typed.
        if early is not None:
            early.erase()
        elif greeting:
            print(greeting)
        gc.freeze()  # what has been imported stays
        gc.set_threshold(_GARBAGE)
        import_linker_behind()
        if is_building and greeting:
            print("(preparing the standard library for next time)")
        return _run_inputs(shell, prompt, questions, startup)


def _run_inputs(
    shell: Shell, prompt: Prompt, questions: CodeQuestions, startup: StartupFile | None
) -> int:
    shell.has_prompt = True
    number = 1
    while True:
        try:
            if startup is not None:
                with _going_on(shell):
                    startup.attend(shell)
            with _going_on(shell):
                _print_warning(prompt)
                tell_edits(shell)
            text = _read(shell, prompt, number)
            if text is None:
                break
            if text.strip():
                name, number = f"In[{number}]", number + 1
                with _going_on(shell):
                    _run_typed(shell, prompt, questions, text, name)
        except KeyboardInterrupt:  # between the steps: there is nothing to be told
            continue
        except Quit:
            break
        except ProgramExited as exited:
            return exited.status
    return _finish(shell)


@contextmanager
def _going_on(shell: Shell) -> Iterator[None]:
    """Whatever is raised around an input is told, and the next prompt comes. Only what means the
    end is raised on: Quit, ProgramExited, and a SetupError before anything has ever worked."""
    try:
        with telling_unexpected():
            yield
    except (Quit, ProgramExited):
        raise
    except (ForkreplError, OSError, KeyboardInterrupt) as error:
        if is_hopeless(shell, error):
            raise
        report(shell, error)


def _read(shell: Shell, prompt: Prompt, number: int) -> str | None:
    """What is typed next; None when there will be no more. Raises what keeps coming back."""
    text, correction = shell.take_next_input(), shell.take_correction()
    try:
        with telling_unexpected():
            try:
                return prompt.read(number, text, correction)
            except EOFError:
                return None
    except (ForkreplError, OSError, KeyboardInterrupt) as error:
        report(shell, error)
    try:
        return prompt.read(number)  # without what may have been the reason
    except EOFError:
        return None


def _print_warning(prompt: Prompt) -> None:
    """Say what is wrong with the history, once."""
    warning, prompt.warning = prompt.warning, None
    if warning:
        print(printable_lines(warning), file=sys.stderr)


def _finish(shell: Shell) -> int:
    try:
        return shell.session.finish()
    except ProgramCrashed as crash:
        report(shell, crash)
        return 0


def _run_typed(
    shell: Shell, prompt: Prompt, questions: CodeQuestions, text: str, name: str
) -> None:
    is_interrupted = _run_one(shell, questions, text, name)
    begin_line()
    if is_interrupted and (count := prompt.forget_waiting()):
        inputs = "inputs are" if count > 1 else "input is"
        print(f"{count} more pasted {inputs} not run", file=sys.stderr)


def _run_one(shell: Shell, questions: CodeQuestions, text: str, name: str) -> bool:
    """Whether it was interrupted."""
    source = Source(text, name)
    lines = text.count("\n") + 1
    part = source
    try:
        with telling_unexpected():
            questions.stop()
            try:
                for part in split_at_commands(source, shell.session.compiler):
                    evaluate(shell, part)
            finally:
                shell.session.prepare()
    except (ShellError, RuntimeFailure, KeyboardInterrupt) as error:
        if is_hopeless(shell, error):
            raise
        next_line = part.line + part.text.count("\n") + 1
        if part is not source and next_line <= lines:
            error.add_note(f"{name} is not run from line {next_line} on")
        report(shell, error)
        if isinstance(error, CompileError):
            rest = text.split("\n")[next_line - 1 :]
            offer(shell, part, error.diagnostics, "".join(f"\n{line}" for line in rest))
        return is_interrupt(error)
    return False
