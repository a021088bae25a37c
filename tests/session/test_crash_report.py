"""What the user gets to see of a crash: why, and which calls led to it."""

from __future__ import annotations

import re
import signal
import subprocess
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path

import pytest

from tests.support.program import Completed, OpenShell, Run
from tests.support.together import Shown, Together

BUMP = "int bump(int *p) {\n  return ++*p;\n}\n"


@dataclass(frozen=True)
class Case:
    """``inputs`` come from standard input; ``first`` is a pattern of the report's first
    line, ``calls`` the rest of it, all blanks as one."""

    inputs: str
    signal: signal.Signals
    first: str
    calls: list[str] = field(default_factory=list)
    flags: tuple[str, ...] = ()


def null(access: str = "read from") -> str:
    return f"{access} address 0x0 (null pointer)".replace("(", r"\(").replace(")", r"\)")


SEGV, ABRT, ILL, BUS = signal.SIGSEGV, signal.SIGABRT, signal.SIGILL, signal.SIGBUS
CASES = {
    "null store": Case("*(volatile int *)0 = 1;", SEGV, null("write to"), ["at -:1:20"]),
    "value of an expression": Case("1;\n*(volatile int *)0", SEGV, null(), ["at -:2:1"]),
    "initializer": Case("int *p;\nint n = 1 +\n  *p;", SEGV, null(), ["at -:3:3"]),
    "member of null": Case(
        "struct S { char c[40]; int n; } *s;\ns->n", SEGV,
        r"read from address 0x28 \(null pointer, offset 40\)", ["at -:2:4"],
    ),
    "function of another input": Case(
        BUMP + "bump(nullptr);", SEGV, null(), ["at -:2:10 in bump(int*)", "at -:4:1"]
    ),
    "input of several lines": Case(
        BUMP + "for (int i = 0; i < 2; ++i) {\n  int *p = nullptr;\n  bump(p);\n}", SEGV, null(),
        ["at -:2:10 in bump(int*)", "at -:6:3"],
    ),
    "template and lambda": Case(
        BUMP + "template <class T> int twice(T *t) {\n  auto f = [](T *x) {\n"
        "    return bump(x); };\n  return f(t) * 2;\n}\ntwice((int *)nullptr)",
        SEGV, null(),
        ["at -:2:10 in bump(int*)",
         "at -:6:12 in twice<int>(int*)::{lambda(int*)#1}::operator()(int*) const",
         "at -:7:10 in int twice<int>(int*)", "at -:9:1"],
    ),
    "inlined": Case(
        BUMP + "static int again(int *p) {\n  return bump(p); }\n"
        "__attribute__((noinline)) int outer(int *p) {\n  return again(p) + bump(p);\n}\n"
        "outer(nullptr);",
        SEGV, null(),
        ["at -:2:10 in bump(int*)", "at -:5:10 in again", "at -:7:10 in outer(int*)"],
        ("-O2",),
    ),
    "in C": Case(
        "static int bump(int *p) {\n  return ++*p; }\nbump(0);", SEGV, null(),
        ["at -:2:10 in bump", "at -:3:1"], ("-xc",),
    ),
    "null function": Case(
        "void (*f)();\nvoid g() {\n  f(); }\ng();", SEGV,
        r"call of address 0x0 \(null function pointer\)", ["at -:3:3 in g()", "at -:4:1"],
    ),
    "call of data": Case(
        "int data[9];\n((void (*)())&data[2])();", SEGV,
        r"call of address 0x\w+: a variable of -:1 \(data\+8\) \(not executable\)", ["at -:2:1"],
    ),
    "write to a constant": Case(
        "extern const int table[] = {1, 2, 3};\n*(volatile int *)&table[1] = 4;", SEGV,
        r"write to address 0x\w+: a constant of -:2 \(table\+4\) \(cannot be written\)",
        ["at -:2:28"],
    ),
    "write to code": Case(
        "void code() {}\n*(volatile char *)&code = 1;", SEGV,
        r"write to address 0x\w+: the code of -:1 \(cannot be written\)", ["at -:2:25"],
    ),
    "freed memory": Case(
        "int *p;\nint x = 5; p = &x;\n%undo\n*p", SEGV,
        r"read from address 0x\w+: the freed memory of -:2", ["at -:4:1"],
    ),
    "freed code": Case(
        "void (*f)();\nvoid room() { asm(\".zero 8192\"); } void g() {} void set() { f = g; }\n"
        "set();\n%undo 2\nf();", SEGV,
        r"call of address 0x\w+: the freed memory of -:2", ["at -:5:1"],
    ),
    "code after an undo": Case(
        BUMP + "int gone() { return 1; }\n%undo\n\nbump(nullptr)", SEGV, null(),
        ["at -:2:10 in bump(int*)", "at -:7:1"],
    ),
    "no address": Case(
        "*(volatile int *)0x4141414141414141 = 1;", SEGV, "access to what is no address, or .*",
        ["at -:1:37"],
    ),
    "read-only memory of a library": Case(
        "#include <cstdio>\n*(char *)&printf = 1;", SEGV,
        r"write to address 0x\w+: libc.so.6 \(cannot be written\)", ["at -:2:18"],
    ),
    "stack overflow": Case(
        "int deep(int n) {\n  volatile char c[1000] = {}; return deep(n + 1) + c[0]; }\ndeep(0);",
        SEGV, r"stack overflow: endless recursion\?",
        ["at <where the stack ended> in deep(int)", *["at -:2:38 in deep(int)"] * 3,
         "... N more (recursion)", *["at -:2:38 in deep(int)"] * 2, "at -:3:1"],
    ),
    "smashed stack": Case(
        "void smash() {\n  volatile long a[1];\n  for (volatile int i = 2; i < 4; i = i + 1)\n"
        "    a[i] = 0x4141414141414141;\n}\nsmash();",
        SEGV, "access to what is no address, or .*", ["at -:5:1 in smash()"],
    ),
    "sent to itself": Case(
        "#include <csignal>\nraise(SIGSEGV);", SEGV, "sent by the program itself", ["at -:2:1"]
    ),
    "sent by another": Case(
        "#include <unistd.h>\n#include <cstdlib>\n#include <string>\n"
        'system(("kill -SEGV " + std::to_string(getpid())).c_str());',
        SEGV,
        r"sent by process \d+",
        ["at -:4:1"],
    ),
    "system call": Case(
        "#include <linux/filter.h>\n#include <linux/seccomp.h>\n#include <sys/prctl.h>\n"
        "#include <sys/syscall.h>\n#include <unistd.h>\n"
        "sock_filter code[] = {{0x20, 0, 0, 0}, {0x15, 0, 1, SYS_getppid},\n"
        "{0x06, 0, 0, SECCOMP_RET_TRAP}, {0x06, 0, 0, SECCOMP_RET_ALLOW}};\n"
        "sock_fprog program = {4, code};\nprctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);\n"
        "prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);\ngetppid();",
        signal.SIGSYS,
        "system call number 110 is not allowed",
        ["in getppid (libc.so.6)", "at -:11:1"],
    ),
    "library function": Case(
        "#include <cstring>\nint size(const char *s) {\n  return strlen(s); }\nsize(nullptr)",
        SEGV, null(), ["in libc.so.6", "at -:3:10 in size(char const*)", "at -:4:1"],
    ),
    "callback of a library": Case(
        "#include <cstdlib>\nint compare(const void *, const void *) {\n  __builtin_trap(); }\n"
        "int v[4];\nqsort(v, 4, 4, compare);",
        ILL, "trap: .*",
        ["at -:3:3 in compare(void const*, void const*)", "in qsort_r (libc.so.6)", "at -:5:1"],
    ),
    "missing return": Case(
        "int f(int n) {\n  if (n) return 1; }\nf(0)", ILL,
        "trap: __builtin_trap, or the end of a function without return",
        ["at -:2:7 in f(int)", "at -:3:1"], ("--Xcc=-w",),
    ),
    "illegal instruction": Case(
        'void f() {\n  asm(".byte 0x06"); }\nf();', ILL, "illegal instruction",
        ["at -:2:3 in f()", "at -:3:1"],
    ),
    "division by zero": Case(
        "volatile int zero = 0;\n1 /\n  zero", signal.SIGFPE, "integer division by zero, .*",
        ["at -:2:3"],
    ),
    "breakpoint": Case("__builtin_debugtrap();", signal.SIGTRAP, "breakpoint: .*", ["at -:1:21"]),
    "beyond a file": Case(
        "#include <sys/mman.h>\n#include <cstdio>\n#include <fcntl.h>\n"
        'int n = open("empty", O_RDWR | O_CREAT, 0600);\n'
        "char *m = (char *)mmap(0, 4096, 3, 1, n, 0); m[5] = 1;",
        BUS, r"access to address 0x\w+: beyond the end of the file empty", ["at -:5:51"],
    ),
    "abort": Case(
        "#include <cstdlib>\nvoid f() {\n  abort(); }\nf();", ABRT, "abort was called",
        ["at -:3:3 in f()", "at -:4:1"],
    ),
    "terminate": Case(
        "#include <exception>\nstd::terminate();", ABRT, r"std::terminate\(\) was called",
        ["at -:2:1"],
    ),
    "noexcept": Case(
        "#include <exception>\nvoid f() noexcept {\n  throw 1; }\nf();", ABRT,
        "an exception that nobody catches", ["at -:3:3 in f()", "at -:4:1"], ("--Xcc=-w",),
    ),
    "assert": Case(
        "#include <cassert>\nvoid check(int n) {\n  assert(n == 2); }\ncheck(3);", ABRT,
        "an assertion failed", ["at -:3:3 in check(int)", "at -:4:1"],
    ),
    "double free": Case(
        "#include <cstdlib>\nchar *p = (char *)malloc(10);\nfree(p);\nfree(p);", ABRT,
        r"free called abort: is the heap damaged\?", ["at -:4:1"],
    ),
    "damaged heap": Case(  # in free, which has locked the heap
        "#include <thread>\n#include <cstring>\n#include <malloc.h>\nstd::thread([] {}).join();\n"
        "char *p = (char *)malloc(2000);\nmemset(p + malloc_usable_size(p), 0x7f, 8);\nfree(p);",
        ABRT, r"free called abort: is the heap damaged\?", ["at -:7:1"],
    ),
    "in a thread": Case(
        "#include <thread>\n" + BUMP + "{ std::thread t(bump, nullptr); t.join(); }", SEGV, null(),
        ["at -:3:10 in bump(int*)"],
    ),
    "uncaught in a thread": Case(
        "#include <thread>\nvoid f() {\n  throw 1; }\n{ std::thread t(f); t.join(); }", ABRT,
        "an exception that nobody catches", ["at -:3:3 in f()"],
    ),
    "in a signal handler": Case(
        "#include <csignal>\nvoid on(int) {\n  *(volatile int *)0 = 1; }\nsignal(SIGUSR1, on);\n"
        "raise(SIGUSR1);",
        SEGV, null("write to"), ["at -:3:22 in on(int)", "in raise (libc.so.6)", "at -:5:1"],
    ),
    "in a handler at exit": Case(
        "#include <cstdlib>\nvoid bye() {\n  __builtin_trap(); }\natexit(bye);", ILL, "trap: .*",
        ["at -:3:3 in bye()"],
    ),
    "in a destructor": Case(
        "struct S { ~S() {\n  __builtin_trap(); } };\nS s;", ILL, "trap: .*",
        ["at -:2:3 in S::~S()"],
    ),
}  # fmt: skip
IN_THREADS = ("in a thread", "uncaught in a thread")


