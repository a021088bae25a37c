"""Nothing is left behind: no process, no file, no shared memory, and no mapping by mapping."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

from repl.clang.frontend_copies import MOST_CHECKPOINTS
from tests.support.leaks import MARK, command_of, living, seconds_used, wait_for
from tests.support.program import PROGRAM, TIMEOUT, OpenShell, Run

SHARED_MEMORY = Path("/dev/shm")


def names_in_shared_memory() -> set[str]:
    return {path.name for path in SHARED_MEMORY.iterdir()} if SHARED_MEMORY.is_dir() else set()


@pytest.fixture
def mark(tmp_path: Path) -> Iterator[str]:
    """What marks the processes of one test; checks at the end that nothing is left."""
    value = str(tmp_path)
    before = names_in_shared_memory()
    yield value
    gone = wait_for(lambda: not living(value))
    survivors = {
        pid: Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        for pid in living(value)
    }
    for pid in survivors:
        os.kill(pid, signal.SIGKILL)
    assert gone, f"still there: {survivors}"
    assert names_in_shared_memory() - before == set()
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize(
    "code",
    [
        "1 + 1",
        "int x = missing;",
        "throw 1;",
        "*(volatile int *)0 = 1;",
        "#include <cstdlib>\nexit(3);",
        "#include <csignal>\nraise(SIGKILL);",
        '#include <unistd.h>\nint main() { execl("/bin/true", "true", nullptr); }',
        "#include <thread>\nstd::thread([] { for (;;) {} }).detach();",
        'asm("nonsense");',
        "%quit",
    ],
)
def test_script(forkrepl: Run, mark: str, code: str) -> None:
    forkrepl("-c", code, FORKREPL_TEST_OF_LEAKS=mark)


def test_interactive_session(open_shell: OpenShell, mark: str) -> None:
    shell = open_shell("-q", **{MARK: mark})
    assert len(living(mark)) > 1
    shell.run("int n = 42;")
    shell.run("int m = missing;")
    shell.run("*(volatile int *)0 = 1;")
    shell.run("%undo")
    shell.run("throw 1;")
    assert shell.leave() == 0


def test_terminal_that_is_closed(open_shell: OpenShell, mark: str) -> None:
    shell = open_shell("-q", **{MARK: mark})
    shell.run("int n = 42;")
    terminal = shell.child.ptyproc
    terminal.fileobj.close()
    terminal.closed = shell.child.closed = True  # or pexpect would send signals of its own
    assert wait_for(lambda: not living(mark))


BUSY = {
    "program": '#include <cstdio>\nputs("busy"); fflush(stdout); for (volatile int i = 0;; ++i);',
    "blocked program": "#include <cstdio>\n#include <csignal>\n#include <unistd.h>\nsigset_t all;\n"
    'sigfillset(&all); sigprocmask(SIG_BLOCK, &all, nullptr); puts("busy"); fflush(stdout); '
    "for (;;) sleep(60);",
    "program with threads": "#include <cstdio>\n#include <thread>\nstd::thread t([] { "
    'puts("busy"); fflush(stdout); for (volatile int i = 0;; ++i); });\nt.join();',
}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
@pytest.mark.parametrize("busy", BUSY)
def test_session_killed_while_the_program_runs(
    environment: dict[str, str], mark: str, number: signal.Signals, busy: str
) -> None:
    command = [str(PROGRAM), "-c", BUSY[busy]]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env=environment | {MARK: mark}
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"busy\n"
        process.send_signal(number)
        process.wait(TIMEOUT)
        assert wait_for(lambda: not living(mark))


def is_clang(pid: int) -> bool:
    return b"forkrepl-frontend" in command_of(pid)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_session_killed_while_clang_works(
    environment: dict[str, str], mark: str, number: signal.Signals
) -> None:
    code = """\
