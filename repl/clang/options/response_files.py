"""``@FILE`` on a command line: the words of a file, as LLVM reads it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from repl.clang.options.reading import WrongOption
from runtime.errors import RuntimeFailure, printable
from runtime.objects.input_files import read_input_file

_QUOTES = "'\""
_SPECIAL = _QUOTES + "\\"


def split_words(text: str) -> list[str]:
    """As LLVM's ``TokenizeGNUCommandLine``: a backslash takes the next character as it is, in
    both kinds of quotes, too."""
    if not any(character in text for character in _SPECIAL):
        return text.split()
    words: list[str] = []
    word = ""
    has_word = False  # it may be empty: ''
    quote = ""
    characters = iter(text)
    for character in characters:
        if character == "\\":
            character, has_word = next(characters, "\\"), True
        elif quote and character == quote:
            quote = ""
            continue
        elif not quote and character in _QUOTES:
            quote, has_word = character, True
            continue
        elif not quote and character.isspace():
            if has_word:
                words.append(word)
            word, has_word = "", False
            continue
        word += character
        has_word = True
    return [*words, word] if has_word else words


class Words(Iterator[str]):
    """The words of a command line, one after another. ``folder``: where relative names of
    response files begin, if not in the current one."""

    def __init__(self, words: Iterable[str], folder: str = "") -> None:
        self._words = list(reversed(list(words)))
        self._folder = folder
        # For each open file, how many words are left after its own.
        self._open: list[tuple[str, int]] = []

    def __next__(self) -> str:
        """The next word as it is."""
        if not self._words:
            raise StopIteration
        return self._words.pop()

    def expand(self, word: str) -> bool:
        """Go on with the words of a file, if ``word`` is ``@`` and its name, and there is one.

        Clang, too, leaves other words as they are. Raises WrongOption if a file names itself,
        or cannot be read.
        """
        path = os.path.join(self._folder, word[1:])
        if not word.startswith("@") or not os.path.exists(path):
            return False
        self._open_file(word, path)
        return True

    def expanded(self) -> Iterator[str]:
        """The words from here on, with those of files in their places. Raises WrongOption."""
        for word in self:
            if not self.expand(word):
                yield word

    def _open_file(self, word: str, path: str) -> None:
        path = os.path.realpath(path)
        self._open = [each for each in self._open if each[1] <= len(self._words)]
        if any(path == name for name, _ in self._open):
            raise WrongOption(f"{printable(word)}: the file names itself")
        try:
            contents = read_input_file(Path(path))
        except RuntimeFailure as error:
            raise WrongOption(f"{printable(word)}: {error}") from error
        text = contents.decode("utf-8-sig", "surrogateescape")
        self._open.append((path, len(self._words)))
        self._words += reversed(split_words(text))
