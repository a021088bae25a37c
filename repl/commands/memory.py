"""``%memory``."""

from __future__ import annotations

from pathlib import Path

from repl.commands.context import Shell
from repl.commands.memory_picture.model import take_picture
from repl.commands.whole_files import write_whole
from repl.errors import ShellError
from repl.input.command_syntax import Arguments
from runtime.kernel_calls.limits import reason
from runtime.objects.input_files import expanded_path


def run_memory(shell: Shell, arguments: Arguments) -> str:
    """``%memory``."""
    argument = arguments.text
    picture = take_picture(shell)
    if not argument:
        from repl.commands.memory_picture.text import draw_text

        return draw_text(picture, shell.width, shell.colour)
    from repl.commands.memory_picture.svg import draw_svg

    path = Path(expanded_path(argument))
    if path.suffix.lower() != ".svg":
        raise ShellError(f"%memory: {argument} does not end in .svg, which is what it can draw")
    try:
        write_whole(path, draw_svg(picture), replaces=True)
    except (OSError, ValueError) as error:  # ValueError: a NUL byte
        raise ShellError(f"%memory: cannot write {argument}: {reason(error)}") from None
    return f"{argument} is written"
