"""Where inputs end: in scripts, through pipes, and when Enter is pressed."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from repl import native_programs
from repl.clang.frontend import Frontend
from repl.commands import COMMAND_LINES
from repl.errors import CompileError
from repl.input.script_inputs import ScriptInputs
from repl.input.script_text import ScriptText, WholeText
from repl.input.source import Source
from tests.tables.input_tables import COMPLETE, CXX, DECLARED, INCOMPLETE, C


class Lines:
    """A text that comes in lines. ``is_slow``: none is there before it is waited for."""

    def __init__(self, text: str, *, is_slow: bool) -> None:
        self._lines = deque(text.encode("utf-8", "surrogateescape").splitlines(keepends=True))
        self._is_slow = is_slow

    @property
    def has_ended(self) -> bool:
        return not self._lines

    def read(self, *, wait: bool) -> bytes | None:
        if not self._lines:
            return None
        return b"" if self._is_slow and not wait else self._lines.popleft()


def _frontend(language: str, standard: str) -> Iterator[Frontend]:
    flags = [f"-x{language}", f"-std={standard}"]
    with Frontend(native_programs.frontend(), flags, redefinition=True) as frontend:
        yield frontend


@pytest.fixture(scope="module")
def cxx() -> Iterator[Frontend]:
    yield from _frontend("c++", "c++20")


@pytest.fixture(scope="module")
def c() -> Iterator[Frontend]:
    yield from _frontend("c", "gnu17")


def inputs_of(frontend: Frontend, text: ScriptText) -> list[Source]:
    """Each parsed before the next is asked for."""
    frontend.rollback(0)
    inputs = []
    for source, _ in ScriptInputs(text, "script", COMMAND_LINES, frontend.input_ends):
        inputs.append(source)
        try:
            frontend.parse(source)
        except CompileError:
            continue
    return inputs


def texts_of(frontend: Frontend, text: ScriptText) -> list[str]:
    return [source.text for source in inputs_of(frontend, text)]


def divided(table_entry: str) -> list[str]:
    return [text for text in table_entry.split("----\n") if text]


@pytest.mark.parametrize("name", CXX)
def test_cxx(name: str, cxx: Frontend) -> None:
    inputs = divided(CXX[name])
    assert texts_of(cxx, WholeText("".join(inputs))) == inputs


@pytest.mark.parametrize("name", C)
def test_c(name: str, c: Frontend) -> None:
    inputs = divided(C[name])
    assert texts_of(c, WholeText("".join(inputs))) == inputs


@pytest.mark.parametrize("name", CXX)
def test_lines_that_are_there_already(name: str, cxx: Frontend) -> None:
    inputs = divided(CXX[name])
    assert texts_of(cxx, Lines("".join(inputs), is_slow=False)) == inputs


# An expression without `;` is not kept waiting for what may come.
_GO_ON = (
    "append",
    "ternary",
    "stream",
    "leading sign",
    "initializer list",
    "an expression that means nothing goes on",
)


@pytest.mark.parametrize("name", [name for name in CXX if name not in _GO_ON])
def test_lines_that_come_one_after_another(name: str, cxx: Frontend) -> None:
    inputs = divided(CXX[name])
    assert texts_of(cxx, Lines("".join(inputs), is_slow=True)) == inputs


@pytest.mark.parametrize("text", COMPLETE)
def test_complete(text: str, cxx: Frontend) -> None:
    _declare(cxx)
    for each in (text, text + "\n"):
        assert cxx.input_ends(each.encode(), whole=True).is_complete


@pytest.mark.parametrize("text", INCOMPLETE)
def test_incomplete(text: str, cxx: Frontend) -> None:
    _declare(cxx)
    for each in (text, text + "\n"):
        assert not cxx.input_ends(each.encode(), whole=True).is_complete


def _declare(cxx: Frontend) -> None:
    if cxx.length != 1:
        cxx.rollback(0)
        cxx.parse(Source(DECLARED, "In[1]"))


def test_line_numbers_skip_blanks_and_comments(cxx: Frontend) -> None:
    script = "\n// a\nint x;\n\nif (x)\n{\n}\n/* b\n*/\n\nint f()\n{ return 1; }\n%help"
    assert [each.line for each in inputs_of(cxx, WholeText(script))] == [3, 5, 11, 13]


def test_line_directives_last(cxx: Frontend) -> None:
    script = 'int a;\n#line 70 "other"\nint b;\n\nint c;\n#line 90\n\nint d;\n'
    places = [(each.name, each.line) for each in inputs_of(cxx, WholeText(script))]
    assert places == [
        ("script", 1),
        ("script", 2),
        ("other", 70),
        ("other", 72),
        ("other", 73),
        ("other", 91),
    ]


def test_head_of_a_script(cxx: Frontend) -> None:
    inputs = inputs_of(cxx, WholeText("\ufeff#!/usr/bin/env forkrepl\nint x;"))
    assert [(each.text, each.line) for each in inputs] == [("int x;", 2)]


@pytest.mark.parametrize("command", ["%help\n", "!ls (\n", "?x\n", ".q\n", "  %who\n"])
def test_commands_stand_between_inputs(command: str, cxx: Frontend) -> None:
    inputs = ["int x;\n", command, "int y = 1\n", command.lstrip(), "x\n"]
    assert texts_of(cxx, WholeText("".join(inputs))) == inputs


def test_no_command_stands_within_an_input(cxx: Frontend) -> None:
    inputs = ['auto s = R"(\n%help\n)";\n', "int f() { return 7\n%4; }\n", "f()\n  %4\n"]
    assert texts_of(cxx, WholeText("".join(inputs))) == inputs


@pytest.mark.parametrize("mistake", ['s = "abc;', "f(];", "f(x;", "f(x));", "v[1;"])
def test_mistake_does_not_let_the_rest_of_a_function_out(mistake: str, cxx: Frontend) -> None:
    function = f"void f() {{\n  {mistake}\n  if (x) {{\n    y();\n  }}\n}}\n"
    assert texts_of(cxx, WholeText(function + "int z;\n"))[0].startswith(function)


def test_long_input(cxx: Frontend) -> None:
    function = "void f(int x) {\n" + "  if (x < 3) { f(x - 1); } // }\n" * 20_000 + "}\n"
    assert texts_of(cxx, WholeText(f"int a;\n{function}int b;\n")) == [
        "int a;\n",
        function,
        "int b;\n",
    ]


def test_one_question_for_many_inputs(cxx: Frontend) -> None:
    lines = [f"int v{number} = {number};\n" for number in range(100)]
    asked = []

    def ask(text: bytes) -> object:
        asked.append(text)
        return cxx.input_ends(text)

    cxx.rollback(0)
    script = ScriptInputs(WholeText("".join(lines)), "script", COMMAND_LINES, ask)  # type: ignore[arg-type]
    assert [source.text for source, _ in script] == lines
    assert len(asked) == 1


PIECES = st.lists(
    st.sampled_from(
        """( ) [ ] { } " ' \\ / * // /* */ R"( )" R"x( )x" #if #else #endif #define 1'0 x int struct
        if else do while try catch template < > >> , ; : :: = == -> . & && * operator requires
        namespace extern % ! ? <: %> <% ??= [[ noexcept () {} return case ++ ~ #pragma #line - +
        %help\n \ufeff \0""".split()  # noqa: SIM905
    )
    | st.sampled_from([" ", "\n", "\r\n", "\\\n", "int a;\n", "a\n", "f(1)\n", "{\n", "}\n"])
    | st.text(max_size=3),
    max_size=30,
).map("".join)
_NOTHING = re.compile(r"(?:\s|\\\n|//(?:[^\\\n]|\\.)*+|/\*.*?\*/|\0)*+", re.DOTALL)


@settings(deadline=None)
@given(script=PIECES, arrives=st.booleans())
@example(script="\n\ufeff", arrives=False)
def test_nothing_is_lost(script: str, arrives: bool, cxx: Frontend) -> None:
    text = Lines(script, is_slow=False) if arrives else WholeText(script)
    cxx.rollback(0)
    rest = script.removeprefix("\ufeff")
    if rest.startswith("#!"):
        rest = rest[len(rest.split("\n")[0]) :]
    for source, _ in ScriptInputs(text, "script", COMMAND_LINES, cxx.input_ends):
        dropped, found, rest = rest.partition(source.text)
        assert found
        assert _NOTHING.fullmatch(dropped)
    assert _NOTHING.fullmatch(rest)
