"""What the program and the shell print, on its way to the notebook.

Descriptors 1 and 2 of this process, and so of all its children, are pipes. A thread reads them and
sends what comes as ``stream`` messages, which belong to the cell that was begun last. Among what is
printed are marks: there the program has something to show (``displayed``).
"""

from __future__ import annotations

import codecs
import io
import os
import select
import sys
import threading
import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

from repl.program.output_pipe import OutputPipe

_LARGEST_PIECE = 1 << 20  # bytes of one message
_MUCH = 1 << 16  # bytes: who prints so much is not made to wait
_BATCH_TIME = 0.05  # s, for which small pieces are collected
_NAMES = ("stdout", "stderr")


class Mark(NamedTuple):
    """``begin`` and ``end``: where it is; ``name``: of what is to be shown."""

    begin: int
    end: int
    name: str


class Marks(Protocol):
    """What is among the bytes of the output, and no text."""

    def find(self, data: bytes) -> Mark | None:
        """The first one."""

    def possible_begin(self, data: bytes) -> int:
        """Where one may begin of which the end is not there yet; else the end."""

    def obey(self, name: str) -> None:
        """What comes before has been sent."""


Send = Callable[[str, str], None]
"""Is told the name of a stream, and text."""


class OutputPipes:
    """Takes the place of descriptors 1 and 2 until ``end``; ``start`` begins to read.

    ``log``: what descriptor 2 was, for messages that are not for the notebook.
    """

    def __init__(self) -> None:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            if isinstance(stream, io.TextIOWrapper):  # whoever prints flushes, once
                stream.reconfigure(line_buffering=False)
        self._replaced = {number: os.dup(number) for number in (1, 2)}
        self.log = open(os.dup(2), "w", buffering=1, errors="replace")  # noqa: SIM115
        self._streams = [_Stream(name, number) for number, name in enumerate(_NAMES, 1)]
        self._lock = threading.Lock()
        self._send: Send = lambda name, text: None
        self._marks: Marks | None = None

    def start(self, send: Send, marks: Marks) -> None:
        """Begin to read; ``send`` gets what has come, from any thread, one piece at a time.
        ``marks``: see there."""
        self._send, self._marks = send, marks
        threading.Thread(target=self._run, name="output", daemon=True).start()

    def drain(self) -> None:
        """Send what has been printed by now, also what is not a whole character yet."""
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        with self._lock:
            for each in self._streams:
                # No more than is there now: who prints for ever is not waited for.
                self._pass_on(each, each.pipe.waiting())
                self._tell(each, each.held, is_final=True)
                each.held = b""

    def end(self) -> None:
        """Put back what was replaced; who has inherited the pipes can still write."""
        self.drain()
        for number, descriptor in self._replaced.items():
            os.dup2(descriptor, number)
            os.close(descriptor)
        self._replaced = {}

    def _run(self) -> None:
        by_descriptor = {each.pipe.descriptor: each for each in self._streams}
        poll = select.poll()
        for descriptor in by_descriptor:
            poll.register(descriptor, select.POLLIN)
        while True:
            ready = sorted(descriptor for descriptor, _ in poll.poll())
            with self._lock:
                passed = sum(
                    self._pass_on(by_descriptor[descriptor], _LARGEST_PIECE) for descriptor in ready
                )
            if passed < _MUCH:  # what is printed meanwhile becomes one message
                time.sleep(_BATCH_TIME)

    def _pass_on(self, stream: _Stream, size: int) -> int:
        """Read up to ``size`` bytes of what is there, and send them: how many that were."""
        left = size
        while left > 0 and (piece := stream.pipe.read(min(left, _LARGEST_PIECE))):
            left -= len(piece)
            piece = stream.held + piece
            while self._marks is not None and (mark := self._marks.find(piece)) is not None:
                self._tell(stream, piece[: mark.begin], is_final=True)
                self._marks.obey(mark.name)
                piece = piece[mark.end :]
            kept = len(piece) if self._marks is None else self._marks.possible_begin(piece)
            piece, stream.held = piece[:kept], piece[kept:]
            self._tell(stream, piece)
        return size - left

    def _tell(self, stream: _Stream, data: bytes, *, is_final: bool = False) -> None:
        text = stream.decoder.decode(data, is_final)
        if text:
            self._send(stream.name, text)


class _Stream:
    """The reading end of the pipe in the place of a descriptor."""

    def __init__(self, name: str, replaced: int) -> None:
        self.name = name
        self.pipe = OutputPipe()
        os.dup2(self.pipe.writing, replaced)
        self.pipe.close_writing()
        self.held = b""  # what may be the beginning of a mark
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
