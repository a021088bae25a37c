"""Tab in cells of C++: Clang is asked."""

from __future__ import annotations

import asyncio
import re
import weakref
from concurrent.futures import ThreadPoolExecutor

from IPython.core.completer import (
    CompletionContext,
    SimpleCompletion,
    SimpleMatcherResult,
    context_matcher,
)

from repl.errors import ShellError
from repl.ipython.sessions import Sessions
from repl.jupyter.questions import Questions
from repl.python.session import Session
from runtime.errors import RuntimeFailure

_CELL = re.compile(r"\s*%%(?P<language>cpp|c)\b[^\n]*\n")
_LINE = re.compile(r"(?:.*=)?\s*%(?P<language>cpp|c)[ \t]+(?=\S)")


class CellCompleter:
    """``matcher`` is for IPython's ``custom_matchers``."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._questions: weakref.WeakKeyDictionary[Session, Questions] = weakref.WeakKeyDictionary()
        # IPython calls from a thread that may have a loop of its own.
        self._thread = ThreadPoolExecutor(1, "forkrepl-completion")

    def end(self) -> None:
        """Nothing is asked any more."""
        self._thread.shutdown(wait=False)

    @context_matcher(identifier="forkrepl")
    def matcher(self, context: CompletionContext) -> SimpleMatcherResult:
        """What may stand at the cursor, in a cell of ours."""
        nothing = SimpleMatcherResult(completions=[])
        found = _code_at(context)
        if found is None:
            return nothing
        code, cursor, is_c = found
        session = self._sessions.begun(is_c=is_c)
        if session is None:
            return nothing
        try:
            questions = self._questions_of(session)
            reply = self._thread.submit(asyncio.run, questions.complete(code, cursor)).result()
        except (ShellError, RuntimeFailure):  # the next cell will tell
            return nothing
        types = reply["metadata"].get("_jupyter_types_experimental", [])
        kinds = {each["text"]: each["type"] for each in types}
        return SimpleMatcherResult(
            completions=[SimpleCompletion(m, type=kinds.get(m, "")) for m in reply["matches"]],
            matched_fragment=code[reply["cursor_start"] : cursor],
            suppress=True,  # names of Python's have no meaning there
            ordered=True,
        )

    def _questions_of(self, session: Session) -> Questions:
        if session not in self._questions:
            self._questions[session] = Questions(self._sessions.shell(session))
        return self._questions[session]


def _code_at(context: CompletionContext) -> tuple[str, int, bool] | None:
    """The C++ that the cursor is in, where in it, and whether it is C; None if it is none."""
    text = context.full_text
    lines = text.split("\n")
    cursor = sum(len(line) + 1 for line in lines[: context.cursor_line]) + context.cursor_position
    cell = _CELL.match(text)
    if cell is not None and cursor >= cell.end():
        return text[cell.end() :], cursor - cell.end(), cell["language"] == "c"
    line = _LINE.match(lines[context.cursor_line])
    if line is not None and context.cursor_position >= line.end():
        code = context.line_with_cursor[line.end() :]
        return code, context.cursor_position - line.end(), line["language"] == "c"
    return None
