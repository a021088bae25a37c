"""The kernel: Jupyter's messages, answered by a session.

The session runs in the main thread, as at a prompt: Ctrl-C is a signal, which Python hands to that
thread. A cell keeps it busy, so what notebooks ask meanwhile is answered by another
(``questions``).
"""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

from ipykernel.kernelbase import Kernel
from traitlets import Instance, List

from repl.clang.flags import standard_of
from repl.command_line.versions import installed
from repl.commands import Quit
from repl.errors import ProgramExited, ShellError
from repl.jupyter.cells import Bundle, Cells
from repl.jupyter.debugger.cell_debugger import CellDebugger, find_adapter
from repl.jupyter.debugger.variables import forms_of, variables_of
from repl.jupyter.displays import Displays, Shown
from repl.jupyter.errors import ErrorContent, error_content
from repl.jupyter.history import CellHistory
from repl.jupyter.input import ProgramInput
from repl.jupyter.notebook_shell import NotebookShell
from repl.jupyter.output import OutputPipes
from repl.jupyter.questions import Questions
from repl.jupyter.standard_input import ask_frontend
from runtime.errors import RuntimeFailure

_PATIENCE = 3.0  # s, for a cell that is interrupted; Jupyter has 5 for the kernel
_TICK = 0.02  # s
_CODEMIRROR = {"c++": "text/x-c++src", "c": "text/x-csrc"}
_CANNOT_ASK = "(this frontend cannot be asked for input: the program is told that it ends)\n"
_CANNOT_QUIT = "%quit: a kernel is ended by the notebook's menu; %reset begins with nothing"
_ASIDE = {
    "complete_request",
    "inspect_request",
    "is_complete_request",
    "history_request",
    "kernel_info_request",
    "comm_info_request",
}
"""What is answered while a cell runs."""


