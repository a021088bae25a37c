"""What commands take, and how their lines are taken apart by it.

The table of the commands is elsewhere (``repl/commands/catalogue.py``): this is what the
prompt, Tab and the division of scripts into inputs need to know of it.
"""

from __future__ import annotations

import re
from typing import Literal

from msgspec import Struct

Completes = Literal["", "command", "code", "name", "file", "library", "variable"]
"""What Tab completes in a place: names of commands, C++, names that inputs declare, files,
libraries, variables of the environment, or nothing."""


class WrongUsage(Exception):
    """The arguments are not what the command takes. The message goes on after the name of
    the command, as "needs a file"; its usage is added where it is run."""


class Option(Struct, frozen=True):
    """``means``: goes on after its name, as "numbers them". ``value``: what has to follow
    it, as usages name it; "" for an option that is there or not. ``takes_number``: it has to
    be a number, and no blank is needed in front of it."""

    name: str
    means: str
    value: str = ""
    takes_number: bool = False

    @property
    def usage(self) -> str:
        """``[-g TERM]``."""
        return f"[{self.name} {self.value}]" if self.value else f"[{self.name}]"


class Operand(Struct, frozen=True):
    """What a command takes besides options, as usages name it.

    ``needs``: what is missing without it, as "the name of a file"; "" if it may be left out.
    ``is_line``: it is all the rest of the input, as code is, or a name with blanks; other
    operands are words. ``is_repeated``: there may be several.
    """

    name: str
    completes: Completes = ""
    needs: str = ""
    is_line: bool = True
    is_repeated: bool = False

    @property
    def usage(self) -> str:
        """``FILE``, ``[NAME...]``."""
        name = self.name + ("..." if self.is_repeated else "")
        return name if self.needs else f"[{name}]"


class Arguments(Struct, frozen=True):
    """What was given to a command. ``options``: their values by name, "" where they have none."""

    options: dict[str, str]
    operands: list[str]

    @property
    def text(self) -> str:
        """The first operand, which is the only one of most commands; "" without it."""
        return self.operand(0)

    def operand(self, index: int) -> str:
        """ "" if it was left out."""
        return self.operands[index] if index < len(self.operands) else ""

    def number(self, option: str, otherwise: int) -> int:
        """The value of an option that takes a number."""
        return int(self.options.get(option, otherwise))


_WORD = re.compile(r"(\S+)\s*")
_OPTION = re.compile(r"(-[A-Za-z])(\S*)\s*")
_NUMBER = re.compile(r"[0-9]{1,18}")
_SIGNS = ("!", "?")
_VERBATIM = ("!",)
_QUOTED_OR_COMMENT = re.compile(r"""\"(?:[^"\\\n]|\\.)*+\"|'(?:[^'\\\n]|\\.)*+'|\s//""")


