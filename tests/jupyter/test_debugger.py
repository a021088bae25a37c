"""JupyterLab's debugger, as its frontend speaks to the kernel."""

from __future__ import annotations

import itertools
import queue
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from repl.jupyter.debugger.cell_debugger import find_adapter
from tests.support.jupyter import TIMEOUT, Notebook, notebook

needs_lldb = pytest.mark.skipif(find_adapter() is None, reason="needs lldb-dap (lldb-22)")


class Frontend:
    """Asks by the control channel, and hears events while a cell runs in a thread."""

    def __init__(self, kernel: Notebook) -> None:
        self.kernel = kernel
        self._numbers = itertools.count(1)
        self.events: queue.Queue[dict[str, Any]] = queue.Queue()
        self.ran: dict[str, Any] = {}
        self.texts: list[str] = []
        self._thread = threading.Thread()

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        client = self.kernel.client
        request = {"type": "request", "command": command, "arguments": arguments}
        content = {**request, "seq": next(self._numbers)}
        message = client.session.msg("debug_request", content)
        client.control_channel.send(message)
        while True:
            reply = client.get_control_msg(timeout=TIMEOUT)
            if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                content = reply["content"]
                assert content["request_seq"] == request.get("seq", content["request_seq"])
                return dict(content)

    def body(self, command: str, **arguments: Any) -> dict[str, Any]:
        reply = self.ask(command, **arguments)
        assert reply["success"], reply
        return dict(reply["body"])

    def start(self, code: str) -> None:
        """Run a cell, which may stop."""

        def hear(message: dict[str, Any]) -> None:
            if message["msg_type"] == "debug_event":
                self.events.put(message["content"])
            elif message["msg_type"] in ("stream", "error", "execute_result"):
                self.texts.append(str(message["content"]))

        def run() -> None:
            client = self.kernel.client
            self.ran = client.execute_interactive(code, timeout=TIMEOUT, output_hook=hear)

        self.texts.clear()
        self._thread = threading.Thread(target=run)
        self._thread.start()

    def finish(self) -> dict[str, Any]:
        self._thread.join(TIMEOUT)
        assert not self._thread.is_alive()
        return dict(self.ran["content"])

    def wait_for_stop(self) -> int:
        while (event := self.events.get(timeout=TIMEOUT))["event"] != "stopped":
            pass
        return int(event["body"]["threadId"])

    def lines(self, thread: int) -> list[tuple[str, str, int]]:
        """Function, file and line of what has been called, the newest first."""
        frames = self.body("stackTrace", threadId=thread)["stackFrames"]
        return [(f["name"], f["source"]["path"], f["line"]) for f in frames]


@pytest.fixture(scope="module")
def frontend() -> Iterator[Frontend]:
    with tempfile.TemporaryDirectory() as folder, notebook(Path(folder)) as started:
        frontend = Frontend(started)
        yield frontend
        assert started.value("1 + 1") == "(int) 2"


@needs_lldb
def test_a_breakpoint(frontend: Frontend) -> None:
    info = frontend.kernel.client.kernel_info(reply=True, timeout=TIMEOUT)["content"]
    assert "debugger" in info["supported_features"]
    assert frontend.body("debugInfo")["isStarted"] is False
    assert frontend.body("initialize")["supportsConfigurationDoneRequest"]
    frontend.body("attach")
    assert frontend.body("debugInfo")["isStarted"] is True
    assert "no cell runs" in frontend.ask("threads")["message"]
    square = "int square(int side) {\n  int area = side * side;\n  return area;\n}"
    frontend.kernel.run(square)
    of_square = frontend.body("dumpCell", code=square)["sourcePath"]
    cell = 'int n = 3;\nn += square(n);\n__builtin_printf("%d\\n", n);\nn'
    path = frontend.body("dumpCell", code=cell)["sourcePath"]
    info = frontend.body("debugInfo")
    assert path.startswith(info["tmpFilePrefix"])
    assert path.endswith(info["tmpFileSuffix"])
    assert frontend.body("source", source={"path": path})["content"] == cell
    places = frontend.body("setBreakpoints", source={"path": path}, breakpoints=[{"line": 2}])
    assert places["breakpoints"] == [{"line": 2, "verified": True}]
    frontend.body("configurationDone")

    frontend.start(cell)
    thread = frontend.wait_for_stop()
    assert frontend.body("debugInfo")["stoppedThreads"] == [thread]
    ((_, file, line),) = frontend.lines(thread)
    assert (file, line) == (path, 2)
    frontend.body("next", threadId=thread)
    thread = frontend.wait_for_stop()
    assert frontend.lines(thread)[0][1:] == (path, 3)
    frame = frontend.body("stackTrace", threadId=thread)["stackFrames"][0]["id"]
    scope = frontend.body("scopes", frameId=frame)["scopes"][0]["variablesReference"]
    found = frontend.body("variables", variablesReference=scope)["variables"]
    assert ("n", "12") in [(each["name"].lstrip(":"), each["value"]) for each in found]
    assert frontend.body("evaluate", expression="n", frameId=frame)["result"].endswith("12")
    frontend.body("continue", threadId=thread)
    assert frontend.finish()["status"] == "ok"
    assert "(int) 12" in "".join(frontend.texts)

    frontend.body("setBreakpoints", source={"path": path}, breakpoints=[])
    frontend.body("setBreakpoints", source={"path": of_square}, breakpoints=[{"line": 3}])
    frontend.start("square(5) + 1")
    thread = frontend.wait_for_stop()
    name, file, line = frontend.lines(thread)[0]
    assert (name, file, line) == ("square(int)", of_square, 3)
    frame = frontend.body("stackTrace", threadId=thread)["stackFrames"][0]["id"]
    scope = frontend.body("scopes", frameId=frame)["scopes"][0]["variablesReference"]
    found = frontend.body("variables", variablesReference=scope)["variables"]
    assert {each["name"]: each["value"] for each in found} == {"side": "5", "area": "25"}
    frontend.body("stepOut", threadId=thread)
    thread = frontend.wait_for_stop()
    assert len(frontend.lines(thread)) == 1
    frontend.body("next", threadId=thread)  # behind the last line it goes on
    assert frontend.finish()["status"] == "ok"
    assert "(int) 26" in "".join(frontend.texts)
    assert frontend.body("debugInfo")["stoppedThreads"] == []

    values = frontend.body("inspectVariables")["variables"]
    assert {"name": "n", "type": "int", "value": "12", "variablesReference": 0} in values


