"""All settings of an interactive session, with their defaults: one table.

A field of ``Settings`` is a key of the configuration file (``settings_file`` reads it,
``settings_text`` writes it). What the command line says is not in here: it wins, in
``session_setup``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from msgspec import Struct

from repl.configuration.setting_kinds import (
    Choice,
    FilePath,
    Flags,
    Folders,
    Kind,
    Libraries,
    Macros,
    MemorySize,
    Number,
    SanitizerNames,
    Seconds,
    Switch,
    Text,
    Value,
)

_descriptions: list[tuple[Kind, str]] = []  # of the fields of Settings, in their order


def _setting(default: Value, kind: Kind, summary: str) -> Any:
    _descriptions.append((kind, summary))
    return default


class Settings(Struct, frozen=True):
    """The values in force. Paths are absolute; an empty ``std``, ``history_file`` or
    ``external_editor`` means the usual one."""

    std: str = _setting(
        "",
        Text('a language standard such as "c++20", or "" for the newest'),
        "The standard of C++ sessions, as -std= has it.",
    )
    c_std: str = _setting(
        "",
        Text('a language standard such as "c17", or "" for the newest'),
        "The standard of C sessions.",
    )
    include: tuple[str, ...] = _setting((), Folders(), "Folders with headers, as -I.")
    define: tuple[str, ...] = _setting((), Macros(), "Macros, as -D.")
    flags: tuple[str, ...] = _setting((), Flags(), "Other options for Clang.")
    sanitize: str = _setting(
        "", SanitizerNames(), "Find mistakes that do not crash, as --sanitize does."
    )
    libraries: tuple[str, ...] = _setting((), Libraries(), "Shared libraries to load, as -l.")
    optimisation: int = _setting(0, Number(0, 3), "The level of optimisation, as -O.")
    redefine: bool = _setting(
        True, Switch(), "Whether an input may declare again what an earlier one did."
    )
    library_assertions: bool = _setting(
        True, Switch(), "Have the C++ library check indices and the like at the prompt."
    )
    parse_timeout: float = _setting(60, Seconds(), "What Clang may take for an input.")
    memory_limit: str = _setting("50%", MemorySize(), "How much memory your program may allocate.")
    color: str = _setting(
        "auto", Choice("auto", "yes", "no"), "Colours; auto asks the terminal and NO_COLOR."
    )
    theme: str = _setting(
        "auto", Choice("auto", "light", "dark", "none"), "The terminal's background."
    )
    editing_mode: str = _setting("emacs", Choice("emacs", "vi"), "The keys of the prompt.")
    complete_while_typing: bool = _setting(
        False, Switch(), "Show completions without being asked by Tab."
    )
    signature_help: bool = _setting(
        True, Switch(), "Show the parameters of the function that is being called."
    )
    suggestions: bool = _setting(True, Switch(), "Show how an earlier input went on.")
    mouse: bool = _setting(False, Switch(), "The mouse moves the cursor in an input.")
    indent: int = _setting(4, Number(1, 16), "Columns of a level of indentation.")
    external_editor: str = _setting(
        "",
        Text('a command such as "vim", or "" for $VISUAL or $EDITOR'),
        "The program that edits an input outside of the shell.",
    )
    history_file: str = _setting(
        "", FilePath(), 'Where the history is kept; "" is $XDG_STATE_HOME/forkrepl/history.'
    )
    history: str = _setting(
        "global",
        Choice("global", "project", "none"),
        "Whether all folders share a history, each project has its own, or none is kept.",
    )
    keep_crashes: bool = _setting(
        True, Switch(), "Keep the process that crashed for %debug, until the next input runs."
    )
    banner: bool = _setting(True, Switch(), "Greet at the start.")
    cache: bool = _setting(
        True, Switch(), "Keep compiled headers in $XDG_CACHE_HOME/forkrepl between sessions."
    )
    most_elements: int = _setting(
        100, Number(1, 1_000_000), "Elements of a value that are shown before it is cut."
    )
    most_characters: int = _setting(
        1000, Number(10, 10_000_000), "Characters of a value that are shown before it is cut."
    )


class Setting(NamedTuple):
    """A row of the table."""

    name: str
    default: Value
    kind: Kind
    summary: str


def all_settings() -> Iterator[Setting]:
    """The table, in its order."""
    defaults = Settings()
    for name, (kind, summary) in zip(Settings.__struct_fields__, _descriptions, strict=True):
        yield Setting(name, getattr(defaults, name), kind, summary)
