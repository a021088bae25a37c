"""``%load``: the inputs of a file, run in this session."""

from __future__ import annotations

import os
from pathlib import Path

from repl.errors import ShellError
from repl.evaluate import evaluate
from repl.frontend import Source
from repl.script_inputs import lines_of, split_inputs, with_upcoming
from repl.session import Session
from runtime.errors import RuntimeFailure
from runtime.input_files import read_input_file

_DEEPEST = 8  # files that load one another


def load_file(session: Session, name: str) -> None:
    """Run the inputs of the file ``name`` as if they were typed, up to the first that fails.

    Raises what ``evaluate`` raises, with a note of the line; ShellError or
    RuntimeFailure if the file cannot be read.
    """
    if len(session.loading) == _DEEPEST:
        raise ShellError(
            f"%load: {_DEEPEST} files that load one another are the most: {name} is not loaded"
        )
    text = _read_text(name)
    inputs_before = len(session.inputs)
    session.loading.append(name)
    try:
        for source, upcoming in with_upcoming(split_inputs(lines_of(text), name)):
            try:
                evaluate(session, source, upcoming)
            except (ShellError, RuntimeFailure, KeyboardInterrupt) as error:
                error.add_note(_where(source, len(session.inputs) > inputs_before))
                raise
    finally:
        session.loading.pop()


def _where(source: Source, some_are_in_force: bool) -> str:
    rest = ": the inputs before it are in force" if some_are_in_force else ""
    return f"%load stopped at {source.name}:{source.line}{rest}"


def _read_text(name: str) -> str:
    contents = read_input_file(Path(os.path.expanduser(name)))
    if b"\0" in contents:
        raise ShellError(f"%load: {name} is a binary file, not a text with C or C++ inputs")
    # Bytes that are no UTF-8 go on to Clang as they are.
    return contents.decode("utf-8", "surrogateescape")
