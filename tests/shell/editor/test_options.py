"""What may be configured about the prompt."""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import suppress

from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from repl.commands import COMMAND_LINES
from repl.editor.code_answers import CodeAnswer, CompletionItem, Signature
from repl.editor.options import PromptOptions
from repl.editor.prompt import Prompt
from tests.support.editor import KEYS, type_slowly

ENTER, CTRL_C, CTRL_D, CTRL_N = "\r", "\x03", "\x04", "\x0e"


class KnowsVectors:
    """A code source; counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def ask(self, question: str, text: str, offset: int) -> Future[CodeAnswer]:
        self.asked.append(question)
        items = tuple(CompletionItem(name, insert=name) for name in ("size", "swap"))
        answer: Future[CodeAnswer] = Future()
        answer.set_result(CodeAnswer(items, (Signature(before="f("),)))
        return answer

    def is_complete(self, text: str) -> bool | None:
        return None

    def cancel(self, question: str) -> None:
        pass


def read_all(
    options: PromptOptions, *keys: str, is_asked: bool = False
) -> tuple[list[str], list[str]]:
    """Type with pauses between ``keys``, then Ctrl-D: what was submitted, and asked.
    ``is_asked``: the user waits for that."""
    source = KnowsVectors()
    submitted: list[str] = []
    with create_pipe_input() as pipe:
        prompt = Prompt(
            options,
            colour=True,
            commands=COMMAND_LINES,
            source=source,
            input=pipe,
            output=DummyOutput(),
        )
        ready = lambda: bool(source.asked) or not is_asked  # noqa: E731
        type_slowly(pipe, *keys, CTRL_C + CTRL_D, ready=ready)
        with suppress(EOFError):
            while True:
                submitted.append(prompt.read(len(submitted) + 1))
    return submitted, source.asked


def test_completion_while_typing() -> None:
    typed = ("v.s", CTRL_N + CTRL_N, ENTER, ENTER)
    assert read_all(PromptOptions(complete_while_typing=True), *typed)[0] == ["v.swap"]
    assert read_all(PromptOptions(), *typed) == (["v.s", ""], [])


def test_signature_help_can_be_switched_off() -> None:
    shown = read_all(PromptOptions(), "f(", ")" + ENTER, is_asked=True)
    assert shown == (["f()"], ["signature"])
    assert read_all(PromptOptions(signature_help=False), "f(", ")" + ENTER) == (["f()"], [])


def test_suggestions_can_be_switched_off() -> None:
    typed = ("int x;" + ENTER, "int", KEYS["right"], ENTER)
    assert read_all(PromptOptions(), *typed)[0] == ["int x;", "int x;"]
    typed = ("int x;" + ENTER, "x", KEYS["right"], ENTER)
    assert read_all(PromptOptions(suggestions=False), *typed)[0] == ["int x;", "x"]


def test_vi_keys() -> None:
    typed = ("int ab;", KEYS["escape"], "0wcw" + "xyz" + KEYS["escape"], "A " + ENTER)
    assert read_all(PromptOptions(vi_mode=True), *typed)[0] == ["int xyz; "]


def test_indentation() -> None:
    assert read_all(PromptOptions(indent=2), "{" + ENTER + "x;" + ENTER + "}" + ENTER)[0] == [
        "{\n  x;\n}"
    ]


def test_themes_without_colours() -> None:
    assert read_all(PromptOptions(theme="none"), "int x;" + ENTER)[0] == ["int x;"]
    assert read_all(PromptOptions(theme="dark"), "return 1;" + ENTER)[0] == ["return 1;"]
