"""Following one expression statement or declaration, token by token.

There is no symbol table: where only types could tell (`a *f(x)`), spelling and spacing decide, and
doubt means "complete", because the compiler explains better than a silent prompt.
"""

from __future__ import annotations

from enum import Enum, auto

from msgspec import Struct

from repl.input.lexical import (
    BINARY_WORDS,
    CLASS_KEYS,
    DEMANDING_WORDS,
    EXPRESSION_LEADERS,
    NOT_FUNCTION_NAMES,
    SPECIFIERS,
    TYPE_KEYWORDS,
    Detail,
    Kind,
    Token,
)

_DEMANDING = frozenset("+-*/%&|^=!<>?:,.~")
_BINARY = frozenset("+-*/%&|^=<>?:,.")


class Status(Enum):
    INCOMPLETE = auto()
    OPEN = auto()  # complete, but the next line may go on with it: `if (x) {}` with `else`
    COMPLETE = auto()


class Step(Enum):
    """What one more token means to a simple statement."""

    WITHIN = auto()
    ENDS = auto()
    LABEL = auto()  # the statement labelled begins after it
    TRY = auto()  # a function-try-block


def _is(token: Token | None, text: str) -> bool:
    return token is not None and token.text == text


def _is_operand(token: Token | None) -> bool:
    return token is not None and token.kind is not Kind.OPERATOR


def _is_name(token: Token | None) -> bool:
    return token is not None and token.kind in (Kind.WORD, Kind.CLOSE_ANGLE)