AFTERMATH = re.compile("^rolled back")


def report(result: Completed | Shown) -> list[str]:
    """From the line with the signal's name on."""
    lines = result.stderr.splitlines()
    first = next((n for n, line in enumerate(lines) if line.startswith("SIG")), len(lines))
    return list(takewhile(lambda line: not AFTERMATH.search(line), lines[first:]))


def calls(lines: list[str]) -> list[str]:
    """The lines after the first one, without what varies and without columns' blanks."""
    return [re.sub(r"\.\.\. [\d,]+ ", "... N ", " ".join(line.split())) for line in lines[1:]]


def with_flags(flags: tuple[str, ...]) -> dict[str, str]:
    return {name: case.inputs for name, case in CASES.items() if case.flags == flags}


# The first of each signal.
STATUSES = {case.signal: name for name, case in reversed(CASES.items())}


@pytest.mark.parametrize("name", STATUSES.values())
def test_the_exit_status(forkrepl: Run, name: str) -> None:
    case = CASES[name]
    result = forkrepl(*case.flags, input=case.inputs + "\n")
    assert result.returncode == 128 + case.signal, result.stderr


@pytest.mark.parametrize("name", CASES)
def test_the_report(together: Together, name: str) -> None:
    case = CASES[name]
    result = together(with_flags(case.flags), name, *case.flags)
    lines = report(result)
    thread = " in another thread" if name in IN_THREADS else ""
    assert re.fullmatch(f"{case.signal.name}{thread}: {case.first}", lines[0]), result.stderr
    found = calls(lines)
    if name == "stack overflow":
        # Whichever instruction it is that meets the end: a push of the prologue, the call, ...
        found[0] = re.sub(r"^at -:(1|2:\d+) ", "at <where the stack ended> ", found[0])
    assert found == case.calls


