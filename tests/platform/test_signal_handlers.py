"""Signal handlers in code that goes: the signal has its default action again."""

from __future__ import annotations

import signal

import pytest

from tests.support.program import OpenShell, Run
from tests.support.runtime import running_program

HEADER = """\
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
void handler(int number) { printf("signal %d\\n", number); }
void action(int number, siginfo_t *, void *) { printf("action %d\\n", number); }
bool is_default(int number) {
    struct sigaction now;
    sigaction(number, nullptr, &now);
    return now.sa_handler == SIG_DFL;
}
"""
MINE = 'void mine(int number) { puts("mine"); }\n'


def warning(name: str) -> str:
    return (
        f"warning: the handler of {name} went with its code: "
        "the signal has its default effect again\n"
    )


USER_1 = warning("SIGUSR1 (User defined signal 1)")


@pytest.mark.parametrize(
    "install",
    [
        "signal(SIGUSR1, mine);",
        "sigset(SIGUSR1, mine);",
        "struct sigaction s = {}; s.sa_handler = mine; sigaction(SIGUSR1, &s, nullptr);",
    ],
)
def test_a_handler_goes_with_its_code(forkrepl: Run, install: str) -> None:
    result = forkrepl(
        "--Xcc=-Wno-deprecated-declarations",
        input=f"{HEADER}{MINE}void install() {{ {install} }}\ninstall();\nraise(SIGUSR1);\n"
        "%undo 4\nis_default(SIGUSR1)\n",
    )
    assert (result.stdout, result.stderr) == ("mine\n(bool) true\n", USER_1)
    assert result.returncode == 0


def test_the_default_action_is_what_happens(forkrepl: Run) -> None:
    result = forkrepl(input=f"{HEADER}{MINE}signal(SIGUSR1, mine);\n%undo 2\nraise(SIGUSR1);\n")
    assert result.returncode == 128 + signal.SIGUSR1
    assert "SIGUSR1" in result.stderr


def test_all_signals_of_a_unit(forkrepl: Run) -> None:
    result = forkrepl(
        input=HEADER + "void mine(int) {} void install() { signal(SIGHUP, mine); "
        "signal(SIGRTMAX, mine); signal(SIGINT, SIG_IGN); signal(SIGTERM, handler); }\n"
        "install();\n%undo 2\n"
        "is_default(SIGHUP) && is_default(SIGRTMAX) && !is_default(SIGINT)\nraise(SIGTERM);\n"
    )
    assert result.stdout == "(bool) true\nsignal 15\n"
    assert result.stderr.startswith(warning("SIGHUP (Hangup)"))
    assert "SIGRTMAX" in result.stderr
    assert result.stderr.count("warning") == 2


def test_a_handler_stays_while_its_code_is_there(forkrepl: Run) -> None:
    """Whoever has installed it."""
    result = forkrepl(
        input=f"{HEADER}struct sigaction s = {{}};\ns.sa_sigaction = action; "
        "s.sa_flags = SA_SIGINFO; sigaction(SIGUSR2, &s, nullptr);\n%undo\nraise(SIGUSR2);\n"
    )
    assert (result.stdout, result.stderr) == (f"action {signal.SIGUSR2:d}\n", "")


def test_an_input_that_fails_takes_its_handlers_back(forkrepl: Run) -> None:
    """The warning comes with the error."""
    result = forkrepl(
        input=HEADER + 'signal(SIGUSR1, [](int) {}); throw std::runtime_error("why");\n'
        "is_default(SIGUSR1)\n"
    )
    assert result.stdout == "(bool) true\n"
    assert result.stderr == (
        f"{USER_1}uncaught exception of type std::runtime_error: why\n  at -:12:30\n"
    )


def test_at_the_prompt(open_shell: OpenShell) -> None:
    shell = open_shell("--quiet")
    shell.run("#include <csignal>")
    shell.run("void mine(int) {}")
    shell.run("signal(SIGUSR1, mine);")
    assert shell.run("%undo 2") == USER_1
    assert shell.run("1 + 1") == "(int) 2\n"
    assert shell.leave() == 0


def test_handlers_are_called_until_the_end(forkrepl: Run) -> None:
    """At exit the code stays, and so do its handlers."""
    result = forkrepl(
        input=f"{HEADER}signal(SIGUSR1, handler);\nvoid last() {{ raise(SIGUSR1); }}\n"
        "atexit(last);\n"
    )
    assert (result.stdout, result.stderr) == (f"signal {signal.SIGUSR1:d}\n", "")
    assert result.returncode == 0


def test_the_reply_names_the_signals() -> None:
    with running_program() as program:
        unit = program.load_c(
            "#include <signal.h>\nstatic void mine(int number) {}\n"
            "void go(void) { signal(SIGUSR1, mine); signal(SIGRTMAX, mine); }"
        )
        program.call("go")
        outcome = program.session.unload(unit)
    assert outcome.restored_signals == (signal.SIGUSR1, signal.SIGRTMAX)
