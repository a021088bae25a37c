"""Texts of characters that are none of ``char``: ``wchar_t``, ``char16_t``, ``char32_t``."""

from __future__ import annotations

import ctypes
from typing import Any

import pytest

from repl import Session

DECLARED = """
#include <functional>
#include <string>
#include <string_view>
#include <vector>
std::wstring wide(std::wstring s) { return s + L"!"; }
std::u16string utf16(const std::u16string &s) { return s + u"!"; }
std::u32string utf32(std::u32string s) { return s + U"!"; }
std::u8string utf8(std::u8string s) { return s + u8"!"; }
size_t units(std::u16string_view s) { return s.size(); }
size_t narrow_or_wide(const std::string &) { return 1; }
size_t narrow_or_wide(const std::wstring &) { return 2; }
const wchar_t *same(const wchar_t *s) { return s; }
const char16_t *same16(const char16_t *s) { return s; }
wchar_t letter(wchar_t c) { return c; }
char16_t letter16(char16_t c) { return c; }
char32_t letter32(char32_t c) { return c; }
char32_t no_character() { return char32_t(0x110000); }
std::u16string half_a_pair() { return std::u16string(1, char16_t(0xd83c)); }
std::wstring large(int n) { return std::wstring(n, L'x'); }
size_t longest(const std::vector<std::wstring> &all) {
  size_t most = 0;
  for (auto &each : all)
    most = std::max(most, each.size());
  return most;
}
std::vector<std::u32string> two() { return {U"\\u00e4", U"b"}; }
std::u16string called(const std::function<std::u16string(std::u16string)> &f) {
  return f(u"a\\u00df");
}
void next(wchar_t &c) { ++c; }
std::wstring word = L"one";
wchar_t fixed[4] = L"abc";
struct Label {
  std::u16string text = u"x";
  char16_t code[3] = {};
};
"""

ALL = "z\u00df\u6c34\U0001f34c"


@pytest.mark.parametrize("name", ["wide", "utf16", "utf32", "utf8"])
@pytest.mark.parametrize("text", ["", "plain", ALL, "a\0b", "x" * 5000])
def test_strings(session: Session, name: str, text: str) -> None:
    assert getattr(session.gbl, name)(text) == f"{text}!"


@pytest.mark.parametrize("name", ["same", "same16"])
def test_pointers(session: Session, name: str) -> None:
    assert getattr(session.gbl, name)(ALL) == ALL


def test_views(session: Session) -> None:
    assert session.gbl.units(ALL) == len(ALL) + 1


def test_a_narrow_string_is_preferred(session: Session) -> None:
    assert session.gbl.narrow_or_wide("text") == 1


@pytest.mark.parametrize("name", ["letter", "letter16", "letter32"])
def test_characters(session: Session, name: str) -> None:
    function = getattr(session.gbl, name)
    assert function("\u00df") == "\u00df"
    assert function(65) == "A"
    for text in ("", "ab"):
        with pytest.raises(TypeError, match="one character"):
            function(text)


def test_a_character_that_needs_two_units_does_not_fit_into_one(session: Session) -> None:
    assert session.gbl.letter32("\U0001f34c") == "\U0001f34c"
    with pytest.raises(TypeError, match="one character"):
        session.gbl.letter16("\U0001f34c")


def test_what_is_no_unicode(session: Session) -> None:
    assert session.gbl.no_character() == 0x110000
    assert session.gbl.half_a_pair() == "\ud83c"
    with pytest.raises(TypeError, match="not UTF-8"):
        session.gbl.wide(b"\xff\xfe")
    with pytest.raises(TypeError, match="no text"):
        session.gbl.wide("\ud83c")


def test_a_long_result(session: Session) -> None:
    assert session.gbl.large(100_000) == "x" * 100_000


def test_lists(session: Session) -> None:
    assert session.gbl.longest(["a", ALL]) == len(ALL)
    assert list(session.gbl.two()) == ["\u00e4", "b"]
    assert session.gbl.two()[0] == "\u00e4"


def test_functions_of_python(session: Session) -> None:
    assert session.gbl.called(lambda text: text + "\U0001f34c") == "a\u00df\U0001f34c"


def test_a_variable_of_ctypes(session: Session) -> None:
    letter = ctypes.c_wchar("\u00df")
    session.gbl.next(letter)
    assert letter.value == "\u00e0"


def test_variables_and_members(session: Session) -> None:
    gbl = session.gbl
    assert (gbl.word, gbl.fixed) == ("one", "abc")
    gbl.word = ALL
    gbl.fixed = "\u00df"
    assert (gbl.word, gbl.fixed) == (ALL, "\u00df")
    label: Any = gbl.Label()
    label.text = "\u6c34"
    label.code = "xyz"
    assert (label.text, label.code) == ("\u6c34", "xyz")
    with pytest.raises(TypeError, match="as many elements"):
        label.code = "xyzz"


def test_an_object_is_compared_with_a_text(session: Session) -> None:
    text = session.gbl.std.wstring(ALL)
    assert text == ALL
    assert text != "other"
    assert str(text) == ALL
    assert text + "!" == f"{ALL}!"
    assert "!" + text == f"!{ALL}"
