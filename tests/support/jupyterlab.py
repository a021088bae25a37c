"""JupyterLab in a browser, for tests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.support.jupyter import TIMEOUT, install_kernel

CHROMIUM = "/usr/bin/chromium"
_SIZE = {"width": 1100, "height": 900}


@contextmanager
def jupyterlab(folder: Path) -> Iterator[tuple[Page, str]]:
    """A server for the notebooks in a folder, and a page of a browser; and the server's address."""
    runtime = folder / "runtime"
    environment = {
        **os.environ,
        **install_kernel(folder / "prefix"),
        "HOME": str(folder),
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += ["--ServerApp.port=0", "--IdentityProvider.token=", f"--ServerApp.root_dir={folder}"]
    command += ["--LabApp.extension_manager=readonly", "--LabApp.news_url=None"]
    with open(folder / "server.log", "w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        address = _address(runtime / f"jpserver-{server.pid}.json", server)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
            )
            context = browser.new_context(viewport=_SIZE)  # type: ignore[arg-type]
            context.set_default_timeout(TIMEOUT * 1000)
            expect.set_options(timeout=TIMEOUT * 1000)
            try:
                yield context.new_page(), address
            finally:
                for number, each in enumerate(context.pages):  # whatever it came to
                    each.screenshot(path=str(folder / f"last-{number}.png"))
                browser.close()
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(TIMEOUT)
        except subprocess.TimeoutExpired:  # it waits for a thread of anyio's, its kernels are gone
            server.kill()
            server.wait()


def _address(file: Path, server: subprocess.Popen[bytes]) -> str:
    """Of a server that has begun to listen."""
    deadline = time.monotonic() + 2 * TIMEOUT
    while time.monotonic() < deadline and server.poll() is None:
        if file.exists() and (text := file.read_text()).endswith("}"):
            return str(json.loads(text)["url"])
        time.sleep(0.1)
    raise AssertionError("the server has not started")