class ForkreplKernel(Kernel):
    """``shell``: with the session, which is the caller's to end; ``output`` and ``program_input``:
    what takes the place of the process's standard descriptors."""

    implementation = "forkrepl"
    shell = Instance(NotebookShell)
    output = Instance(OutputPipes)
    displays = Instance(Displays)
    program_input = Instance(ProgramInput)
    help_links = List([{"text": "C++ Reference", "url": "https://en.cppreference.com"}])

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.implementation_version = installed("forkrepl")
        self.banner = f"forkrepl {self.implementation_version}: {self._language}"
        self._questions = Questions(self.shell)
        self._cells = Cells(self.shell, self)
        self._history = CellHistory()
        suffix = str(self.language_info["file_extension"])
        self._debugger = CellDebugger(suffix, self._send_debug_event, self._variables, self._forms)
        self._payload: list[dict[str, Any]] = []
        self._cell: dict[str, Any] = {}  # the request that output belongs to
        self._cell_ident: Any = b""
        self._waiting = 0  # execute requests that have come and are not done
        self._waiting_lock = threading.Lock()

    @property
    def _language(self) -> str:
        return "C" if self.shell.is_c else "C++"

    @property
    def language_info(self) -> dict[str, object]:  # type: ignore[override]
        """See Jupyter's messaging protocol."""
        name = self._language.lower()
        return {
            "name": name,
            "version": standard_of(self.shell.session.options.compiler_flags),
            "mimetype": _CODEMIRROR[name],
            "file_extension": ".c" if self.shell.is_c else ".cpp",
            "pygments_lexer": "c" if self.shell.is_c else "cpp",
            "codemirror_mode": _CODEMIRROR[name],
        }

    def start(self) -> None:
        """Begin to take requests."""
        self.output.start(self._send_stream, self.displays)
        self.displays.begin(self._send_display)
        super().start()

    # A cell.

    async def do_execute(
        self,
        code: str,
        silent: bool,
        store_history: bool = True,
        user_expressions: dict[str, str] | None = None,
        allow_stdin: bool = False,
        *,
        cell_meta: object = None,
        cell_id: str | None = None,
    ) -> dict[str, Any]:
        """Run a cell. It keeps this thread busy."""
        self.output.drain()  # what is late belongs to the cell before
        self._cell, self._cell_ident = self.get_parent("shell"), self._shell_parent_ident.get()
        self._allow_stdin = allow_stdin
        self._payload = []
        self._debugger.note(code, self._name(silent))
        self.shell.attach = self._debugger.attached if self._debugger.is_on and not silent else None
        error = self._run(code, silent)
        if store_history and not silent and code.strip():
            self._history.add(self.execution_count, code, self.shell.last_text)
        reply = {"status": "ok", "execution_count": self.execution_count, "payload": self._payload}
        if error is not None:
            if not silent:
                self._send("error", error)
            return {**reply, "status": "error", **error, "user_expressions": {}}
        expressions = user_expressions or {}
        reply["user_expressions"] = {name: self._value(e) for name, e in expressions.items()}
        return reply

    def _run(self, code: str, silent: bool) -> ErrorContent | None:
        """Run a cell, up to the end of its output: why it failed, if it did."""
        name = self._name(silent)
        self.shell.begin_cell()
        try:
            with self.program_input.asking(self._ask):
                try:
                    if code.strip():
                        self._cells.run(code, name, keeps_value=not silent)
                finally:
                    self.shell.session.prepare()
        except Quit:
            return error_content(self.shell, ShellError(_CANNOT_QUIT))
        except (ShellError, RuntimeFailure, KeyboardInterrupt, ProgramExited) as error:
            return error_content(self.shell, error)
        except Exception as error:  # a fault of ours shall not end the kernel
            self.log.exception("internal error")
            return error_content(self.shell, error)
        finally:
            self.output.drain()
        return None

    def _name(self, silent: bool) -> str:
        return "silent" if silent else f"In[{self.execution_count}]"

    def _value(self, expression: str) -> dict[str, Any]:
        """What a frontend wants to know besides; nothing is declared."""
        try:
            text = self.shell.session.show(expression)
        except (ShellError, RuntimeFailure, ValueError, KeyboardInterrupt, ProgramExited) as error:
            return {"status": "error", **error_content(self.shell, error)}
        return {"status": "ok", "data": {"text/plain": text}, "metadata": {}}

    # What cells show: ``cells.Notebook``.

    def show_result(self, bundle: Bundle) -> None:
        """See ``Notebook``."""
        self.output.drain()
        content = {"execution_count": self.execution_count, "data": bundle, "metadata": {}}
        self._send("execute_result", content)

    def show(self, bundle: Bundle) -> None:
        """See ``Notebook``."""
        self.output.drain()
        self._send("display_data", {"data": bundle, "metadata": {}, "transient": {}})

    def page(self, text: str) -> None:
        """See ``Notebook``."""
        self._payload.append({"source": "page", "data": {"text/plain": text}, "start": 0})

    def _send_stream(self, name: str, text: str) -> None:
        self._send("stream", {"name": name, "text": text})

    def _send_display(self, shown: Shown) -> None:
        """What the program wants to be shown."""
        if shown.kind == "clear":
            self._send("clear_output", {"wait": shown.wait})
            return
        kind = "update_display_data" if shown.kind == "update" else "display_data"
        transient = {"display_id": shown.id} if shown.id else {}
        self._send(kind, {"data": shown.data, "metadata": {}, "transient": transient})

    def _send(self, kind: str, content: Any) -> None:
        """A message that belongs to the newest cell; from any thread."""
        if self.session is not None:
            topic = self._topic(kind)
            self.session.send(self.iopub_socket, kind, content, self._cell, ident=topic)

    def _ask(self, is_hidden: bool, is_over: threading.Event) -> str | None:
        """See ``input.Ask``."""
        self.output.drain()
        if not self._allow_stdin:
            self._send_stream("stderr", _CANNOT_ASK)
            return None
        request = (self._cell, self._cell_ident)
        return ask_frontend(self.session, self.stdin_socket, request, is_hidden, is_over)

    # The debugger.

    @property
    def kernel_info(self) -> dict[str, Any]:
        """See the protocol. The base class takes a debugger of Python's for ours."""
        info: dict[str, Any] = super().kernel_info
        features = [each for each in info["supported_features"] if each != "debugger"]
        has_debugger = find_adapter() is not None
        return {**info, "supported_features": [*features, *(["debugger"] if has_debugger else [])]}

    async def do_debug_request(self, msg: dict[str, Any]) -> dict[str, Any]:
        """See the protocol: called in the thread of the control channel."""
        return await self._debugger.answer(msg)

    def _send_debug_event(self, event: dict[str, Any]) -> None:
        self._send("debug_event", event)

    def _variables(self) -> list[dict[str, Any]]:
        return [] if self._waiting else variables_of(self.shell)

    def _forms(self, name: str) -> dict[str, Any]:
        if self._waiting:
            raise ShellError("a cell runs, or is about to: variables are shown when it has run")
        return forms_of(self.shell, name)

    # Questions.

    async def shell_channel_thread_main(self, msg: Any) -> None:
        """Take a request: it is for the main thread, unless that is busy and others can answer.

        Called in the thread of the channel.
        """
        kind = self._kind_of(msg)
        if kind == "execute_request":
            with self._waiting_lock:
                self._waiting += 1
        if self._waiting and kind in _ASIDE:
            await self._answer_aside(msg)
        else:
            await super().shell_channel_thread_main(msg)

    def _kind_of(self, msg: Any) -> str:
        assert self.session is not None
        try:
            _, frames = self.session.feed_identities(msg, copy=False)
            header = self.session.unpack(_bytes_of(frames[1]))
            return str(header["msg_type"])
        except Exception:  # the base class says what is wrong with it
            return ""

    async def _answer_aside(self, msg: Any) -> None:
        session = self.session
        assert session is not None
        try:
            ident, frames = session.feed_identities(msg, copy=False)
            request = session.deserialize(frames, content=True, copy=False)
        except Exception:
            self.log.exception("invalid message")
            return
        self._publish_status("busy", "shell", request)
        try:
            await self.shell_handlers[request["header"]["msg_type"]](
                self.shell_stream, ident, request
            )
        except Exception:
            self.log.exception("a question could not be answered")
        self._publish_status("idle", "shell", request)
        # Or the frontend would take the whole kernel for idle.
        self._publish_status("busy", "shell", self._cell)

    async def execute_request(self, stream: Any, ident: Any, parent: Any) -> None:
        """Run a cell, and note that it is done."""
        try:
            await super().execute_request(stream, ident, parent)
        finally:
            with self._waiting_lock:
                self._waiting -= 1

    def _send_abort_reply(self, stream: Any, msg: Any, idents: Any) -> None:
        super()._send_abort_reply(stream, msg, idents)
        with self._waiting_lock:
            self._waiting -= 1

    async def do_complete(self, code: str, cursor_pos: int) -> dict[str, Any]:
        """See the protocol."""
        return await self._questions.complete(code, cursor_pos)

    async def do_inspect(
        self, code: str, cursor_pos: int, detail_level: int = 0, omit_sections: object = ()
    ) -> dict[str, Any]:
        """See the protocol."""
        is_at_rest = not self._waiting
        return await self._questions.inspect(code, cursor_pos, detail_level, is_at_rest)

    async def do_is_complete(self, code: str) -> dict[str, Any]:
        """See the protocol."""
        return await self._questions.is_complete(code)

    async def do_history(
        self,
        hist_access_type: str,
        output: bool,
        raw: bool,
        session: int | None = None,
        start: int | None = None,
        stop: int | None = None,
        n: int | None = None,
        pattern: str | None = None,
        unique: bool = False,
    ) -> dict[str, Any]:
        """See the protocol."""
        if hist_access_type == "range":
            found = self._history.range(session or 0, start or 0, stop)
        elif hist_access_type == "search":
            found = self._history.search(pattern or "*", n, unique)
        else:
            found = self._history.tail(n)
        return {"status": "ok", "history": [each.row(output) for each in found]}

    async def _progressively_terminate_all_children(self) -> None:
        """The session ends its processes, when the loop of the main thread has ended."""

    async def do_shutdown(self, restart: bool) -> dict[str, Any]:
        """End: first the cell that runs, so that its reply has somewhere to go."""
        self._send_interrupt_children()
        self._debugger.end()
        deadline = time.monotonic() + _PATIENCE
        while self._waiting and time.monotonic() < deadline:
            await asyncio.sleep(_TICK)
        return {"status": "ok", "restart": restart}


def _bytes_of(frame: Any) -> bytes:
    """Of a part of a message, which is not copied before it has to be."""
    return frame if isinstance(frame, bytes) else bytes(frame.buffer)
