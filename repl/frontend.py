"""The Clang frontend, seen from the controller: text in, bitcode out, and back.

An error leaves Clang's state damaged, and ``clang::Interpreter::Undo`` does not
undo macros or includes. So nothing is mended in a process that went wrong. The
frontend forks copies of itself: one parses, others sleep as checkpoints. To go
back, the parsing copy is ended, a checkpoint forks a new one, and the good inputs
since are parsed again. The first process (the root) never parses; it is the
checkpoint "nothing typed yet" and the ancestor that reaps all others.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from repl.compiler_process import CompilerProcess
from repl.errors import CompileError, CompilerDied, Diagnostic, SetupError, ShellError
from repl.framing import Header, receive_message, send_message

_SLOW_PARSE = 0.02  # s: worth a checkpoint of its own
_CHECKPOINT_EVERY = 16  # inputs
_MOST_CHECKPOINTS = 6


@dataclass(frozen=True, slots=True)
class ParsedInput:
    """What Clang made of an input.

    ``bitcode`` is empty if there is nothing to compile. ``value_type``: the type of
    the value that the input hands over, as ``repl.values.ValueType.from_json``
    reads it, or None; ``is_lvalue``: the value is an object that outlives the
    input; ``warnings``: Clang's rendering; ``declares``: there is more in it than
    statements.
    """

    bitcode: bytes
    value_type: dict[str, Any] | None
    is_lvalue: bool
    warnings: str
    declares: bool


@dataclass(frozen=True, slots=True)
class Source:
    """An input: its text, and the file and line that diagnostics name for it."""

    text: str
    name: str
    line: int = 1

    @property
    def unit_name(self) -> str:
        """What its code is called: ``In[3]``, or for one of a file's inputs ``FILE:LINE``."""
        return self.name if self.name.startswith("In[") else f"{self.name}:{self.line}"

    def with_line_directive(self) -> bytes:
        """What Clang gets to see."""
        quoted = self.name.replace("\\", "\\\\").replace('"', '\\"')
        text = f'#line {self.line} "{quoted}"\n{self.text}'
        return text.encode("utf-8", "surrogateescape")


