"""A source file as one input, if it is a translation unit and no list of inputs."""

from __future__ import annotations

from msgspec.structs import replace

from repl.commands.catalogue import COMMAND_LINES
from repl.commands.context import Shell
from repl.configuration.session_options import SessionOptions
from repl.errors import CompileError
from repl.input.source import Source
from repl.program.linker_import import import_linker
from repl.session.program_file import compile_program


def evaluate_as_whole(shell: Shell, text: str, rest: Source) -> bool:
    """Run the rest of a file, whose text this is, as one input; False if it is a list of
    inputs, or Clang takes a declaration in it for a statement.

    Then nothing has happened. Raises what ``Shell.run_input`` raises, also for a program with
    errors.
    """
    try:
        shell.run_input(shell, replace(rest, is_whole=True), ())
    except CompileError as error:
        is_wrong = bool(str(error))  # and does not only have statements
        options = shell.session.options
        if is_wrong and _is_program(text, rest.name, options):
            raise
        shell.log[-1].ran.pop()
        return False
    return True


def _is_program(text: str, name: str, options: SessionOptions) -> bool:
    has_commands = COMMAND_LINES.are_in
    program = compile_program(
        text, name, options, has_commands=has_commands, meanwhile=import_linker
    )
    return program is not None
