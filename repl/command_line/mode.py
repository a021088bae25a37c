"""How the shell goes about what a command line asks for: decided once, from that and from
whether somebody types."""

from __future__ import annotations

import sys

from msgspec import Struct

from repl.command_line.arguments import CommandLine


class Mode(Struct, frozen=True):
    """``is_terminal``: standard input is one. ``has_script``: there are inputs from
    elsewhere than a prompt. ``has_prompt``: there is one, perhaps after a script.
    ``reads_standard_input``: the inputs come from there, with or without a prompt.
    ``is_dialogue``: inputs are tried out, typed or piped, so one that fails is not the
    end."""

    is_terminal: bool
    has_script: bool
    has_prompt: bool
    reads_standard_input: bool
    is_dialogue: bool

    @staticmethod
    def of(line: CommandLine) -> Mode:
        """What the command line means here and now."""
        is_terminal = sys.stdin.isatty()
        reads_standard_input = line.code is None and line.file in (None, "-")
        has_script = not (is_terminal and line.code is None and line.file is None)
        return Mode(
            is_terminal=is_terminal,
            has_script=has_script,
            has_prompt=line.interactive or not has_script,
            reads_standard_input=reads_standard_input,
            is_dialogue=line.interactive or reads_standard_input,
        )
