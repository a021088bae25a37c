"""Colours: of what is typed, of what commands print, and the themes."""

from __future__ import annotations

import re

import pytest
from prompt_toolkit.document import Document

from repl.commands import COMMAND_LINES
from repl.editor.highlighting import InputLexer, Language, highlight
from repl.editor.theme import load_style, resolve_theme

_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def styles(text: str, line: int = 0) -> dict[str, str]:
    """The styles of the parts of a line of an input."""
    parts = InputLexer(COMMAND_LINES).lex_document(Document(text))(line)
    assert "".join(part[1] for part in parts) == text.split("\n")[line]
    return {part[1]: part[0] for part in parts}


def test_code() -> None:
    assert "keyword" in styles("return 5;")["return"]
    assert "number" in styles("return 5;")["5"]
    assert "string" in styles('x = \n "abc" ', 1)['"']
    assert "comment" in styles("f(); // why")["// why"]
    assert styles("") == {"": ""}


def test_commands() -> None:
    assert styles("%load file.cpp") == {"%load": "class:command", " file.cpp": ""}
    assert styles("!ls -l") == {"!ls": "class:shell", " -l": ""}
    assert styles("?vector")["?vector"] == "class:command"
    timed = styles("%timeit return 5")
    assert timed["%timeit"] == "class:command"
    assert "keyword" in timed["return"]
    assert "keyword" in styles("%time f();\nreturn 5;", 1)["return"]


def test_large_inputs_are_plain() -> None:
    assert set(styles("return 5; " * 10_000).values()) == {""}


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("c++", "\n\n  int main() { return 0; } // end\n\n"),
        ("llvm", "define i32 @f(i32 %0) {\n  ret i32 %0\n}\n"),
        ("asm", "main:\n\tmovl $1, %eax\n\tret  # one"),
    ],
)
def test_printed_code(language: Language, code: str) -> None:
    for theme in ("auto", "light", "dark"):
        coloured = highlight(code, language, theme)
        assert _ESCAPE.sub("", coloured) == code
        assert coloured != code
    assert highlight(code, language, "none") == code
    assert "\x1b[2J" not in highlight(code + "\x1b[2J", language)
    assert highlight(code, language, "light") != highlight(code, language, "dark")


@pytest.mark.parametrize(
    ("choice", "background", "theme"),
    [
        ("auto", "15;0", "dark"),
        ("auto", "0;15", "light"),
        ("auto", "0;default;7", "light"),
        ("auto", "0;8", "dark"),
        ("auto", "0;default", "neutral"),
        ("auto", "", "neutral"),
        ("light", "15;0", "light"),
        ("dark", "", "dark"),
        ("none", "", "none"),
    ],
)
def test_themes(monkeypatch: pytest.MonkeyPatch, choice: str, background: str, theme: str) -> None:
    monkeypatch.setenv("COLORFGBG", background)
    assert resolve_theme(choice) == theme


def luminance(colour: str) -> float:
    """Of ``rrggbb``, from 0 to 1 (WCAG 2.2, relative luminance)."""
    shares = [int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("theme", "background"), [("light", "ffffff"), ("dark", "000000")])
def test_all_can_be_read(theme: str, background: str) -> None:
    """WCAG 2.2, success criterion 1.4.3; 3 is for what need not be read: suggestions."""
    style = load_style(theme)
    for classes, _ in style.style_rules:
        attributes = style.get_attrs_for_style_str(f"class:{classes}")
        pair = (attributes.color or "808080", attributes.bgcolor or background)
        lighter, darker = sorted(map(luminance, pair), reverse=True)
        least = 3.0 if classes == "auto-suggestion" or not attributes.color else 4.5
        assert (lighter + 0.05) / (darker + 0.05) >= least, classes