class _Copy:
    """One process of the frontend. ``length``: how many inputs it has parsed."""

    def __init__(self, connection: socket.socket, pid: int, length: int) -> None:
        self._connection = connection
        self._pidfd = os.pidfd_open(pid)
        self.length = length

    def begin_parse(self, source: bytes) -> None:
        """Send an input; ``receive`` gets the answer. Raises CompilerDied."""
        send_message(self._connection, {"op": "parse"}, source)

    def receive(self) -> tuple[Header, bytes]:
        """Wait for the answer to a request. Raises CompilerDied."""
        return receive_message(self._connection)

    def fork(self) -> _Copy:
        """A copy of this copy. Raises CompilerDied, or SetupError if there is no room."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with theirs:
                header = {"op": "checkpoint"}
                send_message(self._connection, header, descriptor=theirs.fileno())
            reply, _ = self.receive()
            if not reply.get("ok"):
                raise SetupError(f"the Clang frontend cannot fork: {reply.get('rendered')}")
            return _Copy(ours, int(reply["pid"]), self.length)
        except (ShellError, OSError):
            ours.close()
            raise

    def kill(self) -> None:
        """End the process, whatever it is doing."""
        self._connection.close()
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        os.close(self._pidfd)


class Frontend:
    """Parses inputs one after another; ``rollback`` forgets the newest ones.

    A context manager: leaving it ends all of its processes.
    """

    def __init__(self, program: Path, flags: Sequence[str]) -> None:
        self._command = [os.fspath(program), *flags]
        self._good: list[bytes] = []
        self._checkpoints: list[_Copy] = []  # the root first
        self._current: _Copy | None = None
        self._begun: bytes | None = None  # the input that _current is parsing
        self._root = CompilerProcess(self._command)

    def __enter__(self) -> Frontend:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def length(self) -> int:
        """How many inputs have been accepted: what ``rollback`` takes."""
        return len(self._good)

    def begin(self, source: Source) -> None:
        """Start to parse an input ahead of ``parse``, which gets the result."""
        self._begun = source.with_line_directive()
        try:
            self._ready_copy().begin_parse(self._begun)
        except CompilerDied:  # parse will notice, and try again
            self._drop_current()

    def parse(self, source: Source) -> ParsedInput:
        """Parse one input. Raises CompileError.

        After any exception the frontend is as it was before.
        """
        text = source.with_line_directive()
        if self._begun != text:
            self._cancel_begun()
        current = self._ready_copy()
        started = time.monotonic()
        try:
            if self._begun is None:
                current.begin_parse(text)
            self._begun = None
            reply, bitcode = current.receive()
        except CompilerDied:
            reason = _shorten(self._root.take_output())
            self._drop_current()
            message = f"{source.name}:{source.line}: error: Clang crashed on this input\n{reason}"
            raise CompileError(message.rstrip(), ()) from None
        except BaseException:  # Ctrl-C
            self._drop_current()
            raise
        if not reply.get("ok"):
            self._drop_current()
            raise _compile_error(reply)
        self._good.append(text)
        current.length += 1
        self._checkpoint_if_worthwhile(current, time.monotonic() - started)
        value: dict[str, Any] | None = reply.get("value")
        return ParsedInput(
            bitcode=bitcode,
            value_type=value["type"] if value else None,
            is_lvalue=value is not None and bool(value["lvalue"]),
            warnings=_shorten(str(reply.get("rendered", ""))),
            declares=bool(reply.get("declares", True)),
        )

    def rollback(self, length: int) -> None:
        """Forget all inputs but the first ``length``: declarations, macros, includes."""
        self._cancel_begun()
        if length == len(self._good):
            return
        del self._good[length:]
        while self._checkpoints[-1].length > length:
            self._checkpoints.pop().kill()
        self._drop_current()

    def snapshot(self) -> tuple[bytes, ...]:
        """The inputs in force, for ``restore``."""
        return tuple(self._good)

    def restore(self, state: tuple[bytes, ...]) -> None:
        """Go to where ``snapshot`` was taken, back or forth."""
        common = 0
        while common < min(len(state), len(self._good)) and state[common] == self._good[common]:
            common += 1
        self.rollback(common)
        if len(state) > common:
            self._good += state[common:]
            self._drop_current()

    def close(self) -> None:
        """End the frontend and its checkpoints."""
        self._drop_current()
        while self._checkpoints:
            self._checkpoints.pop().kill()
        self._root.close()

    def wait_until_ready(self) -> None:
        """Wait for Clang to have started. Raises SetupError if it cannot."""
        if self._checkpoints:
            return
        try:
            reply, _ = receive_message(self._root.connection)
        except CompilerDied:
            raise SetupError(
                f"the Clang frontend ({self._command[0]}) does not start: "
                f"{self._root.last_words()}\n"
                "It needs the shared libraries of LLVM and Clang 22 (on Debian: libllvm22 and "
                "libclang-cpp22); 'make setup' installs them"
            ) from None
        if not reply.get("ok"):
            reason = self._root.take_output() or str(reply.get("rendered", ""))
            raise SetupError(_shorten(reason.removeprefix("error: ")))
        self._checkpoints.append(_Copy(self._root.connection, self._root.pid, 0))

    def _ready_copy(self) -> _Copy:
        """The copy that parses, made from the newest checkpoint if there is none."""
        self.wait_until_ready()
        while self._current is None:
            checkpoint = self._checkpoints[-1]
            try:
                self._current = checkpoint.fork()
                for source in self._good[checkpoint.length :]:
                    self._replay(self._current, source)
            except CompilerDied:
                self._drop_current()
                self._lose_checkpoint()
        return self._current

    def _replay(self, copy: _Copy, source: bytes) -> None:
        copy.begin_parse(source)
        reply, _ = copy.receive()
        if not reply.get("ok"):
            raise ShellError(
                "an input that was accepted before is now rejected (did a file that it includes "
                f"change?)\n{reply.get('rendered', '')}"
            )
        copy.length += 1

    def _cancel_begun(self) -> None:
        if self._begun is not None:
            self._drop_current()

    def _drop_current(self) -> None:
        self._begun = None
        if self._current is not None:
            self._current.kill()
            self._current = None

    def _lose_checkpoint(self) -> None:
        """The newest checkpoint does not answer: do without it."""
        self._checkpoints.pop().kill()
        if not self._checkpoints:
            self._root.close()
            self._root = CompilerProcess(self._command)
            self.wait_until_ready()

    def _checkpoint_if_worthwhile(self, current: _Copy, parse_time: float) -> None:
        since = current.length - self._checkpoints[-1].length
        if parse_time < _SLOW_PARSE and since < _CHECKPOINT_EVERY:
            return
        with contextlib.suppress(CompilerDied, SetupError):  # older ones must do
            self._checkpoints.append(current.fork())
        if len(self._checkpoints) > _MOST_CHECKPOINTS:
            self._checkpoints.pop(1).kill()


_LONGEST_LINE = 1000  # characters
_MOST_TEXT = 10_000


_TRAILING_NEWLINE = re.compile(r"\n((?:\x1b\[[\d;]*m)*)\Z")  # before what resets the colour


def _shorten(text: str) -> str:
    """Clang quotes what it was given: a line of 10 MB need not be seen again."""
    lines = [
        line if len(line) <= _LONGEST_LINE else line[:_LONGEST_LINE] + " ..."
        for line in _TRAILING_NEWLINE.sub(r"\1", text).split("\n")
    ]
    shown = total = 0
    while shown < len(lines) and total < _MOST_TEXT:
        total += len(lines[shown])
        shown += 1
    if shown < len(lines):
        lines[shown:] = [f"... and {len(lines) - shown} more lines of diagnostics"]
    return "\n".join(lines)


def _compile_error(reply: Header) -> CompileError:
    diagnostics = tuple(
        Diagnostic(
            severity=str(record.get("severity", "error")),
            message=str(record.get("message", "")),
            file=str(record.get("file", "")),
            line=int(record.get("line", 0)),
            column=int(record.get("column", 0)),
        )
        for record in reply.get("diagnostics", [])
    )
    rendered = _shorten(str(reply.get("rendered", "")))
    return CompileError(rendered or "Clang rejected the input", diagnostics)
