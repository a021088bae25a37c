"""``forkrepl doctor``: each lack is provoked, and found in one line with its cost and remedy."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pexpect

from tests.support.denied_calls import command
from tests.support.machines import with_limits, without, without_proc
from tests.support.program import PROGRAM, Run


def lacks(run: Run, *, wrapper: Sequence[str] = (), **environment: str) -> tuple[int, list[str]]:
    """The exit status, and the lines of what is lacking or missing."""
    result = run("doctor", "--quiet", wrapper=wrapper, timeout=120, **environment)
    assert result.stderr == ""
    *lines, summary = result.stdout.splitlines()
    needed = [line for line in lines if line.startswith("MISSING  ")]
    assert all(line in needed or line.startswith("lacking  ") for line in lines)
    assert all(": " in line and "; " in line for line in lines)  # a cost and a remedy
    begin = "forkrepl does not work here: " if needed else "forkrepl works here"
    assert summary.startswith(begin)
    return result.returncode, lines


def has(lines: Sequence[str], *parts: str) -> bool:
    """Whether one of the lines has all of these parts."""
    return any(all(part in line for part in parts) for line in lines)


def test_all_is_well(forkrepl: Run) -> None:
    result = forkrepl("doctor", timeout=120)
    assert (result.returncode, result.stderr) == (0, "")
    begins = [line.removeprefix("ok       ").split(":")[0] for line in result.stdout.splitlines()]
    for what in (
        "Clang frontend",
        "executor",
        "platform library",
        "packages",
        "headers",
        "machine",
        "kernel",
        "limits",
        "folder for caches",
        "folder for the history",
        "temporary files",
        "a session",
    ):
        assert what in begins
    assert "forkrepl works here" in result.stdout.splitlines()[-1]


def test_calls_that_are_refused(forkrepl: Run) -> None:
    calls = ["memfd_create", "pidfd_open", "pidfd_send_signal", "process_vm_readv"]
    calls += ["process_vm_writev", "ptrace"]
    status, lines = lacks(forkrepl, wrapper=command("EPERM", calls))
    assert status == 0
    for call in calls:
        assert has(
            lines, f"lacking  {call}(2) cannot be used (Operation not permitted): ", "seccomp"
        )


def test_a_hidden_proc(forkrepl: Run) -> None:
    status, lines = lacks(forkrepl, wrapper=without_proc())
    assert status == 0
    assert has(lines, "lacking  /proc cannot be used", "mount -t proc")


def test_headers_that_are_not_there(forkrepl: Run) -> None:
    status, lines = lacks(forkrepl, wrapper=without("/usr/include/c++"))
    assert status == 1
    assert has(lines, "MISSING  the headers of the C++ library", "apt-get install libstdc++-")
    status, lines = lacks(forkrepl, wrapper=without("/usr/include"))
    assert status == 1
    assert has(lines, "MISSING  the headers of the C library", "apt-get install libc6-dev")


def test_limits(forkrepl: Run) -> None:
    wrapper = with_limits("-n 20", "-v 1500000", "-t 100", "-s 900")
    status, lines = lacks(forkrepl, wrapper=wrapper)
    assert status == 0
    for option in ("-n is 20", "-v is 1464 MiB", "-t is 100", "-s is 900 KiB"):
        assert has(lines, f"lacking  ulimit {option}: ", "; raise it to ")


def test_too_few_descriptors_for_a_session(forkrepl: Run) -> None:
    status, lines = lacks(forkrepl, wrapper=with_limits("-n 11"))
    assert status == 1
    assert has(lines, "MISSING  a session does not work", "the limit of open files is 11")


def test_files_without_a_size(forkrepl: Run) -> None:
    status, lines = lacks(forkrepl, wrapper=with_limits("-f 0"))
    assert status == 0
    assert has(lines, "lacking  ulimit -f is 0 KiB: ", "main()")
    assert has(lines, "lacking  temporary files cannot be made", "TMPDIR")


def test_packages_that_cannot_be_imported(forkrepl: Run, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "numpy.py").write_text("raise ImportError('on purpose')\n")
    status, lines = lacks(forkrepl, PYTHONPATH=str(broken))
    assert status == 1
    assert has(lines, "MISSING  the Python package numpy cannot be imported", "on purpose")


def test_tools_that_are_not_there(forkrepl: Run, tmp_path: Path) -> None:
    status, lines = lacks(forkrepl, PATH=str(tmp_path))
    assert status == 0
    assert has(lines, "lacking  there is no debugger", "%debug", "apt-get install gdb")
    assert has(lines, "lacking  there is no symbolizer", "apt-get install llvm-22")


def test_runtimes_that_are_not_there(forkrepl: Run) -> None:
    status, lines = lacks(forkrepl, wrapper=without("/usr/lib/llvm-22/lib/clang/22/lib"))
    assert status == 0
    for name in ("address", "thread"):
        assert has(lines, f"--sanitize={name} does not work; apt-get install libclang-rt-22-dev")


def test_folders(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    inside = str(tmp_path / "file" / "inside")
    status, lines = lacks(forkrepl, XDG_CACHE_HOME=inside, XDG_STATE_HOME=inside)
    assert status == 0
    assert has(lines, "lacking  the folder for caches cannot be used", "standard headers")
    assert has(lines, "lacking  the folder for the history cannot be used", "is not kept")
    shared = tmp_path / "shared"
    (shared / "forkrepl").mkdir(parents=True)
    (shared / "forkrepl").chmod(0o777)
    _, lines = lacks(forkrepl, XDG_CACHE_HOME=str(shared))
    assert has(lines, f"lacking  {shared}/forkrepl is not yours alone", "chmod go-w")


def test_a_locale_without_letters(forkrepl: Run) -> None:
    _, lines = lacks(forkrepl, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert has(lines, "lacking  the locale's character set is ", "LC_ALL=C.UTF-8")


def test_a_current_folder_that_is_gone(environment: dict[str, str], tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    moving = ["sh", "-c", f'cd "{gone}" && rmdir "{gone}" && exec "$0" doctor -q', str(PROGRAM)]
    done = subprocess.run(moving, capture_output=True, text=True, env=environment, timeout=120)
    assert "lacking  the current folder is not there" in done.stdout
    assert "forkrepl works here" in done.stdout


def test_usage(forkrepl: Run) -> None:
    result = forkrepl("doctor", "--nonsense")
    assert result.returncode == 2
    result = forkrepl("doctor", "file")
    assert (result.returncode, result.stdout) == (2, "")
    assert "unrecognized arguments: file" in result.stderr
    result = forkrepl("doctor", "--help")
    assert result.returncode == 0
    assert "forkrepl doctor [options]" in result.stdout


def test_bytecode(forkrepl: Run, tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nowhere")
    _, lines = lacks(forkrepl, PYTHONPYCACHEPREFIX=nowhere, PYTHONDONTWRITEBYTECODE="1")
    assert has(lines, "lacking  PYTHONDONTWRITEBYTECODE is set", "unset it")


def test_a_poor_terminal(environment: dict[str, str]) -> None:
    child = pexpect.spawn(
        str(PROGRAM),
        ["doctor", "--quiet"],
        env=environment | {"TERM": "dumb"},
        dimensions=(24, 30),
        encoding="utf-8",
        timeout=120,
    )
    shown = child.read()
    child.close()
    assert child.exitstatus == 0
    assert "lacking  TERM is dumb: " in shown
    assert "lacking  the terminal is 30 columns wide: " in shown
