"""lldb-dap as a process: requests, replies and events of the Debug Adapter Protocol."""

from __future__ import annotations

import contextlib
import itertools
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, BinaryIO

import msgspec

from repl.errors import ShellError
from runtime.kernel_calls.limits import reason

Message = dict[str, Any]

_PATIENCE = 60.0  # s, for a reply
_SHORT_PATIENCE = 3.0  # s, for its end
_LARGEST = 64 << 20  # bytes of a message


class Adapter:
    """A context manager: leaving it ends the process. ``on_event`` is called in a thread of its
    own."""

    def __init__(self, program: str, on_event: Callable[[Message], None]) -> None:
        """Raises ShellError if it cannot be started."""
        try:
            self._process = subprocess.Popen(
                [program, "--no-lldbinit"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is not for it
            )
        except OSError as error:
            raise ShellError(f"cannot start {program}: {reason(error)}") from None
        self._on_event = on_event
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._waiting: dict[int, Future[Message]] = {}
        self._thread = threading.Thread(target=self._read, name="debugger", daemon=True)
        self._thread.start()

    def __enter__(self) -> Adapter:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._input.close()
        try:
            self._process.wait(_SHORT_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._thread.join()
        self._output.close()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def begin(self, command: str, arguments: object = None) -> Future[Message]:
        """Send a request: what it will be answered."""
        future: Future[Message] = Future()
        number = next(self._numbers)
        message: Message = {"seq": number, "type": "request", "command": command}
        if arguments is not None:
            message["arguments"] = arguments
        data = msgspec.json.encode(message)
        with self._lock:
            self._waiting[number] = future
            try:
                self._input.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
                self._input.flush()
            except (OSError, ValueError):
                self._waiting.pop(number).set_exception(_ended())
        return future

    def ask(self, command: str, arguments: object = None) -> Message:
        """Send a request: the answer. Raises ShellError if there is none."""
        return answer_to(self.begin(command, arguments))

    @property
    def _input(self) -> BinaryIO:
        assert self._process.stdin is not None
        return self._process.stdin  # type: ignore[return-value]

    @property
    def _output(self) -> BinaryIO:
        assert self._process.stdout is not None
        return self._process.stdout  # type: ignore[return-value]

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # of what makes no sense is its end
            while (message := _next_message(self._output)) is not None:
                if message.get("type") == "response":
                    with self._lock:
                        future = self._waiting.pop(message.get("request_seq", 0), None)
                    if future is not None:
                        future.set_result(message)
                elif message.get("type") == "event":
                    self._on_event(message)
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            future.set_exception(_ended())


def answer_to(request: Future[Message]) -> Message:
    """Raises ShellError if there is none."""
    try:
        return request.result(_PATIENCE)
    except TimeoutError:
        raise ShellError(f"the debugger has not answered for {_PATIENCE:.0f} s") from None


def _next_message(file: BinaryIO) -> Message | None:
    """None at the end. Raises ValueError for what is none."""
    size = 0
    while line := file.readline(1000).strip():
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            size = int(value)
    if not 0 < size < _LARGEST:
        return None
    message: Message = msgspec.json.decode(file.read(size), type=dict[str, Any])
    return message


def _ended() -> ShellError:
    return ShellError("the debugger has ended")