@needs_lldb
def test_what_a_variable_looks_like(frontend: Frontend) -> None:
    assert frontend.body("debugInfo")["richRendering"] is True
    frontend.kernel.run("#include <vector>\nstruct Place { double x, y; };")
    cell = "std::vector<Place> places{{1, 2}, {3, 4}};\nint height = 7;\nheight += 1;"
    frontend.kernel.run(cell)
    found = frontend.body("richInspectVariables", variableName="height")
    assert found == {"data": {"text/plain": "(int) 8"}, "metadata": {}}
    data = frontend.body("richInspectVariables", variableName="places")["data"]
    assert data["text/plain"].startswith("(std::vector<Place>) { { .x = 1.0, .y = 2.0 }")
    assert data["text/html"].startswith("<table")
    assert "no variable" in frontend.ask("richInspectVariables", variableName="none")["message"]

    frontend.body("attach")
    frontend.kernel.run("int depth(int steps) {\n  int sum = steps * 2;\n  return sum;\n}")
    stopping = "int at = 3;\nat = depth(at);\nat += 1;"
    path = frontend.body("dumpCell", code=stopping)["sourcePath"]
    frontend.body("setBreakpoints", source={"path": path}, breakpoints=[{"line": 3}])
    frontend.start(stopping)
    thread = frontend.wait_for_stop()
    frame = frontend.body("stackTrace", threadId=thread)["stackFrames"][0]["id"]
    told = frontend.body("richInspectVariables", variableName="at", frameId=frame)
    assert "6" in told["data"]["text/plain"]
    frontend.body("continue", threadId=thread)
    assert frontend.finish()["status"] == "ok"
    frontend.body("disconnect")


@needs_lldb
def test_a_cell_that_stands_is_interrupted_or_crashes(frontend: Frontend) -> None:
    frontend.body("attach")
    kept = "int kept = 5;"
    frontend.kernel.run(kept)
    crash = "kept = 6;\n*(volatile int *)nullptr = kept;"
    path = frontend.body("dumpCell", code=crash)["sourcePath"]
    frontend.body("setBreakpoints", source={"path": path}, breakpoints=[{"line": 2}])
    frontend.start(crash)
    thread = frontend.wait_for_stop()
    frontend.body("continue", threadId=thread)
    reply = frontend.finish()
    assert reply["ename"] == "SIGSEGV"
    assert ":2:" in "".join(reply["traceback"])
    frontend.start(crash)
    frontend.wait_for_stop()
    frontend.kernel.manager.interrupt_kernel()
    assert frontend.finish()["status"] == "error"
    assert frontend.body("debugInfo")["stoppedThreads"] == []
    frontend.start(crash)
    frontend.wait_for_stop()
    frontend.body("disconnect", terminateDebuggee=False)
    assert frontend.finish()["ename"] == "SIGSEGV"
    assert frontend.body("debugInfo")["isStarted"] is False
    assert frontend.kernel.value("kept") == "(int) 5"


def test_mistakes(frontend: Frontend) -> None:
    for command, arguments, message in (
        ("stackTrace", {"threadId": 1}, "no cell runs"),
        ("nonsense", {}, "has no 'nonsense'"),
        ("dumpCell", {}, "code"),
        ("source", {"source": {"path": "/nowhere"}}, "/nowhere"),
    ):
        reply = frontend.ask(command, **arguments)
        assert reply["success"] is False
        assert message in reply["message"]
