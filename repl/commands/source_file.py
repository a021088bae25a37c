"""Inputs as one source file, which does the same when it is compiled and run.

In C++, a run of statements becomes the initializer of a variable, because those run in
order with the other initializers. In C, where initializers are constants, all statements
go into ``main``, or before it if there is one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from repl.clang.protocol import HiddenDeclaration, Piece
from repl.input.source import Source


class InputText(Struct, frozen=True):
    """An input in force. ``index``: among all; ``text``: what Clang got; ``hides``: what it
    redefines."""

    index: int
    source: Source
    text: bytes
    pieces: Sequence[Piece]
    hides: Sequence[HiddenDeclaration]


class _Part(Struct, frozen=True):
    """A stretch of an input's text, from ``begin`` to ``end`` of what Clang got. ``piece``
    is None for what is between the pieces: directives and comments."""

    input: InputText
    text: str
    piece: Piece | None
    begin: int
    end: int

    @property
    def is_declaration(self) -> bool:
        return self.piece is not None and not self.piece.statement


class _Redefinition(Struct, frozen=True):
    """From the part ``first`` up to the part ``last``, not including it, ``name`` means
    something that has another name in the file."""

    name: str
    new_name: str
    first: int
    last: int

    @property
    def define(self) -> str:
        return f"#define {self.name} {self.new_name}"

    @property
    def undefine(self) -> str:
        return f"#undef {self.name}"


def make_source_file(
    inputs: Sequence[InputText], *, is_c: bool, hints: Sequence[str]
) -> tuple[str, list[str]]:
    """The text of the file, and a line for each thing that is called differently in it."""
    parts = [part for each in inputs for part in _parts(each)]
    redefinitions = _redefinitions(inputs, parts)
    writer = _Writer(is_c)
    in_force: list[_Redefinition] = []
    for part, ends, begins in _timeline(parts, redefinitions):
        for each in ends:
            writer.declare(each.undefine)
            in_force.remove(each)
        for each in begins:
            writer.declare(each.define)
            in_force.append(each)
        if part.piece is not None and part.piece.statement:
            writer.statement(part.text, part.piece.bare)
        elif part.piece is None and "include" in part.text:
            # What a header declares is to have its own name.
            undefined = [each.undefine for each in in_force]
            defined = [each.define for each in in_force]
            writer.declare("\n".join([*undefined, part.text.strip(_SPACE), *defined]))
        else:
            writer.declare(part.text)
    head = ["// Written by forkrepl's %save."]
    if hints:
        head.append(f"// forkrepl: {' '.join(hints)}")
    notes = [
        f"{each.name}: in the file, what it was before it was declared again is {each.new_name}"
        for each in redefinitions
    ]
    return "\n".join(head) + "\n\n" + writer.finish(), notes


_Moment = tuple[_Part, list[_Redefinition], list[_Redefinition]]


def _timeline(parts: Sequence[_Part], redefinitions: Sequence[_Redefinition]) -> list[_Moment]:
    """The parts in order, each with the redefinitions that end in front of it, and those
    that begin there after them."""
    timeline: list[_Moment] = [(part, [], []) for part in parts]
    for each in redefinitions:
        timeline[each.last][1].append(each)
        timeline[each.first][2].append(each)
    return timeline


_SPACE = " \t\r\n"
_SEMICOLON = re.compile(rb"\s*;")


def _parts(each: InputText) -> list[_Part]:
    data = each.text
    parts: list[_Part] = []
    at = _start(data)

    def add(end: int, piece: Piece | None) -> None:
        nonlocal at
        text = data[at:end].decode("utf-8", "surrogateescape")
        if text.strip(_SPACE + ";"):
            parts.append(_Part(each, text, piece, at, end))
        at = end

    for piece in _joined(each.pieces):
        add(max(piece.begin, at), None)
        semicolon = _SEMICOLON.match(data, max(piece.end, at))
        end = semicolon.end() if semicolon else max(piece.end, at)
        add(len(data) if piece.bare else end, piece)
    add(len(data), None)
    return parts


def _start(data: bytes) -> int:
    """Where the user's text begins, after the #line directive."""
    return data.index(b"\n") + 1


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """``int a, b;`` is two declarations with one beginning: one piece of text."""
    joined: list[Piece] = []
    for piece in sorted(pieces, key=lambda each: (each.begin, each.end)):
        if joined and piece.begin < joined[-1].end:
            last = joined.pop()
            end = max(last.end, piece.end)
            piece = Piece(last.begin, end, last.statement and piece.statement, piece.bare)
        joined.append(piece)
    return joined


