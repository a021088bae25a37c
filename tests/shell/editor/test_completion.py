"""What Tab completes, and what is said about the call that is being typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from repl.editor.call_site import find_call
from tests.support.editor import EditorTerminal

_DECLARATIONS = """\
#include <vector>
#include <string>
enum class Colour { Red, Green };
struct Animal { int legs; double weight; void walk(int steps, double pace = 2); void walk();
  private: int secret; };
Animal cat; Animal *pet = &cat; std::vector<std::string> words;
/// Adds them up.
int sum_of_all(int first, int second) { return first + second; }
"""


class _Session:
    def __init__(self, terminal: EditorTerminal) -> None:
        self.terminal = terminal
        self.number = 1

    def run(self, text: str) -> None:
        """Run what is complete."""
        self.terminal.paste(text)
        self.terminal.key("enter")
        self.number += 1
        self.terminal.wait_for_prompt(self.number)

    def clear(self) -> None:
        """Drop what has been typed."""
        self.terminal.key("ctrl-C")
        self.terminal.wait_for_prompt(self.number)

    def completed(self, typed: str, line: str) -> None:
        """Type, press Tab: the one thing that fits is inserted, which gives this line."""
        self.terminal.paste(typed)
        self.terminal.key("tab")
        self.terminal.wait_for_line(line)
        self.clear()

    def offered(self, typed: str, *items: str, never: str = "\0") -> None:
        """Type, press Tab: a menu with these opens."""
        self.terminal.key("ctrl-L")
        self.terminal.paste(typed)
        self.terminal.key("tab")
        for item in items:
            self.terminal.wait_for(item)
        assert never not in self.terminal.text
        self.clear()


def test_completion_of_code(environment: dict[str, str], tmp_path: Path) -> None:
    with EditorTerminal(environment, tmp_path, columns=120, rows=30) as terminal:
        terminal.wait_for_prompt(1)
        session = _Session(terminal)
        session.completed("#include <strin", "In[1]: #include <string")  # string.h too
        session.run(_DECLARATIONS)
        _members(session)
        _names(session)
        _after_mistakes(session)
        _menu(session)
        assert terminal.has_colours


def _members(session: _Session) -> None:
    session.offered("cat.", "method void walk(int steps, double pace = 2) (+1)", never="secret")
    session.offered("cat.", "field int", "field double")
    session.completed("pet->wei", "pet->weight")
    session.completed("words.push_b", "words.push_back")
    session.completed("words[0].c_s", "words[0].c_str")
    session.completed("Colour::Gr", "Colour::Green")
    session.completed("std::vec", "std::vector")
    session.completed("auto l = [](auto n) {\n  for (auto &w : words) {\n    w.c_s", "w.c_str")
    session.completed("template <class T> int f(T t) {\n  std::vector<T> v; v.push_b", "push_back")


def _names(session: _Session) -> None:
    session.offered("sum", "sum_of_all")
    session.completed("sum_of", "sum_of_all")
    session.completed("int f(int argument) {\n  int local_one = 2;\n  return local_o", "local_one")
    session.completed("int f(int argument) { return argu", "argument")
    session.completed("struct S { int field_one; int g() { return field_o", "field_one")
    session.offered("void f(Colour c) { switch (c) { case ", "Red", "Green")
    session.completed("#include <initializer_l", "<initializer_list>")
    # A new version of a class has its own members, not those of the old one.
    session.completed("struct Animal { int tail_length; int f() { return tai", "tail_length")


def _after_mistakes(session: _Session) -> None:
    session.completed("missing thing; cat.leg", "cat.legs")
    session.completed("f(}; cat.leg", "cat.legs")
    session.terminal.type("cat.legs = missing;")
    session.terminal.key("enter")
    session.number += 1
    session.terminal.wait_for_prompt(session.number)
    session.completed("cat.weig", "cat.weight")
    session.completed("1.5 + cat.leg", "1.5 + cat.legs")


def _menu(session: _Session) -> None:
    """Tab and Shift-Tab move in it, Enter takes and does not submit, typing closes it."""
    terminal = session.terminal
    terminal.type("Colour::")
    terminal.key("tab")
    terminal.wait_for("enumerator Colour")
    terminal.key("tab")
    terminal.wait_for_line("Colour::Green")
    terminal.key("tab")
    terminal.wait_for_line("Colour::Red")
    terminal.key("shift-tab")
    terminal.wait_for_line("Colour::Green")
    terminal.key("enter")
    terminal.wait_until(lambda: "enumerator" not in terminal.text, "no menu")
    terminal.wait_for_prompt(session.number, "Colour::Green")
    session.clear()


def test_completion_of_commands_and_files(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "program one.cpp").write_text("")
    (tmp_path / "subfolder").mkdir()
    (tmp_path / "subfolder" / "inner.cpp").write_text("")
    (tmp_path / "header_of_mine.h").write_text("")
    with EditorTerminal(environment, tmp_path, "-xc", NO_COLOR="1") as terminal:
        terminal.wait_for_prompt(1)
        session = _Session(terminal)
        session.offered("%re", "%reset", "%restart", "end the program")
        session.completed("%qui", "In[1]: %quit")
        session.completed("%help und", "In[1]: %help undo")
        session.completed("%load prog", "In[1]: %load program one.cpp")
        session.completed("%load subfolder/", "In[1]: %load subfolder/inner.cpp")
        session.completed("!cat sub", "In[1]: !cat subfolder/")
        session.offered("%lib pthrea", "pthread")
        session.completed('#include "header_of', 'In[1]: #include "header_of_mine.h"')
        session.run("struct Point { int left; int right; } here;")
        session.completed("here.le", "In[2]: here.left")
        session.completed("int f(struct Point *p) {\n  p->ri", "p->right")
        session.completed("%type here.le", "In[2]: %type here.left")
        session.completed("?here.le", "In[2]: ?here.left")
        assert not terminal.has_colours


def test_signature_help(environment: dict[str, str], tmp_path: Path) -> None:
    with EditorTerminal(environment, tmp_path, columns=100) as terminal:
        terminal.wait_for_prompt(1)
        session = _Session(terminal)
        session.run(_DECLARATIONS)
        terminal.key("ctrl-L")  # which have it, too
        terminal.wait_until(lambda: terminal.lines == ["In[2]:"], "nothing else")
        terminal.type("sum_of_all(")
        terminal.wait_for("int sum_of_all(int first, int second)")
        assert _emphasised(terminal) == "int first"
        terminal.type("words.size(), ")
        terminal.wait_until(lambda: _emphasised(terminal) == "int second", "the second one")
        terminal.type("3)")
        terminal.wait_until(lambda: "int first" not in terminal.text, "no help any more")
        session.clear()
        terminal.type("cat.walk(")
        terminal.wait_for("void walk(int steps, double pace = 2)")
        terminal.wait_for("void walk()")
        session.clear()  # and with it the help
        assert "void walk" not in terminal.text
        session.run("sum_of_all(1, 2)")
        assert "(int) 3" in terminal.text


def _emphasised(terminal: EditorTerminal) -> str:
    rows = range(1, terminal.screen.lines)  # the prompt is bold, too
    cells = [terminal.screen.buffer[y][x] for y in rows for x in range(terminal.screen.columns)]
    return "".join(cell.data for cell in cells if cell.underscore)


@pytest.mark.parametrize(
    ("text", "argument"),
    [
        ("f(", "f("),
        ("f(1, g(2), ", "f(1, g(2),"),
        ("f(1, g(2", "f(1, g("),
        ("v.at<int>(", "v.at<int>("),
        ('f("a, (b", ', 'f("a, (b",'),
        ("f(',', ", "f(',',"),
        ("f(/* , */ 1", "f("),
        ("f(1'000, ", "f(1'000,"),
        ("if (", None),
        ("f(1)", None),
        ("f(v[", None),
        ("f([] { g; ", None),
        ("(", None),
        ("", None),
        ("f(1))))", None),
        ('f("', "f("),
    ],
)
def test_the_call_that_the_cursor_is_in(text: str, argument: str | None) -> None:
    call = find_call(text, len(text))
    assert (text[: call.argument] if call else None) == argument
    padded = "x;\n" * 5000 + text
    call = find_call(padded, len(padded))
    assert (padded[15000 : call.argument] if call else None) == argument
