"""The configuration file: found, checked, read.

A session with a prompt reads it, a script does not: what a script means must not depend
on whose machine it runs on. ``--config=PATH`` names a file for both.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from repl.configuration.setting_kinds import Value
from repl.configuration.settings import Setting, Settings, all_settings
from repl.configuration.user_folders import config_folder
from repl.errors import did_you_mean
from runtime.errors import RuntimeFailure, printable, told
from runtime.objects.input_files import read_input_file

_LARGEST = 1 << 20  # bytes
_LONGEST_PROBLEM = 1000  # characters
_MOST_PROBLEMS = 10  # that are told
_MOST_CANDIDATES = 10  # lines that may be those of a key
_PLACE = r" \(at (?:line (\d+), column (\d+)|end of document)\)$"
_ELSEWHERE = {  # what users of other tools type, and what it is here
    "colour": "color",
    "optimization": "optimisation",
    "includes": "include",
    "defines": "define",
    "vi_mode": "editing_mode",
    "editor": "external_editor",
    "standard": "std",
}


class LoadedSettings(Struct, frozen=True):
    """``path``: the file that was looked for, None for none; ``exists``: whether it is
    there; ``problems``: what is wrong with it, a message each."""

    settings: Settings
    path: Path | None = None
    exists: bool = False
    problems: tuple[str, ...] = ()


def usual_config_file() -> Path | None:
    """``$XDG_CONFIG_HOME/forkrepl/config.toml``."""
    folder = config_folder()
    return folder / "config.toml" if folder is not None else None


def load_settings(choice: str | None) -> LoadedSettings:
    """The settings in force. ``choice``: a path, ``no`` for the defaults, None for the
    usual file, which need not exist.

    Never raises: what is wrong keeps its default, and is told in ``problems``.
    """
    path = usual_config_file() if choice is None else Path(choice)
    if choice == "no" or path is None:
        return LoadedSettings(Settings())
    if choice is None and not _is_there(path):
        return LoadedSettings(Settings(), path)
    try:
        # A file that was not named must be the user's own: its flags decide what runs.
        contents = read_input_file(path, _LARGEST + 1, only_own=choice is None)
    except RuntimeFailure as error:
        return LoadedSettings(Settings(), path, True, (f"{error}; the defaults are in force",))
    reader = _Reader(path)
    settings = reader.read(contents)
    return LoadedSettings(settings, path, True, tuple(reader.problems()))


def without_missing_libraries(loaded: LoadedSettings, folders: Sequence[str]) -> LoadedSettings:
    """What is not there is told now: an input that fails for it would tell much later.
    ``folders``: where else to look."""
    if not loaded.settings.libraries:
        return loaded
    from runtime.objects.libraries import find_library  # seldom needed

    found, problems = [], list(loaded.problems)
    for name in loaded.settings.libraries:
        try:
            find_library(name, folders)
            found.append(name)
        except RuntimeFailure as error:
            problems.append(f"{printable(str(loaded.path))}: error: libraries: {error}")
    settings = replace(loaded.settings, libraries=tuple(found))
    return replace(loaded, settings=settings, problems=tuple(problems))


def _is_there(path: Path) -> bool:
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return os.path.islink(path)  # one that leads nowhere was meant to lead somewhere
    except OSError:
        return True  # and reading it will tell why not
    return True


class _Reader:
    """Reads one file, and collects what is wrong with it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._name = printable(str(path))
        self._text = ""
        self._problems: list[tuple[int, str]] = []
        self._untold = 0

    def problems(self) -> list[str]:
        """Messages, in the order of the file's lines."""
        ordered = sorted(self._problems, key=lambda each: each[0])
        found = [told(message, _LONGEST_PROBLEM) for _, message in ordered]
        return found + [f"{self._name}: {self._untold} more errors"] * (self._untold > 0)

    def read(self, contents: bytes) -> Settings:
        """The settings; those that the file does not have, or has wrong, by default."""
        values = self._parse(contents)
        table = {setting.name: setting for setting in all_settings()}
        folder = Path(os.path.abspath(self._path)).parent
        good: dict[str, Any] = {}
        for name, value in values.items():
            setting = table.get(name)
            try:
                if setting is None:
                    raise ValueError(f"unknown setting {_key(name)}{_hint(name, table)}")
                good[name] = _check(setting, value, folder)
            except ValueError as error:
                self._tell_of(name, str(error))
        return replace(Settings(), **good)

    def _parse(self, contents: bytes) -> dict[str, Any]:
        import tomllib  # only if there is a file

        if len(contents) > _LARGEST:
            self._tell(0, f"more than {_LARGEST >> 20} MiB; the defaults are in force")
            return {}
        try:
            # Byte order marks are what editors of other systems begin files with.
            self._text = contents.decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n")
            return tomllib.loads(self._text)
        except UnicodeDecodeError as error:
            line = contents.count(b"\n", 0, error.start) + 1
            column = error.start - (contents.rfind(b"\n", 0, error.start) + 1) + 1
            self._tell(line, "not UTF-8; the defaults are in force", column)
        except tomllib.TOMLDecodeError as error:
            self._tell_syntax_error(str(error))
        except RecursionError:
            self._tell(0, "brackets are nested too deep; the defaults are in force")
        except ValueError as error:  # a number of thousands of digits, for one
            self._tell(0, f"{printable(str(error))}; the defaults are in force")
        return {}

    def _tell_syntax_error(self, message: str) -> None:
        place = re.search(_PLACE, message)
        message = printable(re.sub(_PLACE, "", message))
        message = message[:1].lower() + message[1:] + "; the defaults are in force"
        if place is None or place[1] is None:
            self._tell(self._text.count("\n") + 1 if place else 0, message)
        else:
            self._tell(int(place[1]), message, int(place[2]))

    def _tell_of(self, name: str, message: str) -> None:
        if len(self._problems) == _MOST_PROBLEMS:  # each takes time to find
            self._untold += 1
        else:
            self._tell(self._line_of(name), message)

    def _line_of(self, name: str) -> int:
        """Where a top-level key is; 0 if that cannot be found out.

        tomllib does not say. It is the first line that begins with the key and is not inside
        a text of several lines: what comes before it is complete.
        """
        import tomllib

        begin = re.compile(rf"[ \t]*\[{{0,2}}[ \t]*([\"']?){re.escape(name)}\1[ \t]*[=.\]]")
        lines = self._text.split("\n")
        candidates = [number for number, line in enumerate(lines, 1) if begin.match(line)]
        for number in candidates[:_MOST_CANDIDATES]:
            try:
                tomllib.loads("\n".join(lines[: number - 1]))
            except tomllib.TOMLDecodeError:
                continue
            return number
        return 0

    def _tell(self, line: int, message: str, column: int = 0) -> None:
        numbers = (f":{line}" if line else "") + (f":{column}" if column else "")
        self._problems.append((line, f"{self._name}{numbers}: error: {message}"))


def _check(setting: Setting, value: object, folder: Path) -> Value:
    try:
        return setting.kind.read(value, folder)
    except ValueError as error:
        raise ValueError(f"{setting.name} {error}") from error


def _key(name: str) -> str:
    return f"'{printable(name[:40])}'"


def _hint(name: str, known: dict[str, Setting]) -> str:
    plain = name.lower().replace("-", "_")[:60]
    if plain in _ELSEWHERE:
        return f"; did you mean {_ELSEWHERE[plain]}?"
    return did_you_mean(plain, known) or " (forkrepl --print-config shows all)"
