"""``%reload``, and telling that a file has been edited."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from repl.clang.compiler import Compiler
from repl.commands.catalogue import COMMAND_LINES
from repl.commands.context import Shell
from repl.errors import ShellError
from repl.input.command_syntax import Arguments
from repl.input.script_inputs import ScriptInputs
from repl.input.script_text import WholeText
from repl.input.seen_file import GONE, SeenFile
from repl.input.source import Source
from runtime.errors import printable_lines, shown_path
from runtime.objects.input_files import absolute_path


def run_reload(shell: Shell, arguments: Arguments) -> str:
    """``%reload``."""
    seen = {file.path: file for file, _ in shell.session.seen_files()}
    wanted = list(seen)
    if arguments.text:
        wanted = [absolute_path(arguments.text)]
        if wanted[0] not in seen:
            raise ShellError(
                f"%reload: no input has read {arguments.text} (%load FILE takes a file)"
            )
    edited = {path: now for path in wanted if (now := seen[path].edited()) is not None}
    for path, now in edited.items():
        if now.stamp == GONE:
            raise ShellError(f"%reload: {shown_path(path)} is gone: nothing is reloaded")
    if not edited:
        what = arguments.text or "no file that was read"
        return f"{what} has {'not ' if arguments.text else ''}changed"
    report = shell.session.reload(edited, _split)
    return report.text([shown_path(path) for path in edited])


def _split(file: SeenFile, name: str, compiler: Compiler) -> Iterator[Source]:
    """The inputs of a source file. Commands in it have been carried out when it was loaded."""
    text = file.text.decode("utf-8", "surrogateescape")
    for source, _ in ScriptInputs(WholeText(text), name, COMMAND_LINES, compiler.input_ends):
        if not COMMAND_LINES.is_command(source.text):
            yield source


def tell_edits(shell: Shell) -> None:
    """Say which files have been edited since they were read; once for each edit."""
    for file, name in shell.session.seen_files():
        now = file.edited()
        if now is None or shell.told_edits.get(file.path) == now.text:
            continue
        shell.told_edits[file.path] = now.text
        is_gone = now.stamp == GONE
        what = "is gone" if is_gone else "has changed"
        advice = ", what was read is kept" if is_gone else ": %reload takes the new text"
        reader = f"{shown_path(name)} read it" if name not in ("", "-") else "it was read"
        note = f"note: {shown_path(file.path)} {what} since {reader}{advice}"
        print(printable_lines(note), file=sys.stderr, flush=True)