@pytest.mark.parametrize("level", ["-O0", "-O1", "-O2", "-O3"])
def test_lines_of_headers_and_of_system_headers(forkrepl: Run, tmp_path: Path, level: str) -> None:
    (tmp_path / "h.h").write_text("inline int get(int *p) {\n\n  return *p; }\n")
    result = forkrepl(
        level,
        input='#include "h.h"\n#include <vector>\n#include <algorithm>\nstd::vector<int *> v(3);\n'
        "bool less(int *a, int *b) {\n  return get(a) < get(b); }\n"
        "std::sort(v.begin(), v.end(), less);\n",
        FORKREPL_JOIN="1",  # or less is inlined, and has just a name
    )
    lines = calls(report(result))
    assert lines[0].startswith("at ./h.h:3:10 in get")
    assert lines[1].startswith("at -:6:10 in less(int*, int*)")
    assert re.fullmatch(r"in .*sort.* \(\w+\.h\)", lines[2])
    assert lines[3:] == ["at -:7:1"]


def test_at_the_prompt(open_shell: OpenShell) -> None:
    shell = open_shell("--quiet")
    shell.run_lines("int bump(int *p) {", "return ++*p; }")
    shell.run("int one = 1;")
    assert shell.run("bump(&one)") == "(int) 2\n"
    shown = shell.run("bump(nullptr)")
    assert shown.startswith(
        "SIGSEGV: read from address 0x0 (null pointer)\n"
        "  at In[1]:2:12   in bump(int*)\n"
        "  at In[4]:1:1\n"
    )
    assert shell.run("1 + 1") == "(int) 2\n"


