"""``%save``: the session as a source file."""

from __future__ import annotations

from pathlib import Path

from repl.clang.protocol import FindPieces
from repl.commands.context import Shell
from repl.commands.history import in_range
from repl.commands.source_file import InputText, make_source_file
from repl.commands.whole_files import write_whole
from repl.errors import ShellError
from repl.input.command_syntax import Arguments
from runtime.kernel_calls.limits import reason
from runtime.objects.input_files import expanded_path


def run_save(shell: Shell, arguments: Arguments) -> str:
    """``%save``."""
    path = Path(expanded_path(arguments.text))
    inputs = _inputs(shell)
    if range_ := arguments.operand(1):
        wanted = [source for entry in in_range(shell, range_) for source in entry.ran]
        inputs = [each for each in inputs if each.source in wanted]
    if not inputs:
        raise ShellError("%save: no input is in force")
    text, notes = make_source_file(inputs, is_c=shell.is_c, hints=_hints(shell))
    try:
        write_whole(path, text, replaces="-f" in arguments.options)
    except FileExistsError:
        raise ShellError(f"%save: {path} exists (%save -f {path} replaces it)") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL byte
        raise ShellError(f"%save: cannot write {path}: {reason(error)}") from None
    count = "1 input is" if len(inputs) == 1 else f"{len(inputs)} inputs are"
    return "\n".join([*notes, f"{count} in {path}"])


def _inputs(shell: Shell) -> list[InputText]:
    """The inputs in force, each with where its statements and declarations are."""
    compiler = shell.session.compiler
    pieces = compiler.ask(FindPieces(compiler.length)).inputs
    accepted = compiler.snapshot(len(shell.session.steps)).inputs
    return [
        InputText(index, step.source, each.text, of_input, each.hides)
        for index, (step, of_input, each) in enumerate(
            zip(shell.session.steps, pieces, accepted, strict=True)
        )
    ]


def _hints(shell: Shell) -> list[str]:
    """The flags that a compiler needs for the file."""
    options = shell.session.options
    flags = [f for f in options.all_flags if f.startswith(("-I", "-D", "-U", "-std=", "-f"))]
    libraries = [*options.libraries, *shell.libraries]
    flags += [f"-L{folder}" for folder in options.library_folders]
    return flags + [name if _is_file(name) else f"-l{name}" for name in libraries]


def _is_file(name: str) -> bool:
    return "/" in name or ".so" in name or name.endswith((".a", ".o"))
