"""How a line with a command is taken apart and carried out, and ``%help``."""

from __future__ import annotations

from repl.commands.catalogue import BY_ALIAS, COMMAND_LINES, COMMANDS
from repl.commands.command import Command
from repl.commands.context import Shell
from repl.commands.foreign_commands import ADVICE
from repl.errors import ShellError, did_you_mean, telling_unexpected
from repl.input.command_syntax import Arguments, WrongUsage


def run_command(shell: Shell, line: str) -> str:
    """Carry out a command; the result is text to print, perhaps empty.

    Raises ShellError for what cannot be done, Quit when the session should end.
    """
    name, given = COMMAND_LINES.take_apart(line)
    command = COMMANDS.get(name) or BY_ALIAS.get(name)
    if name in ADVICE:
        raise ShellError(f"{name} is cling's: {ADVICE[name]}")
    if command is None:
        raise ShellError(f"unknown command {name}{_near(name)} (%help lists the commands)")
    with telling_unexpected(command.name):
        try:
            return command.implementation()(shell, command.parse(given))
        except WrongUsage as error:
            raise ShellError(f"{command.name} {error}; usage: {command.usage}") from None


def _near(name: str) -> str:
    return did_you_mean(name, [*COMMANDS, *BY_ALIAS])


def run_help(shell: Shell, arguments: Arguments) -> str:
    """``%help``."""
    argument = arguments.text
    if argument:
        wanted = argument if argument[0] in "%!?." else "%" + argument
        command = COMMANDS.get(wanted) or BY_ALIAS.get(wanted)
        if command is None:
            raise ShellError(
                f"no help for {argument}: there is no such command{_near(wanted)} "
                "(%help lists the commands)"
            )
        return command.help(shell.width)
    return "\n".join(
        [
            "Type C or C++. An expression without ';' shows its value: _ is the last one,",
            "Out[3] (or _3) what In[3] has shown. A // comment may follow a command.",
            *(line for command in COMMANDS.values() for line in _in_list(command, shell.width)),
            "%help NAME says more. cling's .q .? .L .x .I .O .undo are understood as well.",
        ]
    )


_USAGE_WIDTH = 24  # columns; a longer usage has a line of its own
_LEAST_SUMMARY = 30


def _in_list(command: Command, width: int) -> list[str]:
    """The usage and, beside it, the summary, in as many lines as it takes."""
    import textwrap  # only help needs it

    room = max(width - _USAGE_WIDTH - 4, _LEAST_SUMMARY)
    rows = textwrap.wrap(command.summary, room)
    usages = [command.usage]
    if len(command.usage) > _USAGE_WIDTH:
        rows.insert(0, "")
    usages += [""] * (len(rows) - 1)
    return [
        f"  {usage:{_USAGE_WIDTH}}  {row}".rstrip() for usage, row in zip(usages, rows, strict=True)
    ]
