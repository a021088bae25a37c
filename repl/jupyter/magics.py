"""What begins with ``%%``: it is about the whole cell."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from repl.commands.context import Shell
from repl.commands.subprocesses import ending
from repl.commands.whole_files import write_whole
from repl.errors import ShellError, did_you_mean
from repl.input.source import Source
from repl.shell.run_input import carry_out
from runtime.kernel_calls.limits import reason

_FIRST_LINE = re.compile(r"\s*%%(?P<name>[\w!-]*)[ \t]*(?P<arguments>[^\n]*)(?:\n|\Z)")

Shown = str | dict[str, Any] | None
"""The text of a value, or what is to be displayed, by MIME type."""


class Magic(Struct, frozen=True):
    """``usage``: what follows the name. ``run``: is given that, and the rest of the cell; None for
    those that are about how the cell is run, which ``Cells`` knows."""

    usage: str
    summary: str
    run: Callable[[Shell, str, Source], Shown] | None = None


class CellMagic(Struct, frozen=True):
    """The first line of a cell, taken apart, and the others."""

    name: str
    arguments: str
    body: Source


def take_magic(source: Source) -> CellMagic | None:
    """What the cell begins with, if it is a ``%%``. Raises ShellError if that is none."""
    match = _FIRST_LINE.match(source.text)
    if match is None:
        return None
    name = match["name"]
    if name not in MAGICS:
        known = ", ".join(f"%%{each}" for each in MAGICS)
        raise ShellError(f"unknown magic %%{name}{did_you_mean(name, MAGICS)} (there are {known})")
    text = source.text[match.end() :]
    line = source.line + source.text.count("\n", 0, match.end())
    body = Source(text, source.name, line, keeps_value=source.keeps_value)
    return CellMagic(name, match["arguments"].strip(), body)


def _time(command: str) -> Callable[[Shell, str, Source], Shown]:
    def run(shell: Shell, arguments: str, body: Source) -> Shown:
        begin = f"{command} {arguments}".rstrip()
        source = Source(f"{begin} {body.text}", body.name, body.line)
        print(carry_out(shell, source), flush=True)
        return None

    return run


def _write(shell: Shell, arguments: str, body: Source) -> Shown:
    words = _words("%%file", arguments)
    appends = words[:1] == ["-a"]
    if len(words) - appends != 1:
        raise ShellError("%%file needs the name of a file; usage: %%file [-a] FILE")
    path = Path(os.path.expanduser(words[-1]))
    try:
        is_new = not path.exists()
        if appends:
            with path.open("a", encoding="utf-8", errors="surrogateescape") as file:
                file.write(body.text)
        else:
            write_whole(path, body.text, replaces=True)
    except (OSError, ValueError) as error:  # ValueError: a NUL byte
        raise ShellError(f"%%file: cannot write {path}: {reason(error)}") from None
    what = "Appending to" if appends else "Writing" if is_new else "Overwriting"
    print(f"{what} {path}", flush=True)
    return None


def _script(shell: Shell, arguments: str, body: Source) -> Shown:
    words = _words("%%script", arguments)
    if not words:
        raise ShellError("%%script needs a program; usage: %%script PROGRAM [ARGS]")
    _run_program(words, body.text)
    return None


def _run_with(program: str) -> Callable[[Shell, str, Source], Shown]:
    def run(shell: Shell, arguments: str, body: Source) -> Shown:
        _run_program([program, *_words(f"%%{program}", arguments)], body.text)
        return None

    return run


def _run_program(command: list[str], text: str) -> None:
    """Give a program the text as standard input. Raises ShellError if it fails; Ctrl-C ends it."""
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE)
    except (OSError, ValueError) as error:  # ValueError: a NUL byte
        raise ShellError(f"cannot start {command[0]}: {reason(error)}") from None
    with process:
        try:
            process.communicate(text.encode("utf-8", "surrogateescape"))
        except BaseException:  # Ctrl-C, which it may not have got
            process.kill()
            raise
    if process.returncode:
        raise ShellError(f"{command[0]}: {ending(process.returncode)}")


def _words(magic: str, arguments: str) -> list[str]:
    try:
        return shlex.split(arguments)
    except ValueError as error:
        raise ShellError(f"{magic}: cannot make words of that: {str(error).lower()}") from None


def _display(mime: str) -> Callable[[Shell, str, Source], Shown]:
    def run(shell: Shell, arguments: str, body: Source) -> Shown:
        return {mime: body.text, "text/plain": body.text}

    return run


def no_arguments(magic: CellMagic) -> None:
    """Raises ShellError if there are some."""
    if magic.arguments:
        raise ShellError(
            f"%%{magic.name} stands alone in its line: {magic.arguments!r} is too much"
        )


_FILE = Magic("[-a] FILE", "write the rest of the cell to a file; -a: add it", _write)

MAGICS: Mapping[str, Magic] = {
    "file": _FILE,
    "writefile": _FILE,
    "time": Magic("", "run the cell, and show how long it takes", _time("%time")),
    "timeit": Magic("[-n LOOPS] [-r RUNS]", "measure the cell in many runs", _time("%timeit")),
    "script": Magic("PROGRAM [ARGS]", "give the cell to a program, such as python3", _script),
    "bash": Magic("[ARGS]", "the same for bash", _run_with("bash")),
    "sh": Magic("[ARGS]", "the same for sh", _run_with("sh")),
    "c": Magic("", "run the cell in C, in a program of its own"),
    "undo-on-error": Magic("", "if a part of the cell fails, take all of it back"),
    "html": Magic("", "show the cell as HTML", _display("text/html")),
    "markdown": Magic("", "show the cell as Markdown", _display("text/markdown")),
    "latex": Magic("", "show the cell as LaTeX", _display("text/latex")),
    "svg": Magic("", "show the cell as a picture", _display("image/svg+xml")),
}
