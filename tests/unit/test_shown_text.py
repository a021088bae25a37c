"""Text of others as it is shown: it moves no cursor, changes no colour, and has an end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.errors import printable, printable_lines, told

TEXTS = st.text(st.characters(), max_size=60) | st.text("\x1b[31;m\n\t\r x", max_size=60)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a b", "a b"),
        ("\x1b[2Jx\a", r"\x1b[2Jx\x07"),
        ("a\x9b31mb", r"a\x9b31mb"),
        ("right\u202eleft\u2066", r"right\u202eleft\u2066"),
        ("one\r\ntwo\n\tthree\rfour", "one\ntwo\n\tthree\\rfour"),
        ("日本\u3000語 ñ 🙂 a\u00a0b", "日本\u3000語 ñ 🙂 a\u00a0b"),
        ("\udcff", r"\udcff"),
        ("\u2028x\x00", r"\u2028x\x00"),
    ],
)
def test_lines(text: str, shown: str) -> None:
    assert printable_lines(text) == shown


def test_colours_of_clang_stay_and_nothing_else() -> None:
    text = "\x1b[0;1;31merror: \x1b[0m\x1b[2Jx\x1b]0;t\a\x1b[1K"
    shown = "\x1b[0;1;31merror: \x1b[0m\\x1b[2Jx\\x1b]0;t\\x07\\x1b[1K"
    assert printable_lines(text, keeps_colours=True) == shown
    assert "\x1b" not in printable_lines(text)


def test_what_a_program_says_is_bounded_and_indented() -> None:
    assert told("one\nrolled back\n") == "one\n  rolled back"
    assert told("x" * 10, 4) == "xxxx... (6 more characters)"
    assert len(told("\x1b" * (1 << 20))) < 20_000
    assert told("\n" * 1_000_000).count("\n") <= 4000


@given(TEXTS)
def test_it_is_printable_whatever_it_was(text: str) -> None:
    assert printable(text).replace("\u00a0", "").replace("\u3000", "").isprintable()
    for shown in (printable_lines(text), told(text)):
        rest = shown.translate(dict.fromkeys(map(ord, "\n\t\u00a0\u3000")))
        assert rest.isprintable()
    assert printable_lines(printable_lines(text)) == printable_lines(text)
