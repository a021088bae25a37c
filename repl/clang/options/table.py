"""The table of the driver's options, as the build has got it from Clang.

Read only when there is an option on a command line: that takes a millisecond.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import msgspec
from msgspec import Raw, Struct

from repl import native_programs
from repl.errors import SetupError

Kind = Literal[
    "flag",  # -w
    "joined",  # -std=c++20
    "separate",  # -Xclang FLAG
    "joined_or_separate",  # -Ifolder, -I folder
    "joined_and_separate",  # -Xarch_host FLAG
    "comma_joined",  # -Wl,-z,now
    "several",  # -segaddr NAME ADDRESS
    "remaining",  # all that follows
]


class KnownOption(Struct, frozen=True, array_like=True):
    """A row of the table. ``count``: of the words that follow one of the kind ``several``.
    ``meaning``: the name of the option that it is another name of, or its own; ``implied``: the
    values that it then stands for. ``groups``: of what it means, the innermost first."""

    kind: Kind
    count: int
    meaning: str
    implied: tuple[str, ...]
    groups: tuple[str, ...]
    is_unsupported: bool

    def following(self, rest: str) -> int:
        """How many of the next words are values. ``rest``: what follows the name in its own."""
        if self.kind == "several":
            return self.count
        if self.kind == "joined_or_separate":
            return 0 if rest else 1
        return 1 if self.kind in ("separate", "joined_and_separate") else 0

    def accepts(self, rest: str) -> bool:
        """Whether a word with this option's name may go on so."""
        if self.kind in ("flag", "separate", "several", "remaining"):
            return not rest
        return bool(rest) or self.kind != "joined_and_separate"


class OptionTable(Struct, frozen=True):
    """Finds options as ``llvm::opt::OptTable`` does: of those whose names a word begins with,
    the one with the longest name.

    ``options``: rows as JSON, by name: of thousands only a few are asked for. ``internal``:
    names of options of Clang's compiler proper, which ``-Xclang`` passes on.
    ``library_folders``: where LLVM's libraries may be, as far as the system has them.
    """

    options: dict[str, Raw]
    internal: Raw
    library_folders: tuple[str, ...]

    def find(self, word: str) -> tuple[KnownOption, str] | None:
        """The option that a word is, and its name there; None if Clang does not know it."""
        for length in range(len(word), 1, -1):
            name, rest = word[:length], word[length:]
            for option in self.named(name):
                if option.accepts(rest):
                    return option, name
        return None

    def named(self, name: str) -> list[KnownOption]:
        """The options of a name: none, one, or one with a value and one without."""
        rows = self.options.get(name)
        return [] if rows is None else msgspec.json.decode(rows, type=list[KnownOption])

    def is_internal(self, word: str) -> bool:
        """Whether it is an option of the compiler proper."""
        names = msgspec.json.decode(self.internal, type=list[str])
        return any(word.startswith(each) if each[-1] == "=" else word == each for each in names)


@cache
def option_table() -> OptionTable:
    """The table of the Clang that is used. Raises SetupError."""
    path = native_programs.option_table()
    try:
        return msgspec.json.decode(path.read_bytes(), type=OptionTable)
    except (OSError, msgspec.DecodeError) as error:
        raise SetupError(f"{path} cannot be read: {error}; run 'make setup' again") from error