def test_a_program_has_lines_without_being_asked(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "script.cpp").write_text(BUMP + "int main() {\n  return bump(nullptr); }\n")
    result = forkrepl("script.cpp")
    assert report(result) == [
        "SIGSEGV: read from address 0x0 (null pointer)",
        "  at script.cpp:2:10   in bump(int*)",
        "  at script.cpp:5:10   in main",
    ]
    exact = report(forkrepl("-g", "script.cpp"))
    assert calls(exact) == ["at script.cpp:2:10 in bump(int*)", "at script.cpp:5:10 in main"]


def test_in_a_file_of_statements_lines_are_as_at_the_prompt(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "script.cpp").write_text(BUMP + "bump(nullptr);\n")
    assert calls(report(forkrepl("script.cpp")))[0] == "at script.cpp:2:10 in bump(int*)"


def test_a_file_shows_fewer_calls(forkrepl: Run, tmp_path: Path) -> None:
    text = "void down(int n) {\n  if (n) down(n - 1); else __builtin_trap(); }\ndown(%d);\n"
    (tmp_path / "script.cpp").write_text(text % 20)
    few = report(forkrepl("script.cpp"))
    assert len(few) == 5
    assert few[-2:] == ["  ... 19 more (recursion)", "  at script.cpp:3:1"]
    many = report(forkrepl(input=text % 20))
    assert len(many) == 9
    assert "  ... 15 more (recursion)" in many


@pytest.mark.parametrize("depth", [7, 20, 24, 30, 38, 39, 40, 41, 50, 5000])
def test_recursion_is_counted(forkrepl: Run, depth: int) -> None:
    result = forkrepl(
        input="void down(int n) {\n  if (n) down(n - 1); else __builtin_trap(); }\n"
        f"down({depth});\n"
    )
    assert calls(report(result)) == [
        "at -:2:28 in down(int)",
        *["at -:2:10 in down(int)"] * 3,
        "... N more (recursion)",
        *["at -:2:10 in down(int)"] * 2,
        "at -:3:1",
    ]
    assert f"  ... {depth - 5:,} more (recursion)" in report(result)


def test_the_default_action_set_by_the_program(forkrepl: Run) -> None:
    result = forkrepl(
        input="#include <csignal>\nsignal(SIGSEGV, SIG_DFL);\n*(volatile int *)0 = 1;\n"
    )
    assert result.returncode == 128 + SEGV
    assert "or was SIG_DFL set?" in report(result)[0]


