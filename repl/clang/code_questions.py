"""Asks Clang about an input that is still being typed: completion and signature help.

Each question goes to a scratch copy of the frontend, which answers it and ends. One thread
does the asking, so that nobody who types has to wait.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress

from repl.clang.attempts import redefined
from repl.clang.frontend_copies import FrontendCopy
from repl.clang.inputs import AcceptedInput
from repl.clang.protocol import Complete, DescribeCall, Parsed, Suggested
from repl.editor.code_answers import CodeAnswer
from repl.editor.code_source import Question
from repl.input.input_ends import InputEnds

_ENTER_LIMIT = 0.5  # s: that somebody notices, but not longer
_LIMIT = 5.0  # s: who has waited so long has typed on
_MOST_ROUNDS = 10  # of finding out what the input redefines
_LONGEST_TEXT = 200_000  # bytes
_REQUESTS: dict[Question, type[Complete | DescribeCall]] = {
    "complete": Complete,
    "signature": DescribeCall,
}
_NOTHING = Suggested(ok=False)


class CodeQuestions:
    """Asks one question at a time, in a thread of its own.

    ``scratch`` and ``input_ends``: those of ``Frontend``. Nobody else may use the frontend
    between a question and ``stop``. A context manager: leaving it ends the thread.
    """

    def __init__(
        self,
        scratch: Callable[[], AbstractContextManager[FrontendCopy]],
        input_ends: Callable[..., InputEnds],
    ) -> None:
        self._scratch = scratch
        self._input_ends = input_ends
        # One thread for the whole session: a frontend process that it starts ends with it.
        self._thread = ThreadPoolExecutor(1, "code-questions")
        self._lock = threading.Lock()
        self._wanted: dict[Question, object] = {}  # the newest question of each kind
        self._asked: tuple[Question, FrontendCopy] | None = None  # who is busy, with what kind

    def __enter__(self) -> CodeQuestions:
        return self

    def __exit__(self, *_: object) -> None:
        self._cancel_all()
        self._thread.shutdown(cancel_futures=True)

    def ask(self, question: Question, text: str, offset: int) -> Future[CodeAnswer]:
        """See ``repl.editor.code_source.CodeSource``."""
        self.cancel(question)
        ticket = object()
        self._wanted[question] = ticket
        try:
            return self._thread.submit(self._answer, question, ticket, text, offset)
        except RuntimeError:  # no room for a thread
            nothing: Future[CodeAnswer] = Future()
            nothing.set_result(CodeAnswer())
            return nothing

    def is_complete(self, text: str) -> bool | None:
        """See ``repl.editor.code_source.CodeSource``."""
        for question in tuple(self._wanted):
            self.cancel(question)
        try:
            return self._thread.submit(self._ask_ends, text).result(_ENTER_LIMIT)
        except Exception:
            return None  # it took too long, or who runs the input will learn why

    def _ask_ends(self, text: str) -> bool:
        data = text.encode("utf-8", "surrogateescape")
        return self._input_ends(data, whole=True, limit=_ENTER_LIMIT).is_complete

    def is_wrong(self, text: str) -> bool:
        """Whether Clang rejects an input, whatever it may declare again."""
        try:
            return self._thread.submit(self._ask_whether_wrong, text).result(_LIMIT)
        except Exception:
            return False  # who runs it will learn why

    def _ask_whether_wrong(self, text: str) -> bool:
        with self._scratch() as copy:
            copy.begin_parse(AcceptedInput(text.encode("utf-8", "surrogateescape")), ())
            reply, _ = copy.receive(Parsed, _LIMIT)
        return not (reply.ok or reply.redefines or reply.completion)

    def cancel(self, question: Question) -> None:
        """See ``repl.editor.code_source.CodeSource``."""
        with self._lock:
            self._wanted.pop(question, None)
            if self._asked is not None and self._asked[0] == question:
                self._asked[1].interrupt()

    def stop(self) -> None:
        """Give up all questions, and wait until the frontend is free."""
        self._cancel_all()
        with suppress(RuntimeError):  # no room for a thread: then there is none to wait for
            self._thread.submit(lambda: None).result()

    def _cancel_all(self) -> None:
        for question in tuple(self._wanted):
            self.cancel(question)

    def _answer(self, question: Question, ticket: object, text: str, offset: int) -> CodeAnswer:
        before = text[:offset].encode("utf-8", "surrogateescape")
        after = text[offset:].encode("utf-8", "surrogateescape")
        if len(before) + len(after) > _LONGEST_TEXT:
            return CodeAnswer()
        line = before.count(b"\n") + 1
        column = len(before) - before.rfind(b"\n")  # -1 on the first line makes it 1-based, too
        source = AcceptedInput(before + after)
        for _ in range(_MOST_ROUNDS):
            reply = self._ask_copy(question, ticket, source, line, column)
            more = redefined(reply.redefines, source)
            if not more:
                break
            source = AcceptedInput(source.text, source.hides + more)
        return CodeAnswer(reply.items, reply.signatures)

    def _ask_copy(
        self, question: Question, ticket: object, source: AcceptedInput, line: int, column: int
    ) -> Suggested:
        request = _REQUESTS[question](line, column, source.hides)
        try:
            with self._copy_for(question, ticket) as copy:
                if copy is None:
                    return _NOTHING
                return copy.ask(request, source.text, _LIMIT)[0]
        except Exception:  # Clang crashed on it, or was ended by ``cancel``
            return _NOTHING

    @contextmanager
    def _copy_for(self, question: Question, ticket: object) -> Iterator[FrontendCopy | None]:
        """A scratch copy that ``cancel`` may end; none if the question has been given up."""
        if self._wanted.get(question) is not ticket:
            yield None
            return
        with self._scratch() as copy:
            with self._lock:
                self._asked = (question, copy)
                is_wanted = self._wanted.get(question) is ticket
            try:
                yield copy if is_wanted else None
            finally:
                with self._lock:
                    self._asked = None
