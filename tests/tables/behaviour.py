"""What forkrepl and its rivals do with code that registers, constructs and throws.

    .venv/bin/python -m tests.tables.behaviour

Runs tiny programs in each and prints a Markdown table of what it saw. Programs say
what they do in lines that begin with "@". Who is not installed is left out.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.measure import FORKREPL, JITLINK, ORC_RUNTIME, clang_repl_modes

_TIMEOUT = 20.0  # s, for one program
WORKS = "works"

_PRELUDE = """\
#include <cstdlib>
#include <cstring>
#include <pthread.h>
#include <thread>
#include <unistd.h>
void say(const char *s) { (void)!write(1, s, strlen(s)); }
struct S { ~S() { say("@gone\\n"); } };
struct T { int v = 0; T() { say("@made\\n"); } ~T() { say("@gone\\n"); } };
"""


@dataclass(frozen=True)
class Behaviour:
    """A row. ``inputs``: for a shell, after the prelude; ``programs``: the same as C++
    files to be linked, empty if that is nothing for a linker; ``expected``: what is
    said, in order; ``status``: None if any will do."""

    name: str
    inputs: tuple[str, ...]
    expected: str
    programs: tuple[str, ...] = ()
    status: int | None = 0


def _linked(name: str, declarations: str, body: str, expected: str, status: int = 0) -> Behaviour:
    """A row whose program is the declarations, and the statements as its ``main``."""
    program = f"{declarations}\nint main() {{ {body} return 0; }}"
    inputs = tuple(text for text in (declarations, body) if text)
    return Behaviour(name, inputs, expected, (program,), status)


_A = 'void a() { say("@a\\n"); }'
_B = 'void b() { say("@b\\n"); }'

BEHAVIOURS = (
    _linked(
        "constructors run by priority",
        '__attribute__((constructor(300))) void late() { say("@late\\n"); } '
        '__attribute__((constructor(101))) void early() { say("@early\\n"); }',
        "",
        "early late",
    ),
    _linked(
        "`__attribute__((destructor))`",
        '__attribute__((destructor)) void last() { say("@last\\n"); }',
        "",
        "last",
    ),
    _linked("a static object is destroyed", "S s;", "", "gone"),
    Behaviour("... by `%undo`", ("S s;", "%undo", 'say("@on\\n");'), "gone on"),
    _linked("`atexit` handlers, newest first", f"{_A} {_B}", "atexit(a); atexit(b);", "b a"),
    Behaviour(
        "`atexit`, `%undo`, on, the end",
        (_A, "atexit(a);", "%undo", "%undo", 'say("@on\\n");'),
        "a on",
    ),
    _linked(
        "a handler registers a handler",
        f'{_A} void b() {{ say("@b\\n"); atexit(a); }}',
        "atexit(b);",
        "b a",
    ),
    _linked("`exit(4)` runs handlers", _A, "atexit(a); exit(4);", "a", 4),
    _linked(
        "... from a thread",
        _A,
        "atexit(a); std::thread([] { exit(4); }).join();",
        "a",
        4,
    ),
    _linked("`at_quick_exit`, `quick_exit(5)`", _A, "at_quick_exit(a); quick_exit(5);", "a", 5),
    _linked(
        "`on_exit`",
        'void c(int, void *) { say("@c\\n"); }',
        "on_exit(c, nullptr);",
        "c",
    ),
    _linked(
        "`pthread_atfork` handlers",
        "#include <sys/wait.h>\n" + _A,
        "pthread_atfork(a, nullptr, nullptr);"
        " if (pid_t p = fork()) waitpid(p, nullptr, 0); else _exit(0);",
        "a",
    ),
    Behaviour(
        "a signal's handler, `%undo`, the signal",
        (
            "#include <csignal>",
            "signal(SIGURG, SIG_DFL);",
            'void h(int) { say("@h\\n"); } struct sigaction_user { sigaction_user() {'
            " signal(SIGURG, h); } } user;",
            "raise(SIGURG);",
            "%undo",
            "%undo",
            "raise(SIGURG);",
            'say("@on\\n");',
        ),
        "h on",
    ),
    _linked("`_exit(3)` runs nothing", _A, "atexit(a); _exit(3);", "", 3),
    _linked(
        "a function's static object",
        "void f() { static S s; }",
        "f(); f();",
        "gone",
    ),
    Behaviour(
        "an inline variable in two units",
        (
            "inline T t;",
            "int use() { return t.v; }",
            "use() + t.v;",
        ),
        "made gone",
        (
            "inline T t; int get();\nint main() { return t.v + get(); }",
            "inline T t; int get() { return t.v; }",
        ),
    ),
    _linked(
        "thread-local objects, in each thread",
        "thread_local T t;",
        "std::thread([] { t.v = 1; }).join();",
        "made gone",
    ),
    Behaviour(
        "one thread-local variable in two units",
        (
            "thread_local int n = 1;",
            "n = 7;",
            "int get() { return n; }",
            'say(get() == 7 ? "@one\\n" : "@two\\n");',
        ),
        "one",
        (
            "__thread int n = 1; int get();\n"
            'int main() { n = 7; say(get() == 7 ? "@one\\n" : "@two\\n"); }',
            "extern __thread int n; int get() { return n; }",
        ),
    ),
    _linked(
        "`pthread_key_create` destructors",
        'pthread_key_t k; void d(void *) { say("@d\\n"); }',
        "pthread_key_create(&k, d); std::thread([] { pthread_setspecific(k, &k); }).join();",
        "d",
    ),
    _linked(
        "`pthread_exit` unwinds",
        "",
        "std::thread([] { S s; pthread_exit(nullptr); }).join();",
        "gone",
    ),
    _linked(
        "`pthread_cancel` unwinds",
        "#include <pthread.h>\nvoid *wait_(void *) { S s; for (;;) pause(); }",
        "pthread_t t; pthread_create(&t, nullptr, wait_, nullptr); pthread_cancel(t);"
        " pthread_join(t, nullptr);",
        "gone",
    ),
    _linked(
        "`std::exception_ptr` from a thread",
        "#include <exception>\nstd::exception_ptr e;",
        "std::thread([] { try { throw 1; } catch (...) { e = std::current_exception(); } }).join();"
        ' try { std::rethrow_exception(e); } catch (int) { say("@caught\\n"); }',
        "caught",
    ),
    Behaviour(
        "thrown in one unit, caught in another",
        (
            "void thrower() { throw 1; }",
            'void catcher() { try { thrower(); } catch (int) { say("@caught\\n"); } }',
            "catcher();",
        ),
        "caught",
        (
            "void thrower() { throw 1; }",
            'void thrower();\nint main() { try { thrower(); } catch (int) { say("@caught\\n"); } }',
        ),
    ),
    Behaviour("an uncaught exception, then on", ("throw 1;", 'say("@on\\n");'), "on", status=None),
)


def run_in_shell(command: Sequence[str | Path], behaviour: Behaviour) -> str:
    """Feed the inputs to a shell: the table's cell."""
    text = _PRELUDE + "".join(f"{line}\n" for line in behaviour.inputs) + "%quit\n"
    return _run(command, text, behaviour)


