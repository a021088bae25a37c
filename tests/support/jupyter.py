"""Kernels for tests, and a client that tells what a cell has said."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from msgspec import Struct

from tests.support.program import PROGRAM

TIMEOUT = 60
"""Seconds after which a test gives up: no test measures time."""


def install_kernel(folder: Path, *flags: str, name: str = "tested") -> dict[str, str]:
    """Install a kernel below a folder: the environment in which Jupyter finds it."""
    command = [str(PROGRAM), "kernel", "install", f"--prefix={folder}", "--name", name]
    subprocess.run([*command, "--no-cache", *flags], check=True, capture_output=True)
    return {"JUPYTER_PATH": str(folder / "share" / "jupyter")}


class Ran(Struct):
    """What a cell has said. ``streams``: text by name; ``shown``: what it has displayed, and its
    value, by MIME type; ``kinds``: of all messages, in their order; ``asked``: for input, and
    whether it was hidden."""

    reply: dict[str, Any]
    messages: list[dict[str, Any]]
    asked: list[bool]

    @property
    def kinds(self) -> list[str]:
        return [message["msg_type"] for message in self.messages]

    def contents(self, *kinds: str) -> list[dict[str, Any]]:
        return [m["content"] for m in self.messages if m["msg_type"] in kinds]

    def stream(self, name: str = "stdout") -> str:
        return "".join(c["text"] for c in self.contents("stream") if c["name"] == name)

    @property
    def shown(self) -> list[dict[str, Any]]:
        return [content["data"] for content in self.contents("execute_result", "display_data")]

    @property
    def value(self) -> str:
        (result,) = self.contents("execute_result")
        return str(result["data"]["text/plain"])

    @property
    def error(self) -> dict[str, Any]:
        (content,) = self.contents("error")
        return content


class Notebook:
    """A kernel that runs, and its client."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager = manager
        self.client = client

    def run(self, code: str, *answers: str, **options: Any) -> Ran:
        """Run a cell; what it asks for is answered."""
        messages: list[dict[str, Any]] = []
        asked: list[bool] = []
        waiting = list(answers)

        def answer(message: dict[str, Any]) -> None:
            asked.append(message["content"]["password"])
            self.client.input(waiting.pop(0))

        reply = self.client.execute_interactive(
            code,
            timeout=TIMEOUT,
            output_hook=messages.append,
            stdin_hook=answer,
            allow_stdin=options.pop("allow_stdin", True),
            **options,
        )
        ours = [m for m in messages if m["msg_type"] not in ("status", "execute_input")]
        assert not waiting, "not all that was to be answered was asked"
        return Ran(reply, ours, asked)

    def value(self, code: str) -> str:
        return self.run(code).value


@contextmanager
def notebook(folder: Path, flags: Sequence[str] = (), **environment: str) -> Iterator[Notebook]:
    """A kernel of its own. It ends with the context."""
    kernels = folder / "share" / "jupyter" / "kernels"
    install_kernel(folder, *flags)
    manager = KernelManager(kernel_name="tested")
    manager.kernel_spec_manager.kernel_dirs = [str(kernels)]
    with _started(manager, folder, environment) as started:
        yield started


@contextmanager
def python_notebook(folder: Path, **environment: str) -> Iterator[Notebook]:
    """ipykernel, of this Python."""
    with _started(KernelManager(kernel_name="python3"), folder, environment) as started:
        yield started


@contextmanager
def _started(
    manager: KernelManager, folder: Path, environment: dict[str, str]
) -> Iterator[Notebook]:
    with open(folder / "kernel.log", "w") as log:
        manager.start_kernel(env={**os.environ, **environment}, stderr=log)
        client = manager.blocking_client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=TIMEOUT)
            yield Notebook(manager, client)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
