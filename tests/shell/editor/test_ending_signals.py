"""Signals from elsewhere, and Ctrl-\\: what they end, and how they leave the terminal."""

from __future__ import annotations

import os
import signal
import termios
from typing import Any

import pexpect
import pytest

from tests.support.program import OpenShell, Shell


def modes_of(shell: Shell) -> list[Any]:
    # The terminal itself outlives the program: pexpect holds its other side.
    return termios.tcgetattr(shell.child.fileno())


def expect_end_by(shell: Shell, number: signal.Signals) -> None:
    shell.child.expect_exact(pexpect.EOF)
    shell.child.wait()
    assert shell.child.signalstatus == number


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_at_the_prompt(open_shell: OpenShell, number: signal.Signals) -> None:
    shell = open_shell(TERM="xterm")
    assert not modes_of(shell)[3] & (termios.ECHO | termios.ICANON)
    os.kill(shell.child.pid, number)
    shell.child.expect_exact("\x1b[?2004l")  # pasted text is not marked any more
    expect_end_by(shell, number)
    assert modes_of(shell)[3] & termios.ECHO
    assert modes_of(shell)[3] & termios.ICANON


def test_while_the_program_runs(open_shell: OpenShell) -> None:
    shell = open_shell()
    shell.run("#include <termios.h>")
    shell.run("#include <unistd.h>")
    shell.type(
        "{ termios t; tcgetattr(0, &t); cfmakeraw(&t); tcsetattr(0, TCSANOW, &t); "
        'write(1, "be" "gun", 5); for (;;) pause(); }'
    )
    shell.child.expect_exact("begun")
    os.kill(shell.child.pid, signal.SIGTERM)
    expect_end_by(shell, signal.SIGTERM)
    assert modes_of(shell)[3] & termios.ECHO


def test_quit_key_ends_what_runs(shell: Shell) -> None:
    """As in other shells, whatever the terminal's Ctrl-\\ reaches."""
    shell.run("int kept = 42;")
    shell.run("#include <unistd.h>")
    shell.type('{ write(1, "be" "gun", 5); for (;;) pause(); }')
    shell.child.expect_exact("begun")
    shell.child.send("\x1c")
    assert "SIGQUIT" in shell.wait_for_next_prompt()
    assert shell.run("kept") == "(int) 42\n"
    assert shell.run("#include <vector>") == ""
    assert shell.run("std::vector<int>(2, kept)") == "(std::vector<int>) { 42, 42 }\n"
    assert shell.leave() == 0


def test_a_signal_that_is_ignored_from_the_start(open_shell: OpenShell) -> None:
    """nohup(1) does that."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        shell = open_shell()
    finally:
        signal.signal(signal.SIGHUP, before)
    os.kill(shell.child.pid, signal.SIGHUP)
    assert shell.run("6 * 7") == "(int) 42\n"
    assert shell.leave() == 0
