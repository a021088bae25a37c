"""Words of a command line, as Clang's driver takes them: options with their values, operands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from repl.clang.options.table import option_table
from repl.errors import ShellError, did_you_mean


class WrongOption(ShellError):
    """An option that Clang does not know, that lacks a value, or that has no place here."""


class Option(Struct, frozen=True):
    """An option with its values. ``name``: of what it means, without values; ``typed``: the
    name that it was given by; ``words``: all of it, as it was typed. ``groups``: Clang's, the
    innermost first."""

    name: str
    typed: str
    values: tuple[str, ...]
    words: tuple[str, ...]
    groups: tuple[str, ...]
    is_unsupported: bool = False

    @property
    def value(self) -> str:
        """The last value, or nothing."""
        return self.values[-1] if self.values else ""


def is_option(word: str) -> bool:
    """Whether a word is an option, and no operand."""
    return word.startswith("-") and word not in ("-", "--")


def take_option(word: str, following: Iterator[str]) -> Option | None:
    """The option that ``word`` begins; takes its values from ``following``. None if Clang
    does not know it. Raises WrongOption if a value is missing."""
    found = option_table().find(word)
    if found is None:
        return None
    known, name = found
    rest = word[len(name) :]
    more: list[str] = []
    for _ in range(known.following(rest)):
        value = next(following, None)
        if value is None:
            raise WrongOption(f"argument {name}: expected {_number(known.following(rest))}")
        more.append(value)
    own = rest.split(",") if known.kind == "comma_joined" else [rest] if rest else []
    return Option(
        name=known.meaning,
        typed=name,
        values=(*known.implied, *own, *more),
        words=(word, *more),
        groups=known.groups,
        is_unsupported=known.is_unsupported,
    )


def read_options(words: Iterable[str]) -> Iterator[Option | str]:
    """Options with their values, and operands as they are.

    Raises WrongOption for what Clang does not know, or if a value is missing.
    """
    remaining = iter(words)
    for word in remaining:
        option = take_option(word, remaining) if is_option(word) else word
        if option is None:
            raise WrongOption(f"unrecognized arguments: {word}{hint_for(word)}")
        yield option


def hint_for(word: str, names: Iterable[str] = ()) -> str:
    """What was perhaps meant by an option that nobody knows. ``names``: of options of ours."""
    table = option_table()
    if hint := did_you_mean(word.partition("=")[0], names, likeness=0.7):
        return hint
    if table.is_internal(word):
        return f"; to Clang's compiler proper it goes as -Xclang {word}"
    name, equals, _ = word.partition("=")  # which belongs to the name: -stdlib=
    return did_you_mean(name + equals, table.options, likeness=0.8)


def _number(count: int) -> str:
    return "one argument" if count == 1 else f"{count} arguments"
