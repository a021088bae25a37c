"""``%rewind``: back in time, with the program's memory; ``%restart``: a fresh program."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from repl.clang.frontend_copies import MOST_CHECKPOINTS
from repl.configuration.session_options import SessionOptions
from repl.errors import ShellError
from repl.input.source import Source
from repl.session.live_session import LiveSession
from runtime.executor_client.waiting import is_readable
from tests.support.program import Run, piped


def test_memory_goes_back_too(forkrepl: Run) -> None:
    out, err = piped(
        forkrepl,
        "#include <vector>\nstd::vector<int> v{1};",
        "v.push_back(2);",
        "v.push_back(3); int late = 1;",
        "%rewind 2",
        "v.size()",
        "late",
    )
    assert out == "(size_t) 1\n"
    assert "undeclared identifier 'late'" in err


def test_what_was_undone_comes_back(forkrepl: Run) -> None:
    out, err = piped(
        forkrepl,
        "#include <cstdio>",
        'struct Noisy { ~Noisy() { puts("gone"); } int n = 5; } noisy;',
        "int f() { return noisy.n; }",
        "%undo 2",
        "int other = 1;",
        "%rewind 2",
        "noisy.n",
        "f()",
    )
    # Before the last two inputs that took effect: f and other.
    assert out == "gone\n(int) 5\ngone\n"
    assert "undeclared identifier 'f'" in err


def test_nothing_of_the_program_runs(forkrepl: Run) -> None:
    out, _ = piped(
        forkrepl,
        "#include <cstdio>\n#include <cstdlib>",
        'atexit([] { puts("first"); });',
        'atexit([] { puts("second"); });',
        "%rewind",
        'puts("rewound");',
    )
    assert out == "rewound\nfirst\n"


def test_it_says_how_far_back_it_can_go(forkrepl: Run) -> None:
    lines = [f"int v{n} = {n};" for n in range(100)]
    out, err = piped(forkrepl, *lines, "%rewind 1000", "%rewind 8", "v91", "v92")
    assert "no checkpoint of 1000 inputs ago, only of 1, 2, 3, 4, 5, 6, 7, 8, " in err
    assert out == "(int) 91\n"
    assert "undeclared identifier 'v92'" in err


def test_far_back(forkrepl: Run) -> None:
    """The first input is still there when the newest are many."""
    lines = [f"int v{n} = {n};" for n in range(40)]
    out, err = piped(
        forkrepl, "int x = 1;", *lines, "x = 2;", "%rewind 42", "x", "int v0 = 7;", "v0"
    )
    assert out == "(int) 7\n"
    assert "undeclared identifier 'x'" in err


def test_bad_arguments(forkrepl: Run) -> None:
    out, err = piped(forkrepl, "%rewind", "%rewind x", "%rewind 0", "%restart now", "6 * 7")
    assert "there is nothing to go back to" in err
    assert err.count("%rewind takes a number of inputs") == 2
    assert "%restart takes no argument" in err
    assert out == "(int) 42\n"


def test_a_script_has_no_past(forkrepl: Run) -> None:
    result = forkrepl("-c", "int x = 1;\n%rewind")
    assert "keeps no checkpoints" in result.stderr
    assert result.returncode == 1


def test_restart_runs_declarations_again(forkrepl: Run) -> None:
    out, err = piped(
        forkrepl,
        "#include <cstdio>\n#define SIX 6",
        "int x = 5; int add(int n) { return x + n; }",
        'struct Loud { Loud() { puts("hello"); } } loud;',
        "x = 100;",
        'puts("a statement");',
        "template <class T> T twice(T t) { return 2 * t; }",
        "twice(x)",
        "%restart",
        "add(SIX)",
        "twice(x)",
    )
    assert out == "hello\na statement\n(int) 200\nhello\n(int) 11\n(int) 10\n"
    assert err == ""


def test_restart_loads_libraries_again(forkrepl: Run) -> None:
    out, err = piped(
        forkrepl,
        "%lib z",
        'extern "C" const char *zlibVersion(void);',
        "bool has_zlib() { return zlibVersion() != nullptr; }",
        "%restart",
        "has_zlib()",
    )
    assert (out, err) == ("(bool) true\n", "")


def test_what_fails_when_it_runs_again_is_named(forkrepl: Run) -> None:
    out, err = piped(
        forkrepl,
        "#include <cstdlib>\n#include <unistd.h>",
        'int first = getenv("AGAIN") ? throw 1 : 5;',
        "int second = 7;",
        "%restart",
        "second",
    )
    assert out == "(int) 7\n"
    assert err == ""


def test_undo_and_rewind_after_a_restart(forkrepl: Run) -> None:
    out, err = piped(
        forkrepl, "int x = 1;", "int y = 2;", "%restart", "x + y", "%undo 2", "x", "%rewind", "x"
    )
    assert out == "(int) 3\n(int) 1\n(int) 1\n"
    assert err == ""


def test_no_process_is_left_behind() -> None:
    """Each checkpoint is a process: those that nobody can go back to any more end."""
    with LiveSession(SessionOptions(recover=True)) as session:

        def run(text: str) -> None:
            session.run(Source(text, "test"))

        for number in range(6):
            run(f"int v{number} = {number};")
        descriptors = len(os.listdir("/proc/self/fd"))
        for _ in range(20):
            session.rewind(3)
            for number in range(3):
                run(f"int w{number} = {number};")
        session.attend()
        # An input that took Clang long, on a busy machine, is worth a checkpoint of Clang's.
        room = MOST_CHECKPOINTS * 2
        assert len(os.listdir("/proc/self/fd")) <= descriptors + room


def test_a_checkpoint_that_was_killed_costs_nothing() -> None:
    with LiveSession(SessionOptions(recover=True)) as session:
        session.run(Source("int x = 1;", "test"))
        session.run(Source("x = 2;", "test"))
        session.attend()
        keeper = int(Path(f"/proc/{session.executor_pid}/stat").read_text().split()[3])
        children = Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split()
        oldest = next(int(pid) for pid in children if int(pid) != session.executor_pid)
        pidfd = os.pidfd_open(oldest)
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        assert is_readable(pidfd, 10)
        os.close(pidfd)
        with pytest.raises(ShellError, match="is gone"):
            session.rewind(2)
        assert session.run(Source("x", "test")).value == "(int) 2"
        session.rewind(2)
        assert session.run(Source("x", "test")).value == "(int) 1"


def test_back_to_where_only_a_macro_came_since(forkrepl: Run) -> None:
    """Both moments share a checkpoint."""
    out, err = piped(forkrepl, "int x = 1;", "#define TWO 2", "%rewind", "x = 5;", "x", "TWO")
    assert out == "(int) 5\n"
    assert "undeclared identifier 'TWO'" in err
