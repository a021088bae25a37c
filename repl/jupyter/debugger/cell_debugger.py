"""The debugger of JupyterLab: its requests, and cells that run under lldb.

While the debugger is on, cells are compiled for it; those that run while there are breakpoints
have an lldb-dap of their own attached, since each may run in another process. Its requests are
answered in the thread of the control channel, and the program runs in the main thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from repl.errors import ShellError
from repl.jupyter.debugger.adapter import Adapter, Message, answer_to
from repl.jupyter.debugger.cell_files import CellFiles
from repl.jupyter.debugger.stack import frames_of_cells, fullest_first
from runtime.addresses import ExecutorAddress
from runtime.debugging.installed_tools import LLDB_ADAPTERS, find_tool
from runtime.errors import RuntimeFailure

_MISSING = "the debugger needs lldb-dap (Debian's package lldb-22)"
_NOT_RUNNING = "no cell runs under the debugger: set a breakpoint, and run one"
_FORWARDED = {
    *("continue", "next", "stepIn", "stepOut", "pause", "threads", "variables"),
    *("evaluate", "modules", "setVariable", "exceptionInfo", "stepInTargets"),
}
_EVENTS = ("stopped", "continued", "thread")
_MOST_FRAMES = 100
_BEFORE = (
    "settings set plugin.jit-loader.gdb.enable on",
    "settings set target.process.thread.step-out-avoid-nodebug true",
)
# A crash is for the report that the cell shows, and Ctrl-C for the program.
_AFTER = ("process handle -s false -n false -p true SIGSEGV SIGBUS SIGFPE SIGILL SIGABRT SIGINT",)
_ABILITIES = {
    "supportsConfigurationDoneRequest": True,
    "supportsConditionalBreakpoints": True,
    "supportsSetVariable": True,
    "supportsEvaluateForHovers": True,
}


def find_adapter() -> str | None:
    """The path of lldb-dap, if it is installed."""
    return find_tool(LLDB_ADAPTERS)


class CellDebugger:
    """``send``: an event, to the frontend; from any thread. ``variables``: those of the program,
    for when it does not run, and ``forms``: what one of them looks like, by MIME type."""

    def __init__(
        self,
        suffix: str,
        send: Callable[[Message], None],
        variables: Callable[[], list[dict[str, Any]]],
        forms: Callable[[str], dict[str, Any]],
    ) -> None:
        self._files = CellFiles(suffix)
        self._send = send
        self._variables = variables
        self._forms = forms
        self._breakpoints: dict[str, list[dict[str, Any]]] = {}
        self._adapter: Adapter | None = None
        self._stopped: set[int] = set()
        self.is_on = False

    def end(self) -> None:
        """Nothing is debugged any more."""
        self._files.end()

    def note(self, code: str, name: str) -> None:
        """A cell is about to run."""
        self._files.note(code, name)

    # Requests.

    async def answer(self, request: Message) -> Message:
        """A reply, as the protocol has it."""
        command = str(request.get("command", ""))
        reply: Message = {
            "type": "response",
            "seq": request.get("seq", 0),
            "request_seq": request.get("seq", 0),
            "command": command,
            "success": True,
        }
        try:
            body = await self._body(command, request.get("arguments") or {})
        except (ShellError, RuntimeFailure, OSError, KeyError, TypeError) as error:
            return {**reply, "success": False, "message": str(error), "body": {}}
        return {**reply, "body": body}

    async def _body(self, command: str, arguments: dict[str, Any]) -> dict[str, Any]:
        match command:
            case "initialize":
                if find_adapter() is None:
                    raise ShellError(_MISSING)
                return _ABILITIES
            case "attach":
                self.is_on = True
                return {}
            case "disconnect" | "terminate":
                await self._switch_off()
                return {}
            case "configurationDone" | "setExceptionBreakpoints":
                return {}
            case "debugInfo":
                return self._info()
            case "dumpCell":
                return {"sourcePath": self._files.dump(str(arguments["code"]))}
            case "source":
                return {"content": await asyncio.to_thread(_read, arguments["source"]["path"])}
            case "setBreakpoints":
                return await self._set_breakpoints(arguments)
            case "inspectVariables":
                is_busy = self._adapter is not None
                return {"variables": [] if is_busy else await asyncio.to_thread(self._variables)}
            case "richInspectVariables":
                return await self._inspect(str(arguments["variableName"]), arguments.get("frameId"))
            case "stackTrace":
                return await self._stack(arguments)
            case "scopes":
                body = await self._forward(command, arguments)
                return {**body, "scopes": fullest_first(body.get("scopes", []))}
            case _ if command in _FORWARDED:
                return await self._forward(command, arguments)
        raise ShellError(f"the debugger of C++ has no {command!r}")

    def _info(self) -> dict[str, Any]:
        breakpoints = [
            {"source": path, "breakpoints": found} for path, found in self._breakpoints.items()
        ]
        return {
            "isStarted": self.is_on,
            **self._files.how_named(),
            "breakpoints": breakpoints,
            "stoppedThreads": sorted(self._stopped),
            "richRendering": True,
            "exceptionPaths": [],
            "copyToGlobals": False,
        }

    async def _inspect(self, name: str, frame: int | None) -> dict[str, Any]:
        """A variable in all its forms; while a cell stands, lldb has its text only."""
        if self._adapter is None:
            return {"data": await asyncio.to_thread(self._forms, name), "metadata": {}}
        where = {} if frame is None else {"frameId": frame}
        told = await self._forward("evaluate", {"expression": name, "context": "hover", **where})
        return {"data": {"text/plain": str(told.get("result", ""))}, "metadata": {}}

    async def _switch_off(self) -> None:
        self.is_on = False
        self._breakpoints.clear()
        if self._adapter is not None:  # the cell goes on by itself
            await self._forward("disconnect", {"terminateDebuggee": False})
            self._forget_stop()

    async def _set_breakpoints(self, arguments: dict[str, Any]) -> dict[str, Any]:
        path = str(arguments["source"]["path"])
        wanted = [dict(each) for each in arguments.get("breakpoints") or ()]
        self._breakpoints[path] = wanted
        if not wanted:
            del self._breakpoints[path]
        name = self._files.name_of(path)
        if self._adapter is not None and name is not None:
            await self._forward("setBreakpoints", _in_file(name, wanted))
        return {"breakpoints": [{**each, "verified": True} for each in wanted]}

    async def _stack(self, arguments: dict[str, Any]) -> dict[str, Any]:
        body = await self._forward("stackTrace", {**arguments, "levels": _MOST_FRAMES})
        frames = frames_of_cells(body.get("stackFrames", []), self._files)
        return {"stackFrames": frames, "totalFrames": len(frames)}

    async def _forward(self, command: str, arguments: dict[str, Any]) -> dict[str, Any]:
        adapter = self._adapter
        if adapter is None:
            raise ShellError(_NOT_RUNNING)
        reply = await asyncio.wrap_future(adapter.begin(command, arguments))
        if not reply.get("success"):
            raise ShellError(str(reply.get("message", f"lldb refuses {command!r}")))
        return reply.get("body") or {}

    # A cell.

    @contextmanager
    def attached(self, pid: int, stops: Sequence[ExecutorAddress]) -> Iterator[None]:
        """An ``Attach`` of the session's: lldb has the process meanwhile, if there are
        breakpoints. Raises ShellError if it cannot have it."""
        program = find_adapter()
        if not self._breakpoints or program is None:
            yield
            return
        with Adapter(program, self._take_event) as adapter:
            self._attach(adapter, pid)
            self._adapter = adapter
            try:
                yield
            finally:
                self._adapter = None
                self._forget_stop()
                with contextlib.suppress(ShellError):  # it has left
                    adapter.ask("disconnect", {"terminateDebuggee": False})

    def _attach(self, adapter: Adapter, pid: int) -> None:
        adapter.ask("initialize", {"adapterID": "lldb", "pathFormat": "path"})
        how = {"pid": pid, "initCommands": _BEFORE, "postRunCommands": _AFTER}
        attaching = adapter.begin("attach", how)
        for path, wanted in self._breakpoints.items():
            if (name := self._files.name_of(path)) is not None:
                adapter.ask("setBreakpoints", _in_file(name, wanted))
        adapter.ask("configurationDone")
        reply = answer_to(attaching)
        if not reply.get("success"):
            raise ShellError(f"lldb cannot attach to the program: {reply.get('message', '')}")

    def _take_event(self, event: Message) -> None:
        kind = event.get("event")
        if kind == "stopped":
            # lldb is asked, which nobody can do who keeps it from being heard.
            threading.Thread(target=self._stop, args=(event,), daemon=True).start()
        elif kind in _EVENTS:
            if kind == "continued":
                self._stopped.clear()
            self._send(event)

    def _stop(self, event: Message) -> None:
        """The program has stopped. Behind the last line of a cell it goes on."""
        adapter = self._adapter
        thread = event.get("body", {}).get("threadId", 0)
        if adapter is None:
            return
        with contextlib.suppress(ShellError):
            stack = adapter.ask("stackTrace", {"threadId": thread, "levels": _MOST_FRAMES})
            frames = (stack.get("body") or {}).get("stackFrames", [])
            if not frames_of_cells(frames, self._files):
                adapter.ask("continue", {"threadId": thread})
                return
            self._stopped.add(thread)
            self._send(event)

    def _forget_stop(self) -> None:
        """The frontend is not left believing that something stands still."""
        stopped, self._stopped = self._stopped, set()
        for thread in stopped:
            body = {"threadId": thread, "allThreadsContinued": True}
            self._send({"seq": 0, "type": "event", "event": "continued", "body": body})


def _in_file(name: str, wanted: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"source": {"name": name, "path": name}, "breakpoints": list(wanted)}


def _read(path: str) -> str:
    """Raises OSError."""
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()
