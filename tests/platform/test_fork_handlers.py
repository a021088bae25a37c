"""pthread_atfork: handlers run at fork while their unit is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.exit_handlers import COMMON, linked, natively, whole
from tests.support.program import Run

SET = """\
#define SET(name) \\
    void name##_prepare() { say(#name " prepare"); } \\
    void name##_parent() { say(#name " parent"); } \\
    void name##_child() { say(#name " child"); } \\
    int name() { return pthread_atfork(name##_prepare, name##_parent, name##_child); }
"""
FORK = """\
void forks() {
    if (pid_t child = fork())
        waitpid(child, nullptr, 0);
    else
        _exit(0);
}
"""
# The parent waits in its newest handler, so that the order of lines is always the same.
PROGRAM = """\
#include <semaphore.h>
#include <sys/mman.h>
sem_t *done;
void wait_for_child() { sem_wait(done); }
void child_is_done() { sem_post(done); }
SET(first)
SET(second)
void none_but_child() { say("only child"); }
void late() { say("registered in a handler"); }
void registers() { pthread_atfork(late, nullptr, nullptr); }
int main() {
    void *shared = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    sem_init(done = (sem_t *)shared, 1, 0);
    pthread_atfork(nullptr, wait_for_child, nullptr);
    first();
    second();
    pthread_atfork(nullptr, nullptr, none_but_child);
    pthread_atfork(nullptr, nullptr, child_is_done);
    forks();
    pthread_atfork(registers, nullptr, nullptr);
    forks();
    std::thread(forks).join();
    return 0;
}
"""


def test_as_natively(forkrepl: Run, tmp_path: Path) -> None:
    source = whole(SET + FORK + PROGRAM)
    expected = natively(tmp_path, source)
    (tmp_path / "script.cpp").write_text(source)
    script = forkrepl("script.cpp")
    assert (script.stdout, script.returncode) == expected
    seen = linked(forkrepl, tmp_path, source)
    assert seen == dict.fromkeys(seen, expected)


@pytest.mark.parametrize("undone", ["%undo\n", "%undo 2\n"])
def test_handlers_go_with_their_code(forkrepl: Run, undone: str) -> None:
    """Those of older units stay."""
    add = "SET(gone)\n" + ("gone();\n" if "2" in undone else "")
    result = forkrepl(
        input=COMMON + SET + FORK + 'void kept() { say("kept"); }\n'
        f"pthread_atfork(kept, nullptr, nullptr);\n{add}{undone}forks();\n"
    )
    assert (result.stdout, result.stderr, result.returncode) == ("kept\n", "", 0)


def test_handlers_go_with_the_handle_that_registered_them(forkrepl: Run) -> None:
    """As the C library's static part does it."""
    result = forkrepl(
        input=COMMON + FORK + 'void kept() { say("kept"); }\n'
        'extern "C" { int __register_atfork(void (*)(), void (*)(), void (*)(), void *); '
        "extern void *__dso_handle; }\n"
        "void add() { __register_atfork(kept, nullptr, nullptr, &__dso_handle); }\n"
        "add();\nforks();\n%undo 3\nforks();\n"
    )
    assert (result.stdout, result.stderr, result.returncode) == ("kept\n", "", 0)


def test_a_child_can_go_on(forkrepl: Run) -> None:
    """It registers handlers and forks itself."""
    result = forkrepl(
        input=COMMON + FORK + 'void outer() { say("outer"); }\nvoid inner() { say("inner"); }\n'
        "pthread_atfork(outer, nullptr, nullptr);\n"
        "if (pid_t child = fork()) waitpid(child, nullptr, 0);\n"
        "else { pthread_atfork(inner, nullptr, nullptr); forks(); _exit(0); }\n"
        "forks();\n"
    )
    assert result.stdout == "outer\ninner\nouter\nouter\n"
    assert (result.stderr, result.returncode) == ("", 0)
