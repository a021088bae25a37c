"""Expressions of C++ in which arguments of Python's are put, and the wrappers that they become."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from repl.python.errors import CallError
from repl.python.glue import GLUE
from repl.python.results import Names
from repl.python.spelling import LEVELS, Argument
from repl.session.wrappers import Wrapper

if TYPE_CHECKING:
    from repl.errors import CompileError
    from repl.python.declared import State

_PICTURE = re.compile(r"\s+[|^~]|\s*\d+ \|")
_MENTION = re.compile(r"\$(\d|\*)")
_OWNER = re.compile(r"\$(\d)(?=[.[(])")  # whose member or element it is
_MOST_LINES = 12  # of what Clang says


class Compiled(Struct, frozen=True):
    """A wrapper; ``names``: of the types of its results; ``expression``: what is evaluated in it,
    with ``__f`` for the frame, "" if that is not known."""

    wrapper: Wrapper
    names: Names
    expression: str


class Known:
    """What a bridge has made of a site, by the keys of its arguments: wrappers; why there is none,
    with what was declared then; and where the numbers of Python's functions belong to the key."""

    __slots__ = ("compiled", "failed", "numbered")

    def __init__(self) -> None:
        self.compiled: dict[tuple[Hashable, ...], Compiled] = {}
        self.failed: dict[tuple[Hashable, ...], tuple[State, str]] = {}
        self.numbered: set[tuple[Hashable, ...]] = set()


class Site:
    """``expressions``: ways to write it, of which the first that Clang takes counts; ``$0`` is the
    first argument, ``$*`` all that have no number. ``is_strict``: numbers have to fit;
    ``observes``: it does not change the program; ``form``: "new" if it is such an expression,
    "loop" if it is for each element of arrays; ``most``: the last level of ``spelling`` that may
    be tried; ``is_template``: what is called takes its types from the arguments. Sites that say
    the same are equal."""

    __slots__ = (
        "_hash",
        "_key",
        "expressions",
        "form",
        "is_strict",
        "is_template",
        "most",
        "observes",
    )

    def __init__(
        self,
        *expressions: str,
        is_strict: bool = False,
        observes: bool = False,
        form: str = "value",
        most: int = LEVELS - 1,
        is_template: bool = False,
    ) -> None:
        self.expressions = expressions
        self.is_strict = is_strict
        self.observes = observes
        self.form = form
        self.most = most
        self.is_template = is_template
        self._key = (expressions, is_strict, observes, form, most, is_template)
        self._hash = hash(self._key)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Site) and self._key == other._key)

    def __hash__(self) -> int:
        return self._hash

    def texts(
        self, symbol: str, arguments: Sequence[Argument], numbers: Sequence[int]
    ) -> tuple[dict[str, str], int]:
        """What may be compiled for these arguments, each a function of this name, the best first,
        with the expression in it; and the index of the one that Clang is to be quoted about if
        none is right. ``numbers``: of the functions of Python's among them. Raises CallError if
        some are missing."""
        if not any(self._fits(each, len(arguments)) for each in self.expressions):
            raise CallError(f"{self.title}: needs an object as its first argument")
        levels = range(0 if self.is_strict else 1, self.most + 1)
        found = [self._texts(symbol, arguments, numbers, level, self.form) for level in levels]
        if self.form == "value":
            found.append(self._texts(symbol, arguments, numbers, 1, "made"))
        flat = {text: expression for each in found for text, expression in each.items()}
        told = next(iter(found[1 if self.is_strict else 0]))
        return flat, list(flat).index(told)

    def _texts(
        self,
        symbol: str,
        arguments: Sequence[Argument],
        numbers: Sequence[int],
        level: int,
        form: str,
    ) -> dict[str, str]:
        spelled = list(_spelled(arguments, numbers, level, is_typed=self.is_template))
        # Whose member it is stays an object where the others may become pointers.
        plain = list(_spelled(arguments, numbers, min(level, 1)))
        expressions = [
            _filled(each, plain, spelled)
            for each in self.expressions
            if self._fits(each, len(spelled))
        ]
        return {_text(symbol, form, each): each for each in expressions}

    @staticmethod
    def _fits(expression: str, count: int) -> bool:
        """Whether there are as many arguments as it mentions."""
        return all(int(each) < count for each in _MENTION.findall(expression) if each != "*")

    @property
    def title(self) -> str:
        """What is called, for messages."""
        return self.expressions[0].partition("(")[0].lstrip(":").replace("$0.", "")


def assignments(place: str, value: str) -> tuple[str, str]:
    """The ways to assign to what is an array, a text or anything else; a bit-field only as it
    is."""
    return f"(void)({GLUE}::target({place}) = {value})", f"(void)({place} = {value})"


_FORMS = {
    "value": f"{GLUE}::Sink{{__block}}, (%s);",
    "new": f"{GLUE}::put_new(__block, %s);",
    "loop": f"{GLUE}::Size __k = 0; (void)__k; "
    f"using __R = {GLUE}::Mutable<{GLUE}::Bare<decltype((%s))>::Type>::Type; "
    f"{GLUE}::loop<__R>(__block, [&]({GLUE}::Size __k) -> __R {{ return %s; }});",
    # What cannot be moved is made where it is to be.
    "made": f"{GLUE}::PutResult<decltype((%s))>::value(__block, "
    "[&]() -> decltype((%s)) { return %s; });",
}


def _spelled(
    arguments: Sequence[Argument], numbers: Sequence[int], level: int, *, is_typed: bool = False
) -> Iterator[str]:
    slot, functions = 0, iter(numbers)
    for each in arguments:
        text = each.spelled(max(level, each.typed) if is_typed else level, slot)
        yield text.replace("@", f"{next(functions)}UL") if each.function is not None else text
        slot += each.slots


def _filled(expression: str, owners: Sequence[str], spelled: Sequence[str]) -> str:
    numbered = {int(each) for each in _MENTION.findall(expression) if each != "*"}
    expression = _OWNER.sub(lambda found: owners[int(found[1])], expression)
    rest = ", ".join(text for index, text in enumerate(spelled) if index not in numbered)
    return _MENTION.sub(
        lambda found: rest if found[1] == "*" else spelled[int(found[1])], expression
    )


def _text(symbol: str, form: str, expression: str) -> str:
    body = _FORMS[form].replace("%s", expression)
    return (
        f'extern "C" void {symbol}(unsigned char *__block) {{\n'
        f"const {GLUE}::Frame __f{{__block}}; const {GLUE}::Entered __e{{__block}}; (void)__f;\n"
        "#pragma clang diagnostic push\n"
        '#pragma clang diagnostic ignored "-Weverything"\n'
        '#pragma clang diagnostic error "-Wfloat-conversion"\n'
        '#pragma clang diagnostic error "-Wimplicit-int-conversion"\n'
        '#pragma clang diagnostic error "-Wshorten-64-to-32"\n'
        f'#line 1 "call"\n{body}\n'
        "#pragma clang diagnostic pop\n"
        "}\n"
    )


def reason(error: CompileError) -> str:
    """What Clang says, without where in the wrapper it says it."""
    lines = [re.sub(r"^call:\d+:(\d+:)? ", "", line) for line in str(error).splitlines()]
    shown = [
        line for line in lines if GLUE not in line and not re.match(r"\s+[|^~]|\s*\d+ \|", line)
    ]
    return "\n".join(shown[:_MOST_LINES] or lines[:3]).removeprefix("error: ")