def test_an_abort_in_another_library_shows_its_functions(forkrepl: Run, tmp_path: Path) -> None:
    source = tmp_path / "other.c"
    source.write_text("#include <stdlib.h>\nvoid other(void) { abort(); }\n")
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-o", str(tmp_path / "libother.so"), str(source)], check=True
    )
    result = forkrepl("-L.", "-lother", input='extern "C" void other();\nother();\n')
    assert report(result) == ["SIGABRT: abort was called", "  in other (libother.so)", "  at -:2:1"]


def test_linked_files(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text("int f(int *);\nint main(void) {\n  return f(0); }\n")
    (tmp_path / "f.c").write_text(
        "static int g(int *p) { return *p; }\nint f(int *p) { return g(p); }\n"
    )
    result = forkrepl("link", "-g", "main.c", "f.c")
    assert result.returncode == 128 + SEGV
    assert calls(report(result)) == [
        "at f.c:1:31 in g",
        "at f.c:2:24 in f",
        "at main.c:3:10 in main",
    ]
    plain = forkrepl("link", "main.c", "f.c")
    assert calls(report(plain)) == ["at f.c in g", "at f.c in f", "at main.c in main"]


def test_a_thread_that_overflows_its_stack_cannot_say_where(forkrepl: Run) -> None:
    result = forkrepl(
        "-c",
        "#include <thread>\nint deep(int n) { volatile char c[1000] = {}; "
        "return deep(n + 1) + c[0]; }\nstd::thread t(deep, 0);\nt.join();\n",
    )
    assert result.returncode == 128 + SEGV
    assert report(result) == [
        "SIGSEGV: the program could not say where "
        "(has the stack of a thread overflowed, or was SIG_DFL set?)"
    ]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGPIPE])
def test_other_signals_have_no_report(forkrepl: Run, number: signal.Signals) -> None:
    result = forkrepl("-c", f"#include <csignal>\nraise({number:d});")
    assert result.returncode == 128 + number
    assert result.stderr.startswith(f"the program was ended by {number.name} (")
    assert len(result.stderr.splitlines()) == 1


def test_a_handler_of_the_program_is_the_only_one(forkrepl: Run) -> None:
    result = forkrepl(
        input="#include <csignal>\n#include <cstdlib>\nvoid on(int) { _Exit(3); }\n"
        "signal(SIGSEGV, on);\n*(volatile int *)0 = 1;\n"
    )
    assert (result.returncode, report(result)) == (3, [])


def test_the_report_comes_again_when_a_handler_is_gone(forkrepl: Run) -> None:
    result = forkrepl(
        input="#include <csignal>\nvoid on(int) {}\nsignal(SIGSEGV, on);\n%undo 2\n"
        "*(volatile int *)0 = 1;\n"
    )
    assert calls(report(result)) == ["at -:5:20"]


def test_a_fork_just_dies(forkrepl: Run) -> None:
    result = forkrepl(
        input="#include <unistd.h>\n#include <sys/wait.h>\nint status;\n"
        "if (!fork()) *(volatile int *)0 = 1;\nwait(&status);\nWTERMSIG(status)\n"
    )
    assert (result.returncode, result.stdout, report(result)) == (0, "(int) 11\n", [])


def test_a_fork_that_lives_on_delays_nothing(forkrepl: Run) -> None:
    result = forkrepl(
        input="#include <unistd.h>\n#include <cstdlib>\n"
        "int child = fork(); if (!child) for (;;) pause();\nabort();\n"
    )
    assert result.returncode == 128 + ABRT
    assert calls(report(result)) == ["at -:4:1"]


def test_a_crash_in_a_thread_while_an_input_runs(forkrepl: Run) -> None:
    result = forkrepl(
        input="#include <thread>\n#include <unistd.h>\nint go[2];\npipe(go);\n"
        "void wait_and_crash() {\n  char c; read(go[0], &c, 1); __builtin_trap(); }\n"
        'std::thread(wait_and_crash).detach();\nwrite(go[1], "x", 1); sleep(100);\n'
    )
    lines = report(result)
    assert lines[0].startswith("SIGILL in another thread: trap")
    assert calls(lines) == ["at -:6:31 in wait_and_crash()"]


def test_without_line_tables_if_the_user_says_so(forkrepl: Run) -> None:
    result = forkrepl("--Xcc=-g0", input=BUMP + "bump(nullptr);\n")
    assert calls(report(result)) == ["at -:1 in bump(int*)", "at -:4"]