#include <cstdio>
puts("busy"); fflush(stdout);
constexpr long forever() { long n = 0; for (long i = 0; i < 1L << 40; ++i) n += i; return n; }
static_assert(forever());
"""
    command = [str(PROGRAM), "--Xcc=-fconstexpr-steps=2147483647", "-"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment | {MARK: mark},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(code.encode())
        process.stdin.flush()
        assert process.stdout.readline() == b"busy\n"
        assert wait_for(
            lambda: any(seconds_used(pid) > 0.3 for pid in filter(is_clang, living(mark)))
        )
        process.send_signal(number)
        process.wait(TIMEOUT)
        process.stdin.close()
        assert wait_for(lambda: not living(mark))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_link_killed_while_clang_works(
    environment: dict[str, str], tmp_path: Path, mark: str, number: signal.Signals
) -> None:
    """The signal reaches nobody but the controller."""
    names = ["one.c", "two.cpp"]
    for name in names:
        os.mkfifo(tmp_path / name)  # Clang waits for somebody to write it
    command = [str(PROGRAM), "link", *names]
    with subprocess.Popen(command, cwd=tmp_path, env=environment | {MARK: mark}) as process:
        # The controller, a run of Clang at least, and a code generator at least.
        assert wait_for(lambda: len(living(mark)) >= 3)
        process.send_signal(number)
        assert process.wait(TIMEOUT) in (-number, 128 + number)
        assert wait_for(lambda: not living(mark))


def test_link_of_bad_sources(forkrepl: Run, tmp_path: Path, mark: str) -> None:
    (tmp_path / "bad.c").write_text("int one = missing;")
    (tmp_path / "crash.c").write_text("#pragma clang __debug crash\n")
    (tmp_path / "nonsense.c").write_text('void f(void) { asm("nonsense"); }')
    result = forkrepl("link", "bad.c", "crash.c", "nonsense.c", FORKREPL_TEST_OF_LEAKS=mark)
    assert result.returncode == 1


def test_interactive_session_killed(open_shell: OpenShell, mark: str) -> None:
    shell = open_shell("-q", **{MARK: mark})
    shell.run("int n = 42;")
    os.kill(shell.child.pid, signal.SIGKILL)
    shell.child.expect(pexpect.EOF)
    assert wait_for(lambda: not living(mark))


COUNTERS = """\
#include <dirent.h>
#include <unistd.h>
#include <cstdio>
#include <string>
int lines(const char *path) {
    int n = 0;
    FILE *file = fopen(path, "r");
    for (int c; (c = getc(file)) != EOF;) n += c == '\\n';
    fclose(file);
    return n;
}
int entries(const std::string &path) {
    int n = 0;
    DIR *folder = opendir(path.c_str());
    while (readdir(folder)) ++n;
    closedir(folder);
    return n;
}
int parent_of(const std::string &pid) {
    std::string path = "/proc/" + pid + "/stat";
    FILE *file = fopen(path.c_str(), "r");
    int parent = 0;
    fscanf(file, "%*d (%*[^)]) %*c %d", &parent);
    fclose(file);
    return parent;
}
int controller = parent_of(std::to_string(getppid()));  // the keeper is between
std::string files_of_controller = "/proc/" + std::to_string(controller) + "/fd";
void report() {
    printf("%d %d %d\\n", lines("/proc/self/maps"), entries("/proc/self/fd"),
           entries(files_of_controller));
}
"""
"""How many mappings and open files the program has, and how many files the shell has."""


def counts_after(
    forkrepl: Run, rounds: tuple[int, ...], inputs: Callable[[int], list[str]]
) -> list[list[int]]:
    """The counts after so many rounds of inputs."""
    lines = [COUNTERS]
    for n in range(max(rounds)):
        lines += inputs(n)
        if n + 1 in rounds:
            lines.append("report();")
    result = forkrepl(input="\n".join([*lines, ""]), timeout=120)
    return [
        [int(number) for number in line.split()]
        for line in result.stdout.splitlines()
        if line[0] not in "(v"
    ]


def assert_nothing_grew(counts: list[list[int]]) -> None:
    """Each report is an input itself, which may come to lie between ranges that are kept
    for checkpoints: then it needs mappings of its own. Of Clang there are a few checkpoints,
    with two files each, and more of these when the machine is busy and parsing slow."""
    for mappings, program_files, shell_files in counts[1:]:
        assert mappings <= counts[0][0] + 4 * len(counts)
        assert program_files == counts[0][1]
        assert shell_files <= counts[0][2] + 2 * MOST_CHECKPOINTS


def test_nothing_grows_with_the_number_of_snippets(forkrepl: Run) -> None:
    counts = counts_after(
        forkrepl,
        (100, 500, 999, 1000),
        lambda n: [
            f"int v{n} = {n}; const int c{n} = {n}; int f{n}() {{ return v{n} + c{n}; }} f{n}()"
        ],
    )
    assert len(counts) == 4
    assert_nothing_grew(counts)


def test_nothing_grows_with_errors_and_undo(forkrepl: Run) -> None:
    def inputs(n: int) -> list[str]:
        if n % 10 == 0:
            return [f"int v{n} = missing;"]
        if n % 10 == 5:
            return [f"throw {n};"]
        if n % 10 == 7:
            return ["__builtin_trap();"]
        return [f"int v{n} = {n};", "%undo"]

    counts = counts_after(forkrepl, (100, 200, 201, 300), inputs)
    assert len(counts) == 4
    assert_nothing_grew(counts)
