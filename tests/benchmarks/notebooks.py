"""Notebooks: a cell from its request to its reply, beside ipykernel; and much of everything."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from tests.benchmarks.measure import table
from tests.support.jupyter import install_kernel

_NAME = "forkrepl-tested"
_CELL = "1+1"
_CELLS = 1000
_KERNELS = 20
_MUCH = 100_000_000  # bytes
_PRINT = f'for (int line = 0; line < {_MUCH // 100}; ++line)\n  printf("%099d\\n", line);'
_PATIENCE = 120  # s


def benchmark(runs: int) -> None:
    """Print the median and the 95th percentile of ``30 * runs`` cells, in turns; then what a
    kernel does under load."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        _compare(stack, folder, 30 * runs)
        rows = [*_load(folder), _crowd(folder)]
    print("\nA kernel under load\n")
    print(table(["what", "s"], rows))


def _compare(stack: ExitStack, folder: Path, count: int) -> None:
    clients = {name: _start(stack, name, folder)[1] for name in (_NAME, "python3")}
    seconds: dict[str, list[float]] = {name: [] for name in clients}
    for _ in range(count):
        for name, client in clients.items():
            seconds[name].append(_cell(client))
    rows = [
        [
            name,
            f"{statistics.median(each) * 1e3:.1f}",
            f"{statistics.quantiles(each, n=20)[-1] * 1e3:.1f}",
        ]
        for name, each in seconds.items()
    ]
    print(f"\nA cell {_CELL}, from request to reply ({count} of each)\n")
    print(table(["kernel", "median ms", "95 % within ms"], rows))


def _load(folder: Path) -> Iterator[list[str]]:
    with ExitStack() as stack:
        manager, client = _start(stack, _NAME, folder)
        started = time.perf_counter()
        for number in range(_CELLS):
            _cell(client, f"int v{number} = {number};\nv{number}")
        yield _row(f"{_CELLS:,} cells, each declares and shows", started)
        last = statistics.median(_cell(client) for _ in range(20))
        yield [f"the next {_CELL}", f"{last:.3f}"]
        _cell(client, "#include <cstdio>\n#include <signal.h>\n#include <unistd.h>")
        started = time.perf_counter()
        text: list[str] = []
        _cell(client, _PRINT, text)
        assert sum(map(len, text)) == _MUCH, "some of the output is missing"
        yield _row(f"{_MUCH:,} bytes printed, all of them shown", started)
        started = time.perf_counter()
        _cell(client, "kill(getpid(), SIGKILL);")
        _cell(client)
        yield _row("the executor killed, until the next cell has run", started)
        os.kill(manager.provisioner.pid, signal.SIGKILL)  # type: ignore[union-attr]
        started = time.perf_counter()
        manager.restart_kernel(now=True)
        client.wait_for_ready(timeout=_PATIENCE)
        _cell(client)
        yield _row("the kernel killed, until a new one has run a cell", started)


def _crowd(folder: Path) -> list[str]:
    with ExitStack() as stack:
        started = time.perf_counter()
        crowd = [_launch(stack, _NAME, folder) for _ in range(_KERNELS)]
        for client in crowd:
            client.wait_for_ready(timeout=_PATIENCE)
        for client in crowd:
            _cell(client)
        return _row(f"{_KERNELS} kernels at once, until each has run a cell", started)


def _row(what: str, started: float) -> list[str]:
    return [what, f"{time.perf_counter() - started:.2f}"]


def _start(stack: ExitStack, name: str, folder: Path) -> tuple[KernelManager, BlockingKernelClient]:
    if name == "python3":
        command = [sys.executable, "-m", "ipykernel", "install", f"--prefix={folder}"]
        subprocess.run(command, check=True, capture_output=True)
    else:
        install_kernel(folder, name=name)
    manager = _manager(stack, name, folder)
    client = _client(stack, manager)
    client.wait_for_ready(timeout=_PATIENCE)
    _cell(client)
    return manager, client


def _launch(stack: ExitStack, name: str, folder: Path) -> BlockingKernelClient:
    return _client(stack, _manager(stack, name, folder))


def _manager(stack: ExitStack, name: str, folder: Path) -> KernelManager:
    manager = KernelManager(kernel_name=name)
    manager.kernel_spec_manager.kernel_dirs = [str(folder / "share" / "jupyter" / "kernels")]
    manager.start_kernel(env=dict(os.environ), stderr=subprocess.DEVNULL)
    stack.callback(manager.shutdown_kernel, now=True)
    return manager


def _client(stack: ExitStack, manager: KernelManager) -> BlockingKernelClient:
    client = manager.blocking_client()
    client.start_channels()
    stack.callback(client.stop_channels)
    return client


def _cell(client: BlockingKernelClient, code: str = _CELL, text: list[str] | None = None) -> float:
    """Seconds until the reply; what it shows is read, too, but later. ``text``: gets what is
    printed."""
    started = time.perf_counter()
    cell = client.execute(code)
    while client.get_shell_msg(timeout=_PATIENCE)["parent_header"].get("msg_id") != cell:
        pass
    taken = time.perf_counter() - started
    while True:
        message = client.get_iopub_msg(timeout=_PATIENCE)
        if message["parent_header"].get("msg_id") != cell:
            continue
        if text is not None and message["msg_type"] == "stream":
            text.append(message["content"]["text"])
        if message["content"].get("execution_state") == "idle":
            return taken
