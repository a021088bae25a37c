"""From what the command line and the configuration say to how a session runs.

The command line wins over the configuration, and that over the defaults.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from repl.clang.flags import NEWEST_STANDARDS, is_c, standard_of
from repl.clang.options.gathering import gather
from repl.clang.options.reading import read_options
from repl.command_line.arguments import CommandLine
from repl.command_line.mode import Mode
from repl.configuration.memory_size import parse_memory_limit
from repl.configuration.session_options import SessionOptions, with_sanitizers
from repl.configuration.settings import Settings
from repl.configuration.user_folders import state_folder
from repl.display.limits import Limits

if TYPE_CHECKING:
    from repl.editor.options import PromptOptions, ThemeChoice

T = TypeVar("T")


def greeting_of(line: CommandLine, settings: Settings, options: SessionOptions) -> str:
    """The banner; empty if there is to be none, nor notes such as that."""
    if line.quiet or not settings.banner:
        return ""
    language = "C" if is_c(options.compiler_flags) else "C++"
    standard = standard_of(options.compiler_flags)
    named = f"{language} ({standard})" if standard else language  # or it was left to Clang
    return f"forkrepl: type {named}, %help for help, Ctrl-D to leave"


def session_options(
    line: CommandLine, settings: Settings, mode: Mode, colour: bool
) -> SessionOptions:
    """How inputs are compiled and run, by the command line and the configuration."""
    program = line.file if line.file is not None else "forkrepl"
    configured = gather(read_options(configured_flags(settings, line.language_name)))
    options = SessionOptions(
        # Of two contradicting flags Clang takes the last.
        compiler_flags=_language_flags(line) + configured.flags + line.compiler_flags,
        optimisation=_first(
            line.optimisation, _first(configured.optimisation, settings.optimisation)
        ),
        libraries=[*settings.libraries, *configured.to_load, *line.libraries],
        library_folders=[*line.library_folders, *configured.folders],
        colour=colour,
        arguments=[program, *line.arguments],
        private_input=mode.is_dialogue and not mode.is_terminal,
        listener=line.listener,
        perf=line.perf,
        recover=mode.is_dialogue,
        interactive=mode.has_prompt,
        most_frames=8 if mode.is_dialogue else 4,
        redefinition=_redefinition(line, settings, mode),
        parse_timeout=_first(line.parse_timeout, settings.parse_timeout),
        cache=line.cache and settings.cache,
        memory_limit=_memory_limit(line, settings),
        limits=Limits.chosen(settings.most_elements, settings.most_characters),
        return_ends_script=not mode.has_prompt,
        library_assertions=settings.library_assertions and mode.has_prompt,
        keeps_crashes=settings.keep_crashes and mode.has_prompt and mode.is_terminal,
    )
    return with_sanitizers(options)


def prompt_options(line: CommandLine, settings: Settings) -> PromptOptions:
    """What the user has chosen for the prompt."""
    from repl.editor.options import PromptOptions  # only for a prompt

    return PromptOptions(
        vi_mode=settings.editing_mode == "vi",
        theme=cast("ThemeChoice", settings.theme),  # its kind has seen to that
        complete_while_typing=settings.complete_while_typing,
        signature_help=settings.signature_help,
        suggestions=settings.suggestions,
        history_file=_history_file(line, settings),
        per_project_history=settings.history == "project",
        editor=settings.external_editor or None,
        indent=settings.indent,
        mouse=settings.mouse,
    )


def configured_flags(settings: Settings, language: str) -> list[str]:
    """Clang's options that the configuration adds."""
    standard = settings.c_std if language == "c" else settings.std
    return [
        *([f"-std={standard}"] if standard else []),
        *(f"-I{folder}" for folder in settings.include),
        *(f"-D{macro}" for macro in settings.define),
        *([f"-fsanitize={settings.sanitize}"] if settings.sanitize else []),
        *settings.flags,
    ]


def _redefinition(line: CommandLine, settings: Settings, mode: Mode) -> bool:
    """What is typed or piped is tried out; a script keeps to the rules of its language."""
    if line.redefine is not None:
        return line.redefine
    return settings.redefine and mode.is_dialogue


def _memory_limit(line: CommandLine, settings: Settings) -> int | None:
    if line.listener is not None:  # its own limit counts
        return None
    return parse_memory_limit(_first(line.memory_limit, settings.memory_limit))


def _language_flags(line: CommandLine) -> list[str]:
    """The language, its standard (a project has its own), and where quoted includes are."""
    # #include "..." looks beside the script, as in a compiled file, or here.
    folder = os.path.dirname(line.file) if line.file and line.file != "-" else "."
    language = line.language_name
    standard = [] if line.is_of_project else [f"-std={NEWEST_STANDARDS[language]}"]
    return [f"-x{language}", *standard, "-iquote", folder or "."]


def _history_file(line: CommandLine, settings: Settings) -> Path | None:
    if line.history_file is not None:
        return Path(line.history_file)
    if settings.history == "none":
        return None
    if settings.history_file:
        return Path(settings.history_file)
    folder = state_folder()
    return folder / "history" if folder is not None else None


def _first(given: T | None, otherwise: T) -> T:
    return otherwise if given is None else given
