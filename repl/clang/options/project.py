"""The options of a project: for one of its files, or what its files have in common."""

from __future__ import annotations

import os
from collections.abc import Sequence

from msgspec import Struct

from repl.clang.options.compilation_database import (
    CompileCommand,
    find_database,
    read_database,
)
from repl.clang.options.reading import Option
from repl.errors import ShellError
from runtime.errors import printable

# A file of a project may need any folder in which another one finds its headers.
_HEADER_FOLDERS = ("-I", "-isystem", "-iquote", "-idirafter")
_MOST_NEAR = 3  # names that are told
_LIKENESS = 0.5


class ProjectOptions(Struct, frozen=True):
    """``options``: as from the command line; ``dropped``: words that Clang does not know."""

    options: tuple[Option, ...]
    dropped: tuple[str, ...]


def options_of_project(
    place: str, wanted_file: str | None, perhaps_file: str | None, *, is_c: bool
) -> ProjectOptions:
    """What a compilation database says.

    ``wanted_file``: which of its files is meant; ``perhaps_file``: the same if it is one of
    them. Otherwise all of the language count. Raises ShellError if there is no such file, or
    no database in ``place`` and above it.
    """
    path = find_database(place)
    commands = read_database(path)
    chosen: Sequence[CompileCommand] = _commands_of(commands, wanted_file or perhaps_file)
    if not chosen and wanted_file is not None:
        raise ShellError(
            f"{printable(str(path))} has no command for {_near(wanted_file, commands)}"
        )
    chosen = chosen or _of_language(commands, is_c)
    dropped = dict.fromkeys(word for command in chosen for word in command.dropped)
    folders = dict.fromkeys(os.path.dirname(each.file) for each in chosen if each.file)
    options = (
        *_in_common(chosen),
        *(_made("-iquote", folder) for folder in folders),
        _made("-Wno-unknown-warning-option"),  # other compilers' names
    )
    return ProjectOptions(options, tuple(dropped))


def _commands_of(commands: Sequence[CompileCommand], file: str | None) -> list[CompileCommand]:
    if file is None:
        return []
    path, resolved = os.path.abspath(file), os.path.realpath(file)
    return [
        each
        for each in commands
        if each.file in ("", path, resolved) or os.path.realpath(each.file) == resolved
    ][:1]


def _of_language(commands: Sequence[CompileCommand], is_c: bool) -> Sequence[CompileCommand]:
    """Those of the session's language; of the other one, if there are only such, without
    their standard."""
    same = [each for each in commands if not each.file or each.file.endswith(".c") == is_c]
    if same:
        return same
    return [
        CompileCommand(each.file, tuple(o for o in each.options if o.name != "-std="), each.dropped)
        for each in commands
    ]


def _in_common(commands: Sequence[CompileCommand]) -> list[Option]:
    """The options of all, in the order of the first; and the folders for headers of any."""
    shared = {option.words for option in commands[0].options}
    for command in commands[1:]:
        shared &= {option.words for option in command.options}
    found: dict[tuple[str, ...], Option] = {}
    for command in commands:
        for option in command.options:
            if option.words in shared or option.name in _HEADER_FOLDERS:
                found.setdefault(option.words, option)
    return list(found.values())


def _near(file: str, commands: Sequence[CompileCommand]) -> str:
    import difflib  # only for this

    names = {os.path.relpath(each.file): each.file for each in commands}
    same = [name for name in names if os.path.basename(name) == os.path.basename(file)]
    near = difflib.get_close_matches(file, names, n=_MOST_NEAR, cutoff=_LIKENESS)
    told = list(dict.fromkeys([*same, *near, *names]))[:_MOST_NEAR]
    more = f" and {len(names) - len(told)} others" if len(names) > len(told) else ""
    return f"{printable(file)}; it has {', '.join(map(printable, told))}{more}"


def _made(*words: str) -> Option:
    return Option(words[0], words[0], words[1:], words, ())
