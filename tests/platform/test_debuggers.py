"""Debuggers: gdb, attached to the running program, knows code that is in no file."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from repl import native_programs
from repl.link_command.options import parse
from runtime.executor_client.child import ExecutorProcess
from runtime.memory.stream_mapper import StreamMemoryMapper
from tests.support.program import PROGRAM, TIMEOUT, OpenShell
from tests.support.runtime import compile_source, count_slab_mappings, mappings

GDB = shutil.which("gdb")

SNIPPETS = """\
#include <cstdio>
#include <unistd.h>
int depth = 3;
int inner(int n) {
    int local = n * 2;
    if (n == 0) { printf("%d\\n", getpid()); fflush(stdout); pause(); }
    return local + inner(n - 1);
}
inner(depth);
"""

MAIN = """
#include <stdio.h>
#include <unistd.h>
int unset;
int helper(int n);
int main(void) { return helper(4) + unset; }
"""
HELPER = """
#include <stdio.h>
#include <unistd.h>
int answer = 42;
__attribute__((noinline)) int wait_here(int n) {
    char text[256];
    snprintf(text, sizeof text, "%d", n);
    printf("%d\\n", getpid());
    fflush(stdout);
    pause();
    return text[0];
}
__attribute__((noinline)) int helper(int n) { return wait_here(n) + answer; }
"""


def gdb(pid: int, *commands: str) -> str:
    """What gdb, attached to a process, says to commands. Skips where it may not attach."""
    if GDB is None:
        pytest.skip("no gdb (apt-get install gdb)")
    command = [GDB, "-q", "-batch", "-nx", "-ex", "set debuginfod enabled off"]
    command += ["-ex", "set width 0", "-p", str(pid)]
    for line in commands:
        command += ["-ex", line]
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    if "ptrace: Operation not permitted" in done.stderr:
        pytest.skip("processes may not be traced here")
    return done.stdout + done.stderr


@contextmanager
def stopped_program(environment: dict[str, str], *arguments: str | Path) -> Iterator[int]:
    """Run forkrepl; the program prints its process number and waits."""
    with subprocess.Popen(
        [str(PROGRAM), *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        try:
            assert process.stdout is not None
            first = process.stdout.readline()
            if not first:
                pytest.fail(process.communicate(timeout=TIMEOUT)[1])
            yield int(first)
        finally:
            process.kill()


def frames(text: str) -> list[str]:
    """Of a backtrace: function, file and line of the frames that have them, but pause(2)."""
    found = re.findall(r"^#\d+ .*?(\w+ \(.*\) at \S+:\d+)$", text, re.MULTILINE)
    return [frame for frame in found if "pause" not in frame]


def knows(text: str, file: str) -> bool:
    """Whether gdb has said where line 1 of an input is."""
    return re.search(rf'^Line 1 of "(?:.*/)?{re.escape(file)}" starts', text, re.M) is not None


def test_snippets_of_a_script(environment: dict[str, str], tmp_path: Path) -> None:
    script = tmp_path / "script.cpp"
    script.write_text(SNIPPETS)
    with stopped_program(environment, "-g", script) as pid:
        text = gdb(pid, "backtrace", "break inner", "frame function inner", "p local", "p depth")
    assert frames(text)[:2] == [
        f"inner (n=0) at {script}:6",
        f"inner (n=1) at {script}:7",
    ], text
    assert f"file {script}, line 5." in text
    assert "$1 = 0\n$2 = 3\n" in text


def test_optimised_objects_and_archives_link(environment: dict[str, str], tmp_path: Path) -> None:
    main, helper = tmp_path / "main.o", tmp_path / "helper.o"
    flags = ("-g", "-O2", "-fPIC", "-fcommon", "-ffunction-sections")
    main.write_bytes(compile_source(MAIN, *flags))
    helper.write_bytes(compile_source(HELPER, *flags))
    for memory in ("shared", "stream", "in-process"):
        arguments = ("link", "-g", f"--memory={memory}", main, helper)
        with stopped_program(environment, *arguments) as pid:
            text = gdb(pid, "backtrace", "p answer", "p unset", "info line helper")
        names = [frame.partition(" ")[0] for frame in frames(text)]
        assert names[:3] == ["wait_here", "helper", "main"], text
        assert "$1 = 42\n$2 = 0\n" in text
        assert re.search(r'Line \d+ of ".*input\.c" starts at address', text), text


def test_a_session_shows_what_is_in_force(open_shell: OpenShell) -> None:
    shell = open_shell("--quiet", "-g")
    shell.run("int first(int n) { return n + 1; }")
    shell.run("int second(int n) { return first(n) * 2; }")
    shell.run("#include <unistd.h>")
    pid = int(shell.run("int(getpid())").split()[1])
    both = gdb(pid, "info line first", "info line second", "maint info jit")
    assert knows(both, "In[1]"), both
    assert knows(both, "In[2]"), both
    shell.run("%undo 3")
    one = gdb(pid, "info line first", "info line second", "maint info jit")
    assert knows(one, "In[1]"), one
    assert 'Function "second" not defined' in one
    assert len(re.findall(r"^0x\w+ +0x\w+ +\d+ *$", one, re.MULTILINE)) == 1, one
    assert shell.run("first(1)") == "(int) 2\n"


def test_an_attached_debugger_learns_of_new_code_and_stops_in_it(
    open_shell: OpenShell, tmp_path: Path
) -> None:
    shell = open_shell("--quiet", "-g")
    pid = int(shell.run('extern "C" int getpid(); getpid()').split()[1])
    if GDB is None:
        pytest.skip("no gdb (apt-get install gdb)")
    commands = tmp_path / "commands"
    commands.write_text(
        "set debuginfod enabled off\nset breakpoint pending on\nset width 0\n"
        f"attach {pid}\nbreak later\necho attached\\n\ncontinue\nbacktrace 1\ndetach\n"
    )
    with subprocess.Popen(
        [GDB, "-q", "-batch", "-nx", "-x", str(commands)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as debugger:
        try:
            assert debugger.stdout is not None
            said = ""
            while "attached\n" not in said:
                line = debugger.stdout.readline()
                if not line:
                    pytest.skip(f"processes may not be traced here: {said}")
                said += line
            assert shell.run("int later(int n) { return n; }") == ""
            assert shell.run("later(7)") == "(int) 7\n"
            said += debugger.communicate(timeout=TIMEOUT)[0]
        finally:
            debugger.kill()
    assert re.search(r"#0 +later \(n=7\) at \S*In\[\d+\]:1", said), said


def test_without_g_nothing_is_shown(environment: dict[str, str], tmp_path: Path) -> None:
    script = tmp_path / "script.cpp"
    script.write_text(SNIPPETS)
    with stopped_program(environment, script) as pid:
        text = gdb(pid, "p __jit_debug_descriptor", "maint info jit", "info line inner")
    assert 'Function "inner" not defined' in text


def test_libraries_do_not_keep_gdb_waiting(open_shell: OpenShell) -> None:
    """What tells libraries of the inputs' symbols is in no file, and its name none of gdb's
    descriptors."""
    shell = open_shell("--quiet", "-g")
    shell.run("int first(int n) { return n + 1; }")
    shell.run("%lib m")
    shell.run("int second(int n) { return first(n) * 2; }")
    shell.run('extern "C" int getpid(); *(volatile int *)nullptr = 1;')  # a fork goes on
    pid = int(shell.run('extern "C" int getpid(); getpid()').split()[1])
    text = gdb(pid, "info line first", "info line second", "info sharedlibrary")
    assert knows(text, "In[1]"), text
    assert knows(text, "In[3]"), text
    assert "/proc/" not in text


def test_slabs_have_names_in_maps() -> None:
    with ExecutorProcess(native_programs.executor()) as process:
        StreamMemoryMapper(process).reserve(1 << 20)
        assert count_slab_mappings(process.pid) == 0
        names = [mapping.path for mapping in mappings(process.pid) if "anon:" in mapping.path]
        assert names in ([], ["[anon:forkrepl-slab]"])  # the kernel may not have such names


def test_the_map_of_shared_memory(open_shell: OpenShell) -> None:
    shell = open_shell("--quiet")
    pid = int(shell.run('extern "C" int getpid(); getpid()').split()[1])
    assert any("memfd:forkrepl-slab" in mapping.path for mapping in mappings(pid))


def test_perf_wants_memory_without_a_name() -> None:
    assert parse(["--perf", "a.o"]).memory == "stream"
