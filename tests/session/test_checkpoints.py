"""The program does not notice that it is copied before each input, and is as it was
after a crash."""

from __future__ import annotations

from tests.support.program import Run, piped

CRASH = "*(volatile int *)0 = 1;\n"


def test_it_can_wait_for_all_of_its_children(forkrepl: Run) -> None:
    out, _ = piped(
        forkrepl,
        "#include <sys/wait.h>\n#include <unistd.h>\n#include <cstdio>",
        "int x = 1;",
        '{ int n = 0; if (!fork()) _exit(0); while (wait(NULL) > 0) ++n; printf("%d\\n", n); }',
        "x",
    )
    assert out == "1\n(int) 1\n"


def test_its_fork_handlers_do_not_run(forkrepl: Run) -> None:
    out, _ = piped(
        forkrepl,
        "#include <pthread.h>\n#include <unistd.h>\n#include <sys/wait.h>\nint forks = 0;",
        "pthread_atfork([] { ++forks; }, nullptr, nullptr);",
        "int x = 1;",
        "forks",
        "if (!fork()) _exit(0); wait(nullptr);",
        "forks",
    )
    assert out == "(int) 0\n(int) 1\n"


def test_with_threads_it_hears_of_no_child(forkrepl: Run) -> None:
    """A process with threads is copied another way, with a process between."""
    out, _ = piped(
        forkrepl,
        "#include <atomic>\n#include <csignal>\n#include <pthread.h>\n#include <sys/wait.h>\n"
        "#include <thread>\n#include <unistd.h>",
        "int signals = 0, forks = 0; std::atomic<bool> stop{false};",
        "signal(SIGCHLD, [](int) { ++signals; });",
        "pthread_atfork([] { ++forks; }, nullptr, nullptr);",
        "std::thread thread([] { while (!stop) usleep(1000); });",
        "int x = 1;",
        "int y = 1;",
        "signals + forks",
        "wait(nullptr)",
        "stop = true; thread.join();",
    )
    assert out == "(int) 0\n(int) -1\n"


def test_the_reader_of_a_pipe_sees_its_end(forkrepl: Run) -> None:
    """Although copies of the process were made while it was open."""
    out, _ = piped(
        forkrepl,
        "#include <cstdio>",
        'FILE *pipe_ = popen("cat", "w");',
        'fputs("through\\n", pipe_);',
        "int between = 1;",
        "pclose(pipe_)",
    )
    assert out == "through\n(int) 0\n"


def test_an_address_can_be_listened_on_again(forkrepl: Run) -> None:
    out, _ = piped(
        forkrepl,
        "#include <sys/socket.h>\n#include <sys/un.h>\n#include <unistd.h>\n#include <cstring>",
        "sockaddr_un a{AF_UNIX, {}};",
        "strcpy(a.sun_path + 1, std::to_string(getpid()).c_str());",
        "int listen_() { int s = socket(AF_UNIX, SOCK_STREAM, 0);"
        " return bind(s, (sockaddr *)&a, sizeof a) ? -1 : s; }",
        "int s = listen_();",
        "int between = 1;",
        "close(s);",
        "listen_() >= 0",
    )
    assert out == "(bool) true\n"


def test_open_channels_that_are_lost_look_closed_and_are_counted(forkrepl: Run) -> None:
    out, err = piped(
        forkrepl,
        "#include <unistd.h>\n#include <cstdio>\nint ends[2]; char c;",
        "pipe(ends);",
        CRASH.strip(),
        "read(ends[0], &c, 1)",
    )
    assert out == "(ssize_t) 0\n"
    assert "lost: 2 open pipe or sockets" in err


def test_files_stay_open_where_they_were(forkrepl: Run) -> None:
    out, err = piped(
        forkrepl,
        "#include <cstdio>",
        "FILE *file = tmpfile();",
        'fputs("one ", file);',
        'fputs("two ", file); ' + CRASH.strip(),
        'fputs("three", file); fflush(file); rewind(file); char text[40]; fgets(text, 40, file);',
        "puts(text);",
    )
    # What was not flushed when the program ended had not been written.
    assert out == "one three\n"
    assert "lost" not in err


def test_lost_threads_are_counted(forkrepl: Run) -> None:
    _, err = piped(
        forkrepl,
        "#include <thread>\n#include <unistd.h>",
        "std::thread([] { while (true) pause(); }).detach();",
        "int x = 1;",
        CRASH.strip(),
        "x",
    )
    assert "lost: 1 running thread" in err


def test_a_mask_is_the_programs_and_the_keyboard_is_not(forkrepl: Run) -> None:
    """Between inputs the executor blocks the keyboard's signals; the program sees its own
    mask, also after a rollback."""
    out, _ = piped(
        forkrepl,
        "#include <csignal>",
        "sigset_t set; bool blocks(int n) { sigprocmask(SIG_BLOCK, nullptr, &set);"
        " return sigismember(&set, n); }",
        "blocks(SIGINT)",
        "sigaddset(&set, SIGUSR1); sigprocmask(SIG_BLOCK, &set, nullptr);",
        CRASH.strip(),
        "blocks(SIGINT)",
        "blocks(SIGUSR1)",
    )
    assert out == "(bool) false\n(bool) false\n(bool) true\n"


def test_a_fork_that_comes_back_ends_quietly(forkrepl: Run) -> None:
    out, err = piped(
        forkrepl,
        "#include <unistd.h>\n#include <sys/wait.h>\n#include <cstdio>\nint x = 1;",
        "pid_t child = fork(); if (!child) x = 2;",
        '{ int status = -1; waitpid(child, &status, 0); printf("%d\\n", status); }',
        "x",
    )
    assert (out, err) == ("0\n(int) 1\n", "")


def test_a_fork_that_crashes_costs_nothing(forkrepl: Run) -> None:
    out, err = piped(
        forkrepl,
        "#include <unistd.h>\n#include <sys/wait.h>\n#include <cstdlib>\nint x = 1;",
        "pid_t child = fork(); if (!child) abort();",
        "int status = 0; int done = waitpid(child, &status, 0) == child;",
        "done && WTERMSIG(status) == 6",
    )
    assert (out, err) == ("(bool) true\n", "")


def test_a_fork_that_does_not_come_back_ends_with_the_session(forkrepl: Run) -> None:
    out, _ = piped(  # returns when nobody holds its output any more
        forkrepl, "#include <unistd.h>\nint x = 1;", "if (!fork()) for (;;) pause();", "x"
    )
    assert out == "(int) 1\n"


def test_nothing_is_taken_back_from_a_script(forkrepl: Run) -> None:
    """No copies are made for one: a crash is its end."""
    result = forkrepl("-c", f"int x = 1; x\n{CRASH}x")
    assert (result.stdout, result.returncode) == ("(int) 1\n", 139)
    assert "rolled back" not in result.stderr
