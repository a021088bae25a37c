"""Precompiled headers, as a session of Clang uses them.

When the first inputs of a session are includes of standard headers and nothing else,
and the cache has an entry for exactly these, a copy of the frontend's root begins again
with the entry in the place of parsing them: 10 ms instead of up to 1 s. The input
itself is then parsed as ever, and finds that all it includes is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from repl.clang.frontend_copies import FrontendCopies, FrontendCopy
from repl.clang.header_cache.standard_headers import Include, includes_of, includes_of_all
from repl.clang.header_cache.storage import HeaderCache, drop
from repl.clang.inputs import AcceptedInput
from repl.clang.protocol import BeginPrecompiled
from repl.errors import CompilerDied, CompilerTimeout, SetupError

_SLOW_PARSE = 0.03  # s: worth an entry
_LONGEST_START = 10.0  # s
Headers = tuple[str, ...]


class PrecompiledHeaders:
    """Looks them up for one frontend. ``cache``: None for never.

    ``wishes``: what would have saved time if it had been there.
    """

    def __init__(self, cache: HeaderCache | None) -> None:
        self.cache = cache
        self.wishes: list[Headers] = []
        self._in_use: Path | None = None

    def begin(
        self, copies: FrontendCopies, inputs: Sequence[AcceptedInput], text: bytes
    ) -> FrontendCopy | None:
        """A copy in which ``inputs`` count as parsed, and the headers that ``text``
        includes are there; None if that cannot be had."""
        includes = self._includes(inputs, text)
        path = self.cache.find(_headers(includes)) if self.cache and includes else None
        if self.cache is None or path is None:
            return None
        try:
            copy = copies.fork_root()
        except CompilerDied:  # there is a new root; let it parse
            return None
        try:
            copy.length = len(inputs)
            reply = self._start(copy, path, includes, inputs)
            if reply == "started":
                self._in_use = path
                return copy
            if reply == "useless":
                drop(path)
                copies.take_output()
        except BaseException:  # Ctrl-C
            copy.kill()
            raise
        copy.kill()
        return None

    def note_parse(self, inputs: Sequence[AcceptedInput], text: bytes, seconds: float) -> None:
        """An input has been parsed: if that was slow, an entry is wished for."""
        if self.cache is None or seconds < _SLOW_PARSE:
            return
        headers = _headers(self._includes(inputs, text))
        if headers and headers not in self.wishes and self.cache.find(headers) is None:
            self.wishes.append(headers)

    def distrust(self) -> bool:
        """Clang has crashed: was that after a precompiled header? If so, it is dropped,
        and none is used any more."""
        path, self._in_use = self._in_use, None
        if path is None:
            return False
        drop(path)
        self.cache = None
        return True

    def _includes(self, inputs: Sequence[AcceptedInput], text: bytes) -> tuple[Include, ...]:
        if not includes_of(text):
            return ()
        return includes_of_all([*(each.text for each in inputs), text])

    def _start(
        self,
        copy: FrontendCopy,
        path: Path,
        includes: Sequence[Include],
        inputs: Sequence[AcceptedInput],
    ) -> str:
        """Returns ``started``, ``unsuitable`` or ``useless``: the entry is no good."""
        assert self.cache is not None
        request = BeginPrecompiled(
            file=_as_text(str(path)),
            places=tuple(_as_text(include.place) for include in includes),
            inputs=len(inputs),
            emitted=tuple(name for each in inputs for name in each.variables),
        )
        try:
            copy.send(request)
            intact = self.cache.is_intact(path)  # while Clang begins
            reply, _ = copy.receive(request.reply_type(), _LONGEST_START)
        except (CompilerDied, CompilerTimeout, SetupError):
            return "useless"
        if reply.overlaps:
            return "unsuitable"
        return "started" if intact and reply.ok else "useless"


def _as_text(name: str) -> str:
    """A file's name may be no text: then Clang says so, or finds no such file."""
    return name.encode("utf-8", "replace").decode()


def _headers(includes: Sequence[Include]) -> Headers:
    return tuple(include.header for include in includes)