class CommandSyntax(Struct, frozen=True, kw_only=True):
    """``name`` begins with ``%``, or is ``!``, ``?`` or cling's. ``summary``: a line."""

    name: str
    summary: str
    options: tuple[Option, ...] = ()
    operands: tuple[Operand, ...] = ()
    aliases: tuple[str, ...] = ()

    @property
    def usage(self) -> str:
        """One line."""
        parts = [each.usage for each in self.options] + [each.usage for each in self.operands]
        blank = " " if parts and self.name not in _SIGNS else ""
        return self.name + blank + " ".join(parts)

    @property
    def takes_code(self) -> bool:
        """Whether C or C++ follows, perhaps over many lines."""
        return any(each.completes == "code" for each in self.operands)

    @property
    def _takes_line(self) -> bool:
        return bool(self.operands) and self.operands[0].is_line

    def parse(self, text: str) -> Arguments:
        """Take apart what follows the name, and no comment. Raises WrongUsage."""
        options: dict[str, str] = {}
        operands: list[str] = []
        at = 0
        while at < len(text) and not self._is_comment(text, at):
            found = self._option_at(text, at)
            if found is not None:
                option, value, at = found
                options[option.name] = value
            elif self._takes_line:
                operands, at = [self._line_at(text, at)], len(text)
            else:
                word, at = _word_at(text, at)
                operands.append(word)
        self._check_number_of(operands)
        return Arguments(options, operands)

    def _is_comment(self, text: str, at: int) -> bool:
        """Whether ``// a comment`` begins at a word. Code has its own; to the system's shell
        it is none; and ``//server/file`` is a file."""
        if self.name in _VERBATIM or self.takes_code or not text.startswith("//", at):
            return False
        is_file = not at and any(each.completes == "file" for each in self.operands)
        return not is_file or not text[at + 2 : at + 3].strip()

    def _line_at(self, text: str, at: int) -> str:
        """The rest, without a comment at its end. Within quotes there are none."""
        if self.name in _VERBATIM or self.takes_code:
            return text[at:]
        for match in _QUOTED_OR_COMMENT.finditer(text, at):
            if match[0].endswith("//"):
                return text[at : match.start()].rstrip()
        return text[at:]

    def code_offset(self, text: str) -> int:
        """Where the code begins in what follows the name: after the options.

        Text that is still being typed may have wrong ones: there it begins.
        """
        at = len(text) - len(text.lstrip())
        try:
            while found := self._option_at(text, at):
                at = found[2]
        except WrongUsage:
            pass
        return at

    def completes_after(self, text: str) -> Completes | Literal["option"]:
        """What Tab completes at the end of what follows the name so far."""
        *words, typed = re.split(r"\s+", text.lstrip())
        after_option = [False, *(self._takes_value(word) for word in words)]
        if after_option[-1]:
            return ""
        if typed and any(each.name.startswith(typed) for each in self.options):
            return "option"
        if self._takes_line:
            return self.operands[0].completes
        place = sum(
            not is_value and self._option(word) is None
            for word, is_value in zip(words, after_option, strict=False)
        )
        if place < len(self.operands):
            return self.operands[place].completes
        is_repeated = bool(self.operands) and self.operands[-1].is_repeated
        return self.operands[-1].completes if is_repeated else ""

    def _takes_value(self, word: str) -> bool:
        option = self._option(word)
        return option is not None and bool(option.value)

    def _option(self, name: str) -> Option | None:
        return next((each for each in self.options if each.name == name), None)

    def _option_at(self, text: str, at: int) -> tuple[Option, str, int] | None:
        """The option that begins there, its value, and where it ends; None for an operand.

        Raises WrongUsage for one that the command does not have, or without its value.
        """
        match = _OPTION.match(text, at) if self.options else None
        if match is None:
            return None
        name, joined, end = match[1], match[2], match.end()
        option = self._option(name)
        value, after_value = (joined, end) if joined else _word_at(text, end)
        is_number = _NUMBER.fullmatch(value) is not None
        if option is None or (joined and not (option.takes_number and is_number)):
            # `-x` may begin an expression; `-x 5` does not.
            if self._takes_line and (joined or not is_number):
                return None
            raise WrongUsage(f"has no option '{name}{joined}'")
        if not option.value:
            return option, "", end
        if not value or (option.takes_number and not is_number):
            what = "a number" if option.takes_number else option.value
            raise WrongUsage(f"needs {what} after {name}")
        return option, value, after_value

    def _check_number_of(self, operands: list[str]) -> None:
        for missing in self.operands[len(operands) :]:
            if missing.needs:
                raise WrongUsage(f"needs {missing.needs}")
        surplus = operands[len(self.operands) :]
        if surplus and not self.operands:
            raise WrongUsage(f"takes no argument, not '{' '.join(surplus)}'")
        if surplus and not self.operands[-1].is_repeated:
            raise WrongUsage(f"takes nothing after {self.operands[-1].name}, not '{surplus[0]}'")


def _word_at(text: str, at: int) -> tuple[str, int]:
    """The word that begins there and where the next does; "" at the end."""
    match = _WORD.match(text, at)
    return (match[1], match.end()) if match else ("", at)
