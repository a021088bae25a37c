"""Ways for a file to end badly, a row each, for ``tests/shell/scripts/test_file_faults.py``.

A row is a whole program, or a file of statements whose inputs are compiled in batches. It ends
the same way each time: when it is compiled, when it is found in the cache, and when its
inputs are run one by one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileFault:
    """``text``: after the headers; ``status``: the exit status; ``told``: what must be told on
    standard error, nothing else is if that is empty; ``output``: standard output, all of it."""

    name: str
    text: str
    status: int
    told: str = ""
    output: str = ""

    @property
    def is_program(self) -> bool:
        """Whether it has a ``main``, so that all of it is compiled as one."""
        return "main(" in self.text


HEADERS = """\
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <pthread.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
static void say(const char *text) { puts(text); fflush(stdout); }
static void in_thread(void *(*run)(void *)) {
  pthread_t thread;
  pthread_create(&thread, nullptr, run, nullptr);
  pthread_join(thread, nullptr);
}
struct Refused : std::exception {
  const char *what() const noexcept override { return "no"; }
};
struct Loud { const char *name; ~Loud() { say(name); } };
"""
"""In a file ``headers.h``, which each row includes."""


def _main(name: str, body: str, status: int, told: str = "", output: str = "") -> FileFault:
    return FileFault(name, f"int main() {{ {body} }}\n", status, told, output)


def _script(name: str, fault: str, status: int, told: str = "", output: str = "") -> FileFault:
    """A fault among inputs that are all right: those before it count, those after do not."""
    text = f'int a = 1;\na\nsay("begun");\n{fault}\nsay("never");\na + 1\n'
    return FileFault(name, text, status, told, f"(int) 1\nbegun\n{output}")


PROGRAMS = (
    _main("null_write", "*(volatile int *)0 = 1;", 139, "SIGSEGV"),
    _main("aborts", 'say("begun"); abort();', 134, "SIGABRT", "begun\n"),
    _main("returns_a_number", "return 7;", 7),
    _main("exits_in_a_thread", "in_thread([](void *) -> void * { exit(5); });", 5),
    _main("exits_at_once", 'say("begun"); _exit(6);', 6, "status 6", "begun\n"),
    _main("throws", 'throw Refused();', 134, "no"),
    _main("throws_in_a_thread", "in_thread([](void *) -> void * { throw 1; });", 134, "terminate"),
    _main("terminates", "std::set_terminate([] { _exit(9); }); throw 1;", 9, "status 9"),
    _main("ends_by_a_signal", "raise(SIGTERM);", 143, "SIGTERM"),
    _main("is_killed", "raise(SIGKILL);", 137, "SIGKILL"),
    _main("frees_twice", "void *p = malloc(40); free(p); free(p);", 134, "SIGABRT"),
    _main("allocates_all",
          "rlimit l{1 << 30, 1 << 30}; setrlimit(RLIMIT_AS, &l); return *new char[1ul << 40];",
          134, "bad_alloc"),
    _main("closes_all_descriptors", "closefrom(3);", 0, "without notice"),
    _main("child_crashes", "if (!fork()) abort(); int s; wait(&s); return WTERMSIG(s);", 6),
    _main("thread_crashes", "in_thread([](void *) -> void * { __builtin_trap(); });", 132,
          "SIGILL"),
    _main("runs_another", 'execl("/bin/sh", "sh", "-c", "exit 8", nullptr);', 8, "status 8"),
    _main("unmaps_its_code", "munmap((void *)((long)&say & -4096l), 4096); say(\"never\");", 139,
          "SIGSEGV"),
    FileFault("crashes_before_main",
              "int early = [] { *(volatile int *)0 = 1; return 1; }();\nint main() {}\n",
              139, "SIGSEGV"),
    FileFault("throws_before_main", "int early = [] { throw 1; return 1; }();\nint main() {}\n",
              134, "terminate"),
    FileFault("exits_before_main",
              'Loud loud{"gone"};\nint early = [] { exit(4); return 1; }();\nint main() {}\n',
              4, output="gone\n"),
    FileFault("crashes_after_main",
              "struct S { ~S() { abort(); } } s;\nint main() { say(\"begun\"); }\n",
              134, "SIGABRT", "begun\n"),
    FileFault("overflows_the_stack",
              "int deep(int n) { volatile char space[999]; space[0] = n; return deep(n + 1) + "
              "space[0]; }\nint main() { return deep(0); }\n", 139, "stack overflow"),
    FileFault("handler_crashes",
              "int main() { atexit([] { abort(); }); return 3; }\n", 134, "SIGABRT"),
    FileFault("has_a_mistake", "int main() { return missing; }\n", 1,
              "undeclared identifier 'missing'"),
    FileFault("lacks_a_function", "void missing();\nint main() { missing(); }\n", 1, "missing()"),
    FileFault("lacks_a_header", '#include "nowhere.h"\nint main() {}\n', 1, "nowhere.h"),
    FileFault("clang_crashes", "#pragma clang __debug crash\nint main() {}\n", 1, "Clang crashed"),
)  # fmt: skip

SCRIPTS = (
    _script("input_null_write", "*(volatile int *)0 = 1;", 139, "SIGSEGV"),
    _script("input_aborts", "abort();", 134, "SIGABRT"),
    _script("input_throws", 'throw Refused();', 1, "no"),
    _script("input_exits", 'Loud loud{"gone"};\nexit(4);', 4, output="gone\n"),
    _script("input_exits_at_once", "_exit(6);", 6, "without notice, with status 6"),
    _script("input_ends_by_a_signal", "raise(SIGTERM);", 143, "SIGTERM"),
    _script("input_is_killed", "raise(SIGKILL);", 137, "SIGKILL"),
    _script("input_frees_twice", "{ void *p = malloc(40); free(p); free(p); }", 134, "SIGABRT"),
    _script("input_overflows_the_stack",
            "int deep(int n) { volatile char space[999]; space[0] = n; return deep(n + 1) + "
            "space[0]; }\ndeep(0);", 139, "stack overflow"),
    _script("initializer_throws", "int bad = [] { throw 5; return 1; }();", 1, "int: 5"),
    _script("initializer_crashes", "int bad = [] { __builtin_trap(); return 1; }();", 132,
            "SIGILL"),
    _script("input_has_a_mistake", "int bad = missing;", 1, "undeclared identifier 'missing'"),
    _script("input_lacks_a_function", "void missing();\nmissing();", 1, "missing()"),
    _script("input_lacks_a_header", '#include "nowhere.h"', 1, "nowhere.h"),
    _script("input_clang_crashes", "#pragma clang __debug crash", 1, "Clang crashed"),
    _script("child_of_an_input_crashes",
            "if (!fork()) abort();\nint s; wait(&s);\nexit(WTERMSIG(s));", 6),
    _script("unknown_command", "%nonsense", 1, "unknown command %nonsense"),
    _script("library_is_missing", "%lib nowhere", 1, "nowhere"),
    _script("file_is_missing", "%load nowhere.cpp", 1, "nowhere.cpp"),
)  # fmt: skip

FILES = PROGRAMS + SCRIPTS