def run_linked(command: Sequence[str | Path], behaviour: Behaviour, options: Sequence[str]) -> str:
    """Compile the programs with g++ and have them linked and run: the table's cell."""
    if not behaviour.programs:
        return "-"
    with tempfile.TemporaryDirectory() as folder:
        objects = []
        for number, program in enumerate(behaviour.programs):
            source = Path(folder, f"{number}.cpp")
            prelude = _PRELUDE.replace("void say", "inline void say")
            source.write_text(prelude + program + "\n")
            objects.append(source.with_suffix(".o"))
            compile_ = ["g++", "-w", "-fPIC", "-c", str(source), "-o", str(objects[-1])]
            subprocess.run(compile_, check=True)
        return _run([*command, *objects, *options], "", behaviour)


def _run(command: Sequence[str | Path], text: str, behaviour: Behaviour) -> str:
    with subprocess.Popen(
        [str(word) for word in command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            output, errors = process.communicate(text.encode(), _TIMEOUT)
        except subprocess.TimeoutExpired:
            return "hangs"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # also what it has left behind
    said = b" ".join(re.findall(rb"@(\w+)", output)).decode()
    return _judge(behaviour, said, process.returncode, errors.decode("utf-8", "replace"))


def _judge(behaviour: Behaviour, said: str, status: int, errors: str) -> str:
    if said == behaviour.expected and behaviour.status in (None, status):
        return WORKS
    number = -status if status < 0 else status - 128
    if number in signal.valid_signals():
        how = f"crashes, {signal.Signals(number).name}"
    elif re.search("[Ss]ymbols not found|[Uu]ndefined symbol|llvm-jitlink error", errors):
        how = "does not link"
    elif said == behaviour.expected:
        how = f"wrong: status {status}"
    else:
        how = "wrong" if said else "never run"
    if said in (behaviour.expected, ""):
        return how
    return f"{how}: only {said}" if len(said) < len(behaviour.expected) else f"{how}: {said}"


def forkrepl_cell(behaviour: Behaviour) -> str:
    """What forkrepl's shell does; of a program also ``forkrepl link``, if it differs."""
    in_shell = run_in_shell([FORKREPL], behaviour)
    linked = run_linked([FORKREPL, "link"], behaviour, ())
    return in_shell if linked in ("-", in_shell) else f"{in_shell}; linked: {linked}"


def main() -> None:
    """Print the table."""
    shells = clang_repl_modes()
    shells.pop("clang-repl, out of process, stream", None)
    has_jitlink = JITLINK is not None and ORC_RUNTIME.exists()
    header = ["", "forkrepl", *shells, *(["llvm-jitlink + ORC runtime"] if has_jitlink else [])]
    print("| " + " | ".join(header) + " |")
    print("| --- " * len(header) + "|")
    for behaviour in BEHAVIOURS:
        cells = [behaviour.name, forkrepl_cell(behaviour)]
        cells += [run_in_shell(command, behaviour) for command in shells.values()]
        if has_jitlink:
            command = [str(JITLINK), f"--orc-runtime={ORC_RUNTIME}"]
            libraries = ["--preload", "/usr/lib/x86_64-linux-gnu/libstdc++.so.6"]
            cells.append(run_linked([*command, *libraries], behaviour, ()))
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