def _redefinitions(inputs: Sequence[InputText], parts: Sequence[_Part]) -> list[_Redefinition]:
    of_input: dict[int, list[int]] = {each.index: [] for each in inputs}
    for number, part in enumerate(parts):
        of_input[part.input.index].append(number)
    found: list[_Redefinition] = []
    for redefining in inputs:
        for name, olds in _by_name(redefining.hides).items():
            olds_in = [(old, n) for old in olds for n in of_input.get(old.input, ())]
            firsts = [n for old, n in olds_in if _declares(parts[n], old)]
            lasts = [n for n in of_input[redefining.index] if _may_declare(parts[n], name)]
            if firsts and lasts and _IDENTIFIER.fullmatch(name):
                new_name = f"{name}_before_{redefining.index + 1}"
                found.append(_Redefinition(name, new_name, min(firsts), lasts[0]))
    return found


def _by_name(hides: Sequence[HiddenDeclaration]) -> dict[str, list[HiddenDeclaration]]:
    """Overloads have one name."""
    by_name: dict[str, list[HiddenDeclaration]] = {}
    for each in hides:
        by_name.setdefault(each.name, []).append(each)
    return by_name


_IDENTIFIER = re.compile(r"[^\W\d][\w$]*")


def _may_declare(part: _Part, name: str) -> bool:
    """Whether a declaration of that name may be in this part: the name is."""
    return part.is_declaration and re.search(rf"\b{re.escape(name)}\b", part.text) is not None


def _declares(part: _Part, hidden: HiddenDeclaration) -> bool:
    """Whether the declaration, of the same input, is in this part."""
    source = part.input.source
    if hidden.file != source.name:
        return False
    data = source.with_line_directive()
    lines = data[_start(data) :].split(b"\n")
    lines_before = lines[: hidden.line - source.line]
    offset = _start(data) + sum(len(line) + 1 for line in lines_before) + hidden.column - 1
    return part.begin <= offset < part.end


_MAIN = re.compile(r"\bmain\s*\(")


class _Writer:
    def __init__(self, is_c: bool) -> None:
        self._is_c = is_c
        self._text: list[str] = []
        self._statements: list[str] = []  # that have not been written yet
        self._runs = 0
        self._functions: list[str] = []  # in C: what main has to call
        self._has_main = False

    def declare(self, text: str) -> None:
        self._flush()
        self._has_main |= _MAIN.search(text) is not None
        self._text.append(text.strip(_SPACE))

    def statement(self, text: str, is_bare: bool) -> None:
        stripped = text.strip()
        # Newlines: it may end with a comment of one line.
        self._statements.append(f"(void)({stripped}\n);" if is_bare else stripped)

    def _flush(self) -> None:
        if not self._statements:
            return
        self._runs += 1
        name = f"forkrepl_statements_{self._runs}"
        body = "\n".join(self._statements)
        if self._is_c:
            self._functions.append(name)
            self._text.append(f"static void {name}(void) {{\n{body}\n}}")
        else:
            self._text.append(
                f"[[maybe_unused]] static const bool {name} = [] {{\n{body}\nreturn true;\n}}();"
            )
        self._statements.clear()

    def finish(self) -> str:
        self._flush()
        calls = "".join(f"{name}();\n" for name in self._functions)
        if not self._is_c:
            main = "" if self._has_main else "int main() {}\n"
        elif self._has_main:
            main = ""
            if calls:
                begin = "__attribute__((constructor)) static void forkrepl_statements(void)"
                main = f"{begin} {{\n{calls}}}\n"
        else:
            main = f"int main(void) {{\n{calls}return 0;\n}}\n"
        return "\n".join(self._text) + "\n" + main