class SimpleStatement(Struct):
    """An expression statement or a declaration, as far as it has been seen."""

    previous: Token | None = None
    before: Token | None = None  # the one before `previous`
    first: str = ""
    qualifier: str = ""  # the A of the latest `A::`
    angles: int = 0  # open template argument lists
    template_depth: int | None = None  # inside `template <...>`: how many `<` are open
    template: bool = False
    declaration: bool = False  # two names side by side, as in `int x`
    pointer: Token | None = None  # the first of the `*` and `&` that stand before `previous`
    function: bool = False  # a parameter list has been seen
    initializers: bool = False  # A::A() : x(1)
    class_head: bool = False
    class_body: bool = False
    namespace: bool = False
    assigned: bool = False
    streamed: bool = False  # `<<` or `>>`
    conditional: bool = False  # ?
    requirement: bool = False  # `requires (T x)` whose { } is no body
    lambda_head: bool = False

    def add(self, token: Token) -> Step:
        """Take one token; the caller must drop this object when the statement has ended."""
        if self.template_depth is not None and self._add_to_template_head(token):
            return Step.WITHIN
        if token.detail is Detail.ATTRIBUTE:
            return Step.WITHIN
        if _is(self.previous, "operator") and token.text != "::":
            self._add_operator_name(token)
            return Step.WITHIN
        if token.text == ";" or (token.text == "{}" and self._is_body()):
            return Step.ENDS
        if token.text == "try" and self.function:
            return Step.TRY
        if token.text == ":" and self._is_label():
            return Step.LABEL
        self._remember(self._note(token))
        return Step.WITHIN

    def _remember(self, token: Token) -> None:
        self.first = self.first or token.text
        self.before, self.previous = self.previous, token

    def _add_to_template_head(self, token: Token) -> bool:
        if self.template_depth == 0 and token.text != "<":
            self.template_depth, self.template = None, False  # an explicit instantiation
            return False
        assert self.template_depth is not None
        self.template_depth += {"<": 1, ">": -1, ">>": -2}.get(token.text, 0)
        if self.template_depth <= 0:
            self.template_depth = self.previous = None
            self.declaration = True
        return True

    def _add_operator_name(self, token: Token) -> None:
        """Make `operator ==`, `operator ()` or `operator bool` one name."""
        if _is(self.before, "::") and token.kind is Kind.WORD:
            self.declaration = True  # A::operator bool() is only ever a definition
        self.previous = Token(Kind.WORD, f"operator {token.text}")

    def _is_label(self) -> bool:
        if self.first in ("case", "default"):
            return not self.conditional
        return self.before is None and _is_name(self.previous)

    def _is_body(self) -> bool:
        """Whether a `{}` now is a body, which ends the statement without a `;`."""
        if self.requirement or self.assigned or self.lambda_head:
            return False
        if self.initializers:
            return not _is_name(self.previous)  # x{1} initializes x
        if self.function or self.namespace or self._is_linkage():
            return True
        called = self.before is not None and self.before.kind is Kind.WORD
        return called and _is(self.previous, "()") and not self._is_excluded(self.before)

    def _is_linkage(self) -> bool:
        return _is(self.previous, '""') and _is(self.before, "extern")

    @staticmethod
    def _is_excluded(name: Token | None) -> bool:
        return name is None or name.text in NOT_FUNCTION_NAMES

    def _note(self, token: Token) -> Token:
        """Draw conclusions from a token; return it, or what it turns out to be."""
        match token.kind:
            case Kind.WORD:
                self._note_word(token)
            case Kind.OPERATOR:
                token = self._note_operator(token)
            case Kind.GROUP:
                self._note_group(token)
            case _:
                pass
        return token

    def _note_word(self, token: Token) -> None:
        text, previous = token.text, self.previous
        if text == "template" and not (previous and previous.text in (".", "->", "::")):
            self.template, self.template_depth = True, 0
        elif text in CLASS_KEYS and not self.assigned:
            self.class_head |= previous is None or previous.kind is Kind.WORD
        elif text == "namespace":
            self.namespace = self.first != "using"
        elif text == "requires":
            after_operator = previous is not None and previous.kind is Kind.OPERATOR
            self.requirement |= after_operator or _is(previous, "requires")
        elif text == "operator" and self.pointer is not None:
            self.declaration = True
        if previous is None or text in BINARY_WORDS:
            return
        if previous.kind is Kind.CLOSE_ANGLE or (
            previous.kind is Kind.WORD
            and previous.text not in EXPRESSION_LEADERS
            and previous.text not in CLASS_KEYS
        ):
            self.declaration = True

    def _note_operator(self, token: Token) -> Token:
        text, previous = token.text, self.previous
        if text in (">", ">>") and self.angles >= len(text):
            self.angles -= len(text)
            return token._replace(kind=Kind.CLOSE_ANGLE)
        if text == "<" and _is_name(previous):
            self.angles += 1
        elif text in ("&&", "||"):
            self.angles = 0
        elif text in ("<<", ">>"):
            self.streamed = True
        elif text == "?":
            self.conditional = True
        elif text == "::":
            self.qualifier = previous.text if previous else ""
        elif text == ":" and not self.conditional:
            self.initializers |= _is(previous, "()") or _is(previous, "noexcept")
        elif text[-1] == "=" and text not in ("==", "!=", "<=", ">="):
            self.assigned = True
        if text in ("*", "&", "&&"):
            if _is_name(previous):
                self.pointer = token
                self.declaration |= previous is not None and previous.text in TYPE_KEYWORDS
        elif text not in ("::", "~"):
            self.pointer = None
        return token

    def _note_group(self, token: Token) -> None:
        if token.text == "()":
            self.function |= not self.assigned and self._names_function(token.detail)
        elif token.text == "{}":
            self.class_body |= self.class_head and not self.lambda_head
            self.requirement = self.lambda_head = False
        elif not _is_operand(self.previous) and not (self.declaration and not self.assigned):
            self.lambda_head = True  # not auto &[a, b]

    def _names_function(self, detail: Detail) -> bool:
        """Whether `()` after `previous` is the parameter list of a function being declared."""
        name = self.previous
        if not _is_name(name) or self._is_excluded(name) or name is None:
            return False
        if self.declaration:
            return True
        if self.before is not None and self.before.text in ("::", "~") and self.qualifier:
            return name.text == self.qualifier  # A::A() and A::~A()
        if self.pointer is None:
            return False
        if detail is Detail.PARAMETERS:
            return True
        # `Foo *f()` is a declaration by its spacing, `a * f()` an expression.
        lopsided = self.pointer.spaced != name.spaced
        return lopsided and detail is Detail.EMPTY

    def _demands_more(self) -> bool:
        last = self.previous
        if last is None or last.kind is Kind.WORD:
            return last is None or last.text in DEMANDING_WORDS
        if last.kind is not Kind.OPERATOR or last.text == "...":
            return False
        if last.text in ("++", "--"):
            return not _is_operand(self.before)
        return last.text[0] in _DEMANDING

    @property
    def status(self) -> Status:
        """Whether the statement could end here, without a `;`."""
        if self.template_depth is not None or self.requirement or self.lambda_head:
            return Status.INCOMPLETE
        if self._demands_more():
            return Status.INCOMPLETE
        if self.assigned:
            return Status.OPEN
        if self.function or self.initializers or self.namespace or self._is_linkage():
            return Status.INCOMPLETE
        if self.class_head:
            return Status.OPEN if self.class_body else Status.INCOMPLETE
        if self.template:
            return Status.INCOMPLETE
        if self.declaration or self.streamed or _is(self.previous, "{}"):
            return Status.OPEN
        return Status.COMPLETE

    def continues(self, token: Token) -> bool:
        """Whether the next line, beginning with `token`, goes on with an `OPEN` statement."""
        text = token.text
        match token.kind:
            case Kind.OPERATOR:
                binary = text[0] in _BINARY and text not in ("++", "--", "::")
                return binary or text in (";", "!=")
            case Kind.STRING:
                return _is(self.previous, '""')
            case Kind.WORD:
                declarator = self.class_body and _is(self.previous, "{}")
                # static T
                # f(...)
                declarator |= self.first in SPECIFIERS and not self.assigned
                return text in BINARY_WORDS or declarator
            case Kind.OPEN:
                return self.declaration and not self.assigned
            case _:
                return False
