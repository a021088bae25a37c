"""The prompt works, and is where it belongs, whatever the program did to the terminal."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

from tests.support.leaks import wait_for
from tests.support.program import PROGRAM, TIMEOUT, OpenShell, Shell

HEADERS = ("<termios.h>", "<unistd.h>", "<fcntl.h>", "<signal.h>", "<cstdio>")
RAW = "termios t; tcgetattr(0, &t); cfmakeraw(&t); tcsetattr(0, TCSANOW, &t);"
NOT_BLOCKING = "for (int i = 0; i < 3; ++i) fcntl(i, F_SETFL, fcntl(i, F_GETFL) | O_NONBLOCK);"
GIVE_AWAY = "signal(SIGTTOU, SIG_IGN); setpgid(0, 0); tcsetpgrp(0, getpid());"

ENDS = {
    "success": ("", ""),
    "exception": ("throw 7;", "uncaught exception of type int"),
    "crash": ("__builtin_trap();", "SIGILL"),
    "kill": ("raise(SIGKILL);", "SIGKILL"),
    "vanish": ("_exit(3);", "status 3"),
}
"""How an input ends: its last statement, what is reported."""


@pytest.fixture
def terminal(shell: Shell) -> Shell:
    """A session that has the headers."""
    include(shell)
    return shell


def include(shell: Shell) -> None:
    for header in HEADERS:
        assert shell.run(f"#include {header}") == ""


def local_modes(shell: Shell) -> str:
    return shell.run("termios now; tcgetattr(0, &now); now.c_lflag * 100000l + now.c_oflag")


def break_terminal(shell: Shell, statements: str, end: str) -> None:
    """Run them and end as ``end`` says. ``Shell.run`` finds that the terminal does not
    echo, and that lines of the output begin at the left."""
    last, report = ENDS[end]
    output = shell.run(f"{{ {statements} {last} }}")
    assert report in output
    assert bool(output) == bool(report)


@pytest.mark.parametrize("end", ENDS)
def test_raw_mode(terminal: Shell, end: str) -> None:
    before = local_modes(terminal)
    assert "(long)" in before
    break_terminal(terminal, RAW, end)
    include(terminal)
    terminal.run("%reset")
    include(terminal)
    assert local_modes(terminal) == before
    assert terminal.leave() == 0


@pytest.mark.parametrize("end", ["success", "crash"])
def test_descriptors_that_do_not_block(terminal: Shell, end: str) -> None:
    break_terminal(terminal, NOT_BLOCKING, end)
    include(terminal)
    assert terminal.run("fcntl(0, F_GETFL) & O_NONBLOCK") == "(int) 0\n"
    # More than fits into the terminal's buffer.
    assert (
        terminal.run('for (int i = 0; i < 20000; ++i) puts("many words");').count("many") == 20000
    )


@pytest.mark.parametrize("end", ["success", "crash", "vanish"])
def test_the_foreground_given_away(terminal: Shell, end: str) -> None:
    before = os.tcgetpgrp(terminal.child.fileno())
    break_terminal(terminal, GIVE_AWAY, end)
    assert os.tcgetpgrp(terminal.child.fileno()) == before
    assert terminal.run("6 * 7") == "(int) 42\n"
    assert terminal.leave() == 0


def test_an_interrupted_program(terminal: Shell) -> None:
    modes = "t.c_lflag &= ~(ECHO | ICANON); t.c_oflag &= ~OPOST;"
    terminal.type(f"{{ termios t; tcgetattr(0, &t); {modes} tcsetattr(0, TCSANOW, &t); "
                  'write(1, "be" "gun", 5); for (;;) ; }')  # fmt: skip
    terminal.child.expect_exact("begun")
    terminal.child.sendintr()
    assert terminal.wait_for_next_prompt().count("\r\n") >= 1
    assert terminal.run("6 * 7") == "(int) 42\n"
    assert terminal.leave() == 0


def test_output_that_was_stopped(terminal: Shell) -> None:
    assert "SIGILL" in terminal.run("tcflow(0, TCOOFF); __builtin_trap();")
    assert terminal.run("6 * 7") == "(int) 42\n"


def test_a_loaded_file(terminal: Shell, tmp_path: Path) -> None:
    (tmp_path / "file.cpp").write_text(f"{RAW}\n1\n2\n")
    assert terminal.run("%load file.cpp") == "(int) 1\n(int) 2\n"


def test_the_end_by_exit(terminal: Shell) -> None:
    terminal.run("#include <cstdlib>")
    terminal.type(f"{{ {RAW} exit(3); }}")
    terminal.child.expect_exact("exit(3); }")
    assert terminal.wait() == 3


def test_a_dumb_terminal_gets_no_escape_sequences(open_shell: OpenShell) -> None:
    shell = open_shell("--quiet", TERM="dumb")
    assert "\x1b" not in shell.run("__builtin_trap();")


def test_a_background_job_leaves_the_terminal_to_the_shell(
    environment: dict[str, str], tmp_path: Path
) -> None:
    bash = pexpect.spawn(
        "/bin/bash",
        ["--norc", "--noediting", "-i"],
        env=environment | {"PS1": "READY> "},
        cwd=str(tmp_path),
        encoding="utf-8",
        timeout=TIMEOUT,
        dimensions=(50, 500),
    )
    bash.expect_exact("READY> ")
    bash.send(f"{PROGRAM} -q\r")
    bash.expect_exact("In[1]: ")
    bash.send("#include <unistd.h>\r")
    bash.expect_exact("In[2]: ")
    bash.send(
        'write(1, "be" "gun", 5); while (access("go", F_OK)) usleep(1000); '
        'write(1, "do" "ne", 4);\r'
    )
    bash.expect_exact("begun")
    bash.send("\x1a")
    bash.expect_exact("READY> ")
    bash.send("bg; while ! jobs | grep -q Running; do :; done; touch go\r")
    bash.expect_exact("done")
    bash.send("while jobs | grep -q Running; do :; done; echo $((6 * 7))\r")
    bash.expect_exact("42\r\n")
    bash.send("fg\r")
    bash.expect_exact(str(PROGRAM))
    bash.send("7 * 7\r")
    bash.expect_exact("(int) 49")
    bash.close(force=True)


Tmux = Callable[..., str]


@pytest.fixture
def tmux(environment: dict[str, str], tmp_path: Path) -> Iterator[Tmux]:
    """Call it with a command and its arguments: a terminal of 100 columns runs a session."""
    socket = f"forkrepl-{uuid.uuid4().hex}"

    def call(*arguments: str) -> str:
        command = ["tmux", "-L", socket, "-f", "/dev/null", *arguments]
        return subprocess.run(
            command, env=environment, check=True, capture_output=True, text=True, cwd=tmp_path
        ).stdout

    call("new-session", "-d", "-x", "100", "-y", "24", f"{PROGRAM} -q")
    yield call
    call("kill-server")


def lines(tmux: Tmux) -> list[str]:
    return [line for line in tmux("capture-pane", "-p").splitlines() if line]


def wait_for_prompt(tmux: Tmux, number: int) -> None:
    # The screen may be empty in one look and not in the next: each look counts alone.
    assert wait_for(lambda: lines(tmux)[-1:] == [f"In[{number}]:"])


def type_input(tmux: Tmux, number: int, text: str) -> None:
    wait_for_prompt(tmux, number)
    # A line that ends in a semicolon would end tmux's command.
    tmux("send-keys", "-l", text + " ")
    tmux("send-keys", "Enter")


# What is behind "ESC [" in each sequence.
LEAVE_BEHIND = {
    "alternate screen": ("?1049h", "2J", "H"),
    "scroll region": ("5;10r", "3;1H"),
    "hidden cursor": ("?25l",),
    "mouse": ("?1000h", "?1003h", "?1006h"),
    "keys": ("?1h",),
    "characters that push": ("4h", "?7l"),
    "colours": ("31;44;7m",),
    "nothing": (),
}

FLAGS = (
    "alternate_on cursor_flag insert_flag keypad_flag keypad_cursor_flag mouse_any_flag "
    "scroll_region_upper scroll_region_lower wrap_flag"
)


@pytest.mark.parametrize("what", LEAVE_BEHIND)
def test_the_display_after_a_crash(tmux: Tmux, what: str) -> None:
    """It is reset, and nothing that was on it is moved or lost."""
    type_input(tmux, 1, "#include <cstdio>")
    sequences = "".join(f"\\x1b[{sequence}" for sequence in LEAVE_BEHIND[what])
    type_input(tmux, 2, f'fputs("{sequences}", stdout); fflush(stdout); __builtin_trap();')
    type_input(tmux, 3, '"plain text"')
    wait_for_prompt(tmux, 4)
    shown = lines(tmux)
    assert shown[0] == "In[1]: #include <cstdio>"
    assert shown[1].startswith("In[2]: fputs(")
    assert any("SIGILL" in line for line in shown)
    assert shown[-3].startswith('In[3]: "plain text"')
    assert 'plain text"' in shown[-2]
    coloured = tmux("capture-pane", "-p", "-e").splitlines()
    assert "\x1b[44m" not in "".join(coloured)
    # The region is lines 0 to 23.
    format = " ".join(f"#{{{flag}}}" for flag in FLAGS.split())
    assert tmux("display-message", "-p", format) == "0 1 0 0 0 0 0 23 1\n"


def test_what_a_program_does_on_purpose_stays(tmux: Tmux) -> None:
    type_input(tmux, 1, "#include <cstdio>")
    type_input(tmux, 2, 'fputs("\\x1b]2;a title\\x07", stdout); fputs("\\x1b[?1000h", stdout);')
    type_input(tmux, 3, "1")
    wait_for_prompt(tmux, 4)
    assert tmux("display-message", "-p", "#{pane_title} #{mouse_any_flag}") == "a title 1\n"
