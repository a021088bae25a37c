"""A kernel, or the filter of a container, that refuses what the program would like to use: there
is another way, or it says which call is missing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pexpect
import pytest

from tests.support.denied_calls import command
from tests.support.machines import without_proc
from tests.support.program import PROGRAM, TIMEOUT, Run, values

# Each way that memory is read, written and shared, that processes are ended and waited for, and
# that libraries are told of what has been linked.
INPUTS = """\
int n = 5;
"bc"
class Row { int a[3] = {1, 2, 3}; public: int *begin() { return a; } int *end() { return a + 3; } };
Row()
struct P { int x; };
const char *forkrepl_print(const P &p) { return p.x == 7 ? "seven" : "other"; }
P{7}
n = 6; *(volatile int *)0;
n
++n
%rewind 1
n
%lib m
"""
SHOWN = ['"bc"', "{ 1, 2, 3 }", "seven", "5", "6", "5"]
TOLD = """\
SIGSEGV: read from address 0x0 (null pointer)
  at -:8:8
rolled back: memory and declarations are as before this input
"""
CALLS = ("memfd_create", "pidfd_open", "pidfd_send_signal", "process_vm_readv", "process_vm_writev")


def check_session(run: Run, wrapper: Sequence[str]) -> None:
    """All of it works as ever."""
    result = run(input=INPUTS, wrapper=wrapper, timeout=60)
    assert (values(result.stdout), result.stderr) == (SHOWN, TOLD)


@pytest.mark.parametrize(
    ("error", "calls"),
    [
        ("ENOSYS", ("memfd_create",)),
        ("ENOSYS", ("pidfd_send_signal",)),
        ("ENOSYS", ("process_vm_readv",)),
        ("ENOSYS", CALLS),
        ("EPERM", (*CALLS, "ptrace", "userfaultfd")),
    ],
)
def test_there_is_another_way(forkrepl: Run, error: str, calls: Sequence[str]) -> None:
    check_session(forkrepl, command(error, calls))


def test_programs_and_links(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "program.cpp").write_text("int n = 3; int main() { return n; }\n")
    wrapper = command("EPERM", CALLS)
    for arguments in (["program.cpp"], ["link", "program.cpp"]):
        result = forkrepl(*arguments, wrapper=wrapper)
        assert (result.returncode, result.stderr) == (3, "")
    result = forkrepl("link", "--memory=in-process", "program.cpp", wrapper=wrapper)
    assert result.returncode == 1
    assert "memfd_create(2)" in result.stderr
    assert "--memory=stream" in result.stderr


def test_no_debugger_can_attach(environment: dict[str, str]) -> None:
    """It is said before one is started."""
    denied = command("EPERM", ["ptrace"])
    arguments = [*denied[1:], str(PROGRAM), "--no-cache", "--quiet"]
    child = pexpect.spawn(denied[0], arguments, env=environment, encoding="utf-8", timeout=TIMEOUT)
    child.expect_exact("In[1]: ")
    child.send("*(volatile int *)0;\r")
    child.expect("rolled back")
    child.send("%debug\r")
    child.expect(r"%debug: ptrace\(2\) cannot be used \(Operation not permitted\): allow it")
    child.close(force=True)


def test_without_proc(forkrepl: Run) -> None:
    check_session(forkrepl, without_proc())
