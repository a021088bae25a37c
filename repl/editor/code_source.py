"""What the editor asks about code, without knowing who answers."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Literal, Protocol

from repl.editor.code_answers import CodeAnswer

Question = Literal["complete", "signature"]


class CodeSource(Protocol):
    """Answers questions about an input that is still being typed."""

    def ask(self, question: Question, text: str, offset: int) -> Future[CodeAnswer]:
        """What may stand at ``offset`` in ``text``, or what is being called there.

        Returns at once. The answer is empty if there is none. An earlier question of that
        kind is given up.
        """

    def is_complete(self, text: str) -> bool | None:
        """Whether more lines are not needed, or do not help; None if that takes too long."""

    def cancel(self, question: Question) -> None:
        """Give up what has been asked: its answer is empty and comes soon."""
