"""Colouring of code: as it is typed, and in what commands print."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from prompt_toolkit.data_structures import Size
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.lexers import Lexer, PygmentsLexer, SimpleLexer

from repl.editor.fragments import cut
from repl.editor.theme import load_style, resolve_theme
from repl.input.command_lines import CommandLines

if TYPE_CHECKING:
    from pygments.lexer import Lexer as CodeLexer

_LONGEST = 20_000  # characters: each key colours all up to the cursor's line anew, in 40 ms
_COMMAND = re.compile(r"\s*(?P<sign>[%?.!])[\w.]*")

Language = Literal["c++", "llvm", "asm"]
_Line = Callable[[int], StyleAndTextTuples]


def highlight(text: str, language: Language, theme: str = "auto") -> str:
    """Colour code by ANSI escape sequences, for printing. ``theme``: as in PromptOptions."""
    if resolve_theme(theme) == "none":
        return text
    from prompt_toolkit.output import ColorDepth
    from prompt_toolkit.output.vt100 import Vt100_Output
    from prompt_toolkit.styles.pygments import pygments_token_to_classname
    from pygments.lexers.asm import GasLexer, LlvmLexer
    from pygments.lexers.c_cpp import CppLexer

    classes = {"c++": CppLexer, "llvm": LlvmLexer, "asm": GasLexer}
    lexer = classes[language](stripnl=False, ensurenl=False)
    style = load_style(theme)
    written = io.StringIO()
    output = Vt100_Output(written, lambda: Size(rows=24, columns=80))
    left = len(text)
    for token, part in lexer.get_tokens(text + "\n"):  # pygments wants comments to have ends
        attributes = style.get_attrs_for_style_str("class:" + pygments_token_to_classname(token))
        output.set_attributes(attributes, ColorDepth.DEPTH_8_BIT)
        output.write(part[:left])
        left = max(left - len(part), 0)
    output.reset_attributes()
    output.flush()
    return written.getvalue()


class InputLexer(Lexer):
    """Colours inputs: C++, commands, and lines for the system's shell."""

    def __init__(self, commands: CommandLines) -> None:
        self._commands = commands
        self._plain = SimpleLexer()
        self._code: PygmentsLexer | None = None

    def lex_document(self, document: Document) -> _Line:
        """What prompt_toolkit asks for the parts of each line."""
        if not document.text or len(document.text) > _LONGEST:
            return self._plain.lex_document(document)
        if not self._commands.is_command(document.lines[0]):
            return self._lex_code(document)
        return self._lex_command(document)

    def _lex_code(self, document: Document) -> _Line:
        if self._code is None:
            self._code = PygmentsLexer(_load_cpp_lexer())
        # For pygments a comment goes up to the end of its line, or is none.
        return self._code.lex_document(Document(document.text + "\n"))

    def _lex_command(self, document: Document) -> _Line:
        match = _COMMAND.match(document.lines[0])
        if match is None:
            return self._plain.lex_document(document)
        style = "class:shell" if match["sign"] == "!" else "class:command"
        row = document.lines[0]
        command: StyleAndTextTuples = [(style, match.group())]
        begin = self._commands.code_offset(document.text)
        if begin is None:
            first: StyleAndTextTuples = [*command, ("", row[match.end() :])]
            return lambda number: first if number == 0 else [("", document.lines[number])]
        begin = min(begin, len(row))
        if begin > match.end():
            command.append(("", row[match.end() : begin]))
        # As many blanks keep what follows in its place.
        code = " " * begin + document.text[begin:]
        lines = self._lex_code(Document(code))

        def line(number: int) -> StyleAndTextTuples:
            parts = list(lines(number))
            if number:
                return parts
            return [*command, *cut(parts, begin, len(row))]

        return line


class CellLexer(InputLexer):
    """For a cell of another editor's: its first line says what it is, then comes code."""

    def lex_document(self, document: Document) -> _Line:
        """See ``Lexer``."""
        head, _, code = document.text.partition("\n")
        following = super().lex_document(Document(code))
        return lambda number: following(number - 1) if number else [("", head)]


def _load_cpp_lexer() -> type[CodeLexer]:
    """Takes 20 ms: not before something has been typed."""
    from pygments.lexers.c_cpp import CppLexer

    lexer: type[CodeLexer] = CppLexer
    return lexer
