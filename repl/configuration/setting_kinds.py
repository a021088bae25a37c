"""What values a setting may have: each kind checks what a file gave."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from repl.clang.options.gathering import gather
from repl.clang.options.reading import WrongOption, read_options
from repl.clang.sanitizers import NAMES, wrong_names
from repl.configuration.memory_size import parse_memory_limit

LONGEST_TIMEOUT = 1e6  # s; poll(2) takes little more
_MACRO = r"[A-Za-z_]\w*(\([\w\s,.]*\))?(=.*)?"

Value = bool | int | float | str | tuple[str, ...]


class Kind:
    """``allowed`` describes the values, for messages and for ``--print-config``."""

    allowed = ""

    def read(self, value: object, folder: Path) -> Value:
        """The value as it is used. ``folder``: where relative paths begin.

        Raises ValueError with a message that goes after the setting's name.
        """
        raise NotImplementedError

    def _wrong(self, value: object) -> ValueError:
        return ValueError(f"is {_shown(value)}, but must be {self.allowed}")


class Switch(Kind):
    """True or false."""

    allowed = "true or false"

    def read(self, value: object, folder: Path) -> bool:
        """See ``Kind``."""
        if not isinstance(value, bool):
            raise self._wrong(value)
        return value


class Choice(Kind):
    """One of several words."""

    def __init__(self, *words: str) -> None:
        self.words = words
        self.allowed = _alternatives([f'"{word}"' for word in words])

    def read(self, value: object, folder: Path) -> str:
        """See ``Kind``."""
        if not isinstance(value, str) or value not in self.words:
            raise self._wrong(value)
        return value


class Number(Kind):
    """A whole number in a range."""

    def __init__(self, least: int, most: int) -> None:
        self._least, self._most = least, most
        self.allowed = f"a number from {least} to {most}"

    def read(self, value: object, folder: Path) -> int:
        """See ``Kind``."""
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._wrong(value)
        if not self._least <= value <= self._most:
            raise self._wrong(value)
        return value


class Seconds(Kind):
    """A time limit."""

    allowed = "a number of seconds, or 0 for no limit"

    def read(self, value: object, folder: Path) -> float:
        """See ``Kind``."""
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self._wrong(value)
        if not 0 <= value < LONGEST_TIMEOUT:  # also false for nan
            raise self._wrong(value)
        return value


class MemorySize(Kind):
    """As of ``--memory-limit``."""

    allowed = 'a size such as "512M" or "4G", a share of the machine\'s memory such as "25%", '
    allowed += 'or "none"'

    def read(self, value: object, folder: Path) -> str:
        """See ``Kind``."""
        if not isinstance(value, str):
            raise self._wrong(value)
        try:
            parse_memory_limit(value)
        except ValueError as error:
            raise ValueError(f"cannot be used: {error}") from error
        return value


class SanitizerNames(Kind):
    """As of ``--sanitize``."""

    allowed = f'"" or a list with commas of {", ".join(NAMES)}'

    def read(self, value: object, folder: Path) -> str:
        """See ``Kind``."""
        if not isinstance(value, str):
            raise self._wrong(value)
        problem = wrong_names(value) if value else ""
        if problem:
            raise ValueError(f"cannot be used: {problem}")
        return value


class Text(Kind):
    """Any text on one line; ``allowed`` says what it is."""

    def __init__(self, allowed: str) -> None:
        self.allowed = allowed

    def read(self, value: object, folder: Path) -> str:
        """See ``Kind``."""
        if not isinstance(value, str) or not _is_plain(value):
            raise self._wrong(value)
        return value


class FilePath(Kind):
    """A file; empty for the usual one."""

    allowed = "a path (relative to the configuration file, ~ is the home folder)"

    def read(self, value: object, folder: Path) -> str:
        """See ``Kind``."""
        if not isinstance(value, str) or not _is_plain(value):
            raise self._wrong(value)
        return _absolute(value, folder) if value else ""


class Texts(Kind):
    """A list of texts. ``what``: what each of them is."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.allowed = f"a list of {what}"

    def read(self, value: object, folder: Path) -> tuple[str, ...]:
        """See ``Kind``."""
        if not isinstance(value, list):
            raise self._wrong(value)
        return tuple(self._read_one(each, folder) for each in value)

    def _read_one(self, value: object, folder: Path) -> str:
        if not isinstance(value, str) or not value or not _is_plain(value):
            raise ValueError(f"has {_shown(value)} in it, but must be {self.allowed}")
        return value


class Folders(Texts):
    """A list of folders."""

    def __init__(self) -> None:
        super().__init__("paths (relative to the configuration file, ~ is the home folder)")

    def _read_one(self, value: object, folder: Path) -> str:
        return _absolute(super()._read_one(value, folder), folder)


class Libraries(Texts):
    """A list of shared libraries."""

    def __init__(self) -> None:
        super().__init__('names such as "m", or paths (relative to the configuration file)')

    def _read_one(self, value: object, folder: Path) -> str:
        name = super()._read_one(value, folder)
        return _absolute(name, folder) if "/" in name else name


class Macros(Texts):
    """A list of macros, as ``-D`` takes them."""

    def __init__(self) -> None:
        super().__init__('macros such as "NDEBUG" or "LEVEL=2"')

    def _read_one(self, value: object, folder: Path) -> str:
        text = super()._read_one(value, folder)
        if not re.fullmatch(_MACRO, text):
            raise ValueError(f"has {_shown(text)} in it, but must be {self.allowed}")
        return text


class Flags(Texts):
    """A list of Clang's options."""

    def __init__(self) -> None:
        super().__init__('Clang\'s options such as "-Wall"; a value goes into a string of its own')

    def read(self, value: object, folder: Path) -> tuple[str, ...]:
        """See ``Kind``."""
        flags = super().read(value, folder)
        if flags and not flags[0].startswith("-"):
            raise ValueError(f"begins with {_shown(flags[0])}, which is no option")
        try:
            found = gather(read_options(flags))
        except WrongOption as error:
            raise ValueError(f"cannot be used: {error}") from error
        if any(not each.is_library for each in found.inputs):
            raise ValueError(f"has {_shown(found.inputs[0].name)} in it, which is no option")
        return flags


def _absolute(path: str, folder: Path) -> str:
    return os.path.normpath(os.path.join(folder, os.path.expanduser(path)))


def _is_plain(text: str) -> bool:
    """Whether it can be an argument of a program, and be shown."""
    return not any(ord(character) < 32 or ord(character) == 127 for character in text)


def _alternatives(words: Sequence[str]) -> str:
    return ", ".join(words[:-1]) + f" or {words[-1]}"


def _shown(value: object) -> str:
    """A value as the file has it, or nearly."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = value.encode("unicode_escape").decode("ascii") if not _is_plain(value) else value
        return f'"{text[:40]}..."' if len(text) > 40 else f'"{text}"'
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return str(value) if isinstance(value, int | float) else "a date or time"
