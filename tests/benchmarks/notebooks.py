"""The notebook benchmark: how long a cell takes from its request to its reply, beside ipykernel."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from tests.benchmarks.measure import table
from tests.support.jupyter import install_kernel

_CELL = "1+1"
_PATIENCE = 60  # s


def benchmark(runs: int) -> None:
    """Print the median and the 95th percentile of ``30 * runs`` cells, in turns."""
    count = 30 * runs
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        clients = {
            name: _start(stack, name, Path(folder)) for name in ("forkrepl-tested", "python3")
        }
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


def _start(stack: ExitStack, name: str, folder: Path) -> BlockingKernelClient:
    if name == "python3":
        command = [sys.executable, "-m", "ipykernel", "install", f"--prefix={folder}"]
        subprocess.run(command, check=True, capture_output=True)
    else:
        install_kernel(folder, name=name)
    manager = KernelManager(kernel_name=name)
    manager.kernel_spec_manager.kernel_dirs = [str(folder / "share" / "jupyter" / "kernels")]
    manager.start_kernel(env=dict(os.environ), stderr=subprocess.DEVNULL)
    stack.callback(manager.shutdown_kernel, now=True)
    client = manager.blocking_client()
    client.start_channels()
    stack.callback(client.stop_channels)
    client.wait_for_ready(timeout=_PATIENCE)
    _cell(client)
    return client


def _cell(client: BlockingKernelClient) -> float:
    """Seconds until the reply; what it shows is read, too, but later."""
    started = time.perf_counter()
    cell = client.execute(_CELL)
    while client.get_shell_msg(timeout=_PATIENCE)["parent_header"].get("msg_id") != cell:
        pass
    taken = time.perf_counter() - started
    while True:
        message = client.get_iopub_msg(timeout=_PATIENCE)
        if message["parent_header"].get("msg_id") == cell and (
            message["content"].get("execution_state") == "idle"
        ):
            return taken
