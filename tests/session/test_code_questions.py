"""Asking Clang about an input that is being typed, from the controller's side."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from repl import native_programs
from repl.clang.code_questions import CodeQuestions
from repl.clang.frontend import Frontend
from repl.clang.frontend_copies import FrontendCopy
from repl.editor.code_answers import CodeAnswer
from repl.editor.code_source import Question
from repl.input.source import Source
from tests.support.leaks import MARK, living, wait_for

_DECLARATIONS = """\
#define A_MACRO 1
namespace space { struct Inner { int member_one; static int shared; }; }
struct Point { int left; [[deprecated]] int right; private: int hidden; public: Point(int, int); };
Point here(1, 2); int ünder = 1;
/// Adds them up.
template <class T> T sum(T first, T second = T()) { return first + second; }
"""


@pytest.fixture(scope="module")
def mark() -> Iterator[str]:
    """What the processes of this test have in their environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(MARK, f"questions-{os.getpid()}")
        yield os.environ[MARK]


@pytest.fixture(scope="module")
def frontend(mark: str) -> Iterator[Frontend]:
    with Frontend(native_programs.frontend(), ["-xc++"], redefinition=True) as frontend:
        frontend.parse(Source(_DECLARATIONS, "In[1]"))
        yield frontend


@pytest.fixture
def questions(frontend: Frontend) -> Iterator[CodeQuestions]:
    with CodeQuestions(frontend.scratch, frontend.input_ends) as questions:
        yield questions


def ask(questions: CodeQuestions, question: Question, text: str) -> CodeAnswer:
    """The place is where the `|` is."""
    before, _, after = text.partition("|")
    return questions.ask(question, before + after, len(before)).result(30)


def names(questions: CodeQuestions, text: str) -> list[str]:
    return [item.name for item in ask(questions, "complete", text).items]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("here.|", ["left", "right"]),
        ("space::Inner::sh|", ["shared"]),
        ("space::|", ["Inner"]),
        ("A_MAC|", ["A_MACRO"]),
        ("ün|", ["ünder"]),
        ("/* ü */ here.le|", ["left"]),
        ("int f() {\n  here.le|\n}\nint g();", ["left"]),
        ("struct Point { int other_one; int f() { return oth| } int last; };", ["other_one"]),
        ("// here.|", []),
        ("/* here.|", []),
        ('"here.|', []),
        ("no_such_name|", []),
        ("here.|" + "}" * 100, ["left", "right"]),
    ],
)
def test_names(questions: CodeQuestions, text: str, expected: list[str]) -> None:
    assert names(questions, text) == expected


def test_what_is_told_of_a_name(questions: CodeQuestions) -> None:
    (item,) = ask(questions, "complete", "su|").items
    assert (item.kind, item.type) == ("function", "T")
    assert item.signature == "(T first, T second = T())"
    assert item.doc == "Adds them up."
    items = ask(questions, "complete", "here.|").items
    assert [item.deprecated for item in items] == [False, True]
    assert [item.kind for item in items] == ["field", "field"]


def test_the_users_names_come_first(questions: CodeQuestions) -> None:
    answer = ask(questions, "complete", "int local = 1; |")
    kinds = [item.kind for item in answer.items]
    assert "keyword" not in kinds[: kinds.index("namespace")]


def test_signatures(questions: CodeQuestions) -> None:
    (signature,) = ask(questions, "signature", "sum(1, |").signatures
    assert signature.before == "sum(int first, "
    assert signature.current.startswith("int second")
    assert ask(questions, "signature", "int n = |").signatures == ()


@pytest.mark.parametrize("text", ["(|", "f(}}|", "template <|", "#include <|", "\x00|", "@|"])
def test_what_clang_cannot_answer_is_no_error(questions: CodeQuestions, text: str) -> None:
    """It crashes on some of these."""
    ask(questions, "complete", text)
    ask(questions, "signature", text)
    assert names(questions, "here.le|") == ["left"]


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_questions_leave_nothing_behind(mark: str, questions: CodeQuestions) -> None:
    questions.stop()
    ask(questions, "complete", "here.|")
    descriptors, processes = open_descriptors(), len(living(mark))
    assert processes
    for _ in range(5):
        ask(questions, "complete", "here.|")
        ask(questions, "signature", "(|")  # Clang crashes
        questions.ask("complete", "here.", 5)  # and is given up
    questions.stop()
    assert open_descriptors() == descriptors
    # The first question's copy may still have been there when they were counted.
    assert wait_for(lambda: len(living(mark)) <= processes)


def test_questions_change_nothing(frontend: Frontend, questions: CodeQuestions) -> None:
    ask(questions, "complete", "int asked = 1;\n#define ASKED\nhere.|")
    questions.stop()
    length = frontend.length
    assert frontend.parse(Source("\n#ifdef ASKED\n#error\n#endif\nint asked = 2;", "In[2]")).bitcode
    frontend.rollback(length)


def test_a_question_that_is_given_up_ends_at_once(frontend: Frontend, tmp_path: Path) -> None:
    """Clang waits for ever for what a pipe has to say."""
    os.mkfifo(tmp_path / "pipe.h")
    copies: list[FrontendCopy] = []

    @contextmanager
    def noted() -> Iterator[FrontendCopy]:
        with frontend.scratch() as copy:
            copies.append(copy)
            yield copy

    with CodeQuestions(noted, frontend.input_ends) as asking:
        text = f'#include "{tmp_path}/pipe.h"\nhere.'
        first = asking.ask("complete", text, len(text))
        assert wait_for(lambda: len(copies) == 1)
        second = asking.ask("complete", "here.", 5)  # the first is given up
        assert first.result(30) == CodeAnswer()
        assert len(second.result(30).items) == 2
        third = asking.ask("complete", text, len(text))
        queued = asking.ask("signature", "sum(", 4)
        asking.stop()
        assert third.result(30) == CodeAnswer()
        assert queued.result(30) == CodeAnswer()

    assert frontend.parse(Source("int after = 1;", "In[2]")).bitcode
