"""Signature help: below the input, what is being called and which argument comes now."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence

from prompt_toolkit.application import get_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.formatted_text import StyleAndTextTuples

from repl.editor.call_site import CallSite, find_call
from repl.editor.code_answers import Signature
from repl.editor.code_source import CodeSource

_PAUSE = 0.1  # s: who types on does not look down
_MOST_LINES = 4
_NARROWEST = 20  # columns
_LONGEST = 100_000  # characters
_NOISE = re.compile(r"\s*\b(?:_Nonnull|_Nullable|__restrict(?:__)?)\b")


def without_noise(text: str) -> str:
    """A declaration without what the C library's headers say to optimisers."""
    return _NOISE.sub("", text)


class SignatureHelp:
    """Follows a buffer, asks about the call that the cursor is in, and keeps the answer.

    ``show`` is told whether there is anything to show; then ``lines`` has it.
    """

    def __init__(self, source: CodeSource, show: Callable[[bool], None]) -> None:
        self._source = source
        self._show = show
        self._call: tuple[CallSite, str] | None = None  # with the text before the argument
        self._task: asyncio.Task[None] | None = None
        self._signatures: Sequence[Signature] = ()

    def follow(self, buffer: Buffer) -> None:
        """Update what is shown, after a change of the text or the cursor."""
        text = buffer.text
        site = find_call(text, buffer.cursor_position) if len(text) < _LONGEST else None
        call = (site, text[: site.argument]) if site else None
        if call == self._call:
            return
        is_same = bool(call and self._call and call[0].begin == self._call[0].begin)
        if not is_same:
            self.hide()
        self._call = call
        if call is not None:
            # Of the text behind the argument Clang needs nothing.
            self._restart(call[1])

    def hide(self) -> None:
        """Show nothing, and cancel the question that is under way."""
        self._call, self._signatures = None, ()
        self._source.cancel("signature")
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._show(False)

    def lines(self) -> StyleAndTextTuples:
        """What is to be shown, for the width of the terminal."""
        size = get_app().output.get_size()
        most = max(min(_MOST_LINES, size.rows // 4), 1)
        shown = self._signatures[:most]
        parts: StyleAndTextTuples = []
        for number, signature in enumerate(shown):
            if number:
                parts.append(("", "\n"))
            parts += _line(signature, max(size.columns, _NARROWEST))
        more = len(self._signatures) - len(shown)
        if more:
            parts.append(("class:signature", f"  (+{more} more)"))
        return parts

    def _restart(self, text: str) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = get_app().create_background_task(self._fetch(text))

    async def _fetch(self, text: str) -> None:
        await asyncio.sleep(_PAUSE)
        reply = await asyncio.wrap_future(self._source.ask("signature", text, len(text)))
        self._signatures = reply.signatures
        self._show(bool(self._signatures))
        get_app().invalidate()


def _line(signature: Signature, width: int) -> StyleAndTextTuples:
    """One line; if it is too long, the parameters before the current one are cut."""
    before = without_noise(f"{signature.type} {signature.before}").lstrip()
    current = without_noise(signature.current)
    room = max(width - len(current) - 2, _NARROWEST // 2)
    if len(before) > room:
        head = before[: before.find("(") + 1]
        head = head if len(head) < room // 2 else ""
        before = head + "..." + before[len(before) - room + len(head) + 3 :]
    after = without_noise(signature.after)
    return [
        ("class:signature", before),
        ("class:signature class:signature.current", current),
        ("class:signature", after),
    ]
