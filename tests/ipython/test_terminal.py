"""``%load_ext forkrepl`` at IPython's own prompt."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from tests.support.runtime import ROOT

TIMEOUT = 60


@pytest.fixture
def ipython(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pexpect.spawn]:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("PROMPT_TOOLKIT_NO_CPR", "1")
    options = ["--no-banner", "--no-confirm-exit", "--colors=Linux", "--ext=forkrepl"]
    command = [*options, "--TerminalInteractiveShell.autosuggestions_provider=None"]
    child = pexpect.spawn(
        sys.executable,
        ["-m", "IPython", *command],
        encoding="utf-8",
        timeout=TIMEOUT,
        dimensions=(50, 120),
        cwd=str(ROOT),
    )
    child.expect(r"In \[.*1.*\]:")
    yield child
    child.close(force=True)


def test_a_session(ipython: pexpect.spawn) -> None:
    ipython.send("n = 20\r")
    ipython.expect("2.*]:")
    ipython.send("%cpp -i n int squared(int x) { return x * x; } squared(n) + 9\r")
    ipython.expect(r"\(int\) 409")
    ipython.send("%cpp *(volatile int *)0 = squared(2);\r")
    ipython.expect("SIGSEGV: write to address 0x0")
    ipython.expect("rolled back")
    assert "Traceback" not in (ipython.before or "")
    ipython.send('%cpp extern "C" int puts(const char *); puts("be" "gun"); for (;;) ;\r')
    ipython.expect("begun")
    ipython.send("\x03")
    ipython.expect("interrupted")
    ipython.send("%cpp squ\t")  # Clang knows what there is
    ipython.expect("ared")
    ipython.send("(3)\r")
    ipython.expect(r"\(int\) 9")
    ipython.send("exit\r")
    ipython.expect(pexpect.EOF)
    ipython.wait()
    assert ipython.exitstatus == 0


def test_without_jupyter() -> None:
    """IPython alone is enough."""
    code = (
        "import sys\n"
        "sys.modules['ipykernel'] = sys.modules['jupyter_client'] = sys.modules['zmq'] = None\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "shell.run_cell('%load_ext forkrepl')\n"
        "shell.run_cell('%cpp 20 + 22')\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert "(int) 42" in ran.stdout, ran.stdout + ran.stderr
