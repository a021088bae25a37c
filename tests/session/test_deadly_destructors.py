"""An object whose destructor ends the program costs one input, and is forgotten."""

from __future__ import annotations

from tests.support.program import Run, piped

TOLD = "it is forgotten, and not run again"


def test_a_value_that_was_shown(forkrepl: Run) -> None:
    output, errors = piped(
        forkrepl,
        "#include <thread>",
        "#include <string>",
        "#include <cstdlib>",
        "int n = 1;",
        "std::thread([] {})",
        'std::string("first")',
        "n = 2;",
        'std::string("second")',
        'std::string("third")',
        "n",
        "%undo 5",
        "n",
        'std::string("fourth")',
    )
    assert '(std::string) "second"\n(std::string) "third"\n(int) 2\n' in output
    assert output.endswith('(int) 2\n(std::string) "fourth"\n'), output
    assert "destroying a value, a std::thread, has ended the program" in errors
    assert errors.count(TOLD) == 1


def test_undo_of_what_cannot_be_destroyed(forkrepl: Run) -> None:
    output, errors = piped(
        forkrepl,
        "#include <cstdlib>",
        "struct Bad { int n; ~Bad() { if (n) abort(); } };",
        "struct Loop { ~Loop() { *(int *)8 = 1; } };",
        "int before = 1;",
        "Bad bad{1}, good{0}; Loop loop;",
        "before = 2;",
        "%undo 2",
        "before",
        "Bad bad{0};",
        "bad.n",
        "%undo",
        "Bad{1}",
        "%undo",
        "before",
    )
    assert output == "(int) 2\n(int) 0\n(Bad) { .n = 1 }\n(int) 2\n"
    assert "warning: destroying bad, a Bad, ended the program (SIGABRT): it is forgotten" in errors
    assert (
        "warning: destroying loop, a Loop, ended the program (SIGSEGV): it is forgotten" in errors
    )
    assert (
        "warning: destroying a value, a Bad, ended the program (SIGABRT): it is forgotten" in errors
    )


def test_another_object_in_its_place_is_destroyed(forkrepl: Run) -> None:
    output, errors = piped(
        forkrepl,
        "#include <cstdio>",
        "#include <cstdlib>",
        'struct T { int n; T(int n) : n(n) {} ~T() { if (n) abort(); puts("gone"); } };',
        "T(1)",
        "T(0)",
        "%undo",
        "T(0)",
        "T(0)",
    )
    assert TOLD in errors
    assert output.endswith("(T) { .n = 0 }\ngone\n(T) { .n = 0 }\ngone\n"), output


def test_a_child_of_the_program(forkrepl: Run) -> None:
    """What runs at the exit of a process that the program has made is nothing to us."""
    output, errors = piped(
        forkrepl,
        "#include <cstdlib>",
        "#include <unistd.h>",
        "#include <cstdio>",
        "#include <sys/wait.h>",
        "pid_t parent = getpid();",
        'struct T { ~T() { if (getpid() != parent) abort(); puts("destroyed"); } };',
        "T t;",
        "if (fork() == 0) exit(0);",
        "int status; wait(&status);",
        "WTERMSIG(status)",
        "%undo 4",
    )
    assert errors == ""
    assert "(int) 6\n" in output
    assert "destroyed\n" in output


def test_what_comes_in_the_place_of_a_deadly_function_runs(forkrepl: Run) -> None:
    """It may be at the same address."""
    finalizer = "__attribute__((destructor)) void bye() {{ {}; }}"
    key = (
        "pthread_key_t key; static void drop(void *) {{ {}; }} "
        "int made = pthread_key_create(&key, drop); pthread_setspecific(key, &key);"
    )
    lines = ["#include <cstdlib>", "#include <cstdio>", "#include <pthread.h>"]
    for each in (finalizer, key):
        for body in ("abort()", 'puts("well"); fflush(stdout)'):
            lines += [each.format(body), "%undo"]
    output, errors = piped(forkrepl, *lines)
    assert output == "well\nwell\n"
    assert errors.count("it is forgotten") == 2
