"""What runs at the end of a program, and in which order: as when g++ compiles it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.exit_handlers import MEMORIES, as_shell, linked, natively, whole
from tests.support.program import Run
from tests.support.runtime import make_object

PROGRAMS = {
    "all kinds are interleaved": """
Noisy first{"global"};
__attribute__((destructor)) void last() { say("destructor function"); }
void plain() { say("atexit"); }
int main() {
    on_exit(with_status, (void *)"on_exit, first");
    atexit(plain);
    static Noisy local{"local"};
    on_exit(with_status, (void *)"on_exit, second");
    at_quick_exit(plain);
    return 256 + 7;
}
""",
    "a negative status": """
int main() { on_exit(with_status, (void *)"on_exit"); return -1; }
""",
    "exit from deep inside": """
thread_local Noisy mine{"thread-local"};
Noisy global{"global"};
void deep() { Noisy not_destroyed{"never"}; mine.name; exit(3); }
int main() { on_exit(with_status, (void *)"on_exit"); deep(); }
""",
    "a handler registers handlers": """
void third() { say("third"); }
void second() { say("second"); atexit(third); }
void first() { say("first"); atexit(second); on_exit(with_status, (void *)"status"); }
void oldest() { say("oldest"); static Noisy late{"late"}; }
int main() { atexit(oldest); atexit(first); return 1; }
""",
    "a handler calls exit": """
void oldest() { say("oldest"); }
void ends() { say("exit(5)"); exit(5); }
void again() { say("exit(6)"); exit(6); }
int main() {
    atexit(oldest);
    on_exit(with_status, (void *)"after both");
    atexit(again);
    on_exit(with_status, (void *)"after one");
    atexit(ends);
    on_exit(with_status, (void *)"before");
    return 4;
}
""",
    "a destructor function calls exit": """
void handler() { say("handler"); }
__attribute__((destructor)) void ends() { say("ends"); atexit(handler); exit(5); }
int main() { on_exit(with_status, (void *)"on_exit"); return 4; }
""",
    "a handler throws": """
void never() { say("never"); }
void throws() { say("throws"); throw 42; }
int main() { atexit(never); atexit(throws); return 0; }
""",
    "a destructor throws": """
struct Thrower { ~Thrower() noexcept(false) { say("throws"); throw 42; } };
Noisy never{"never"};
Thrower thrower;
int main() { return 0; }
""",
    "a handler throws and catches": """
void older() { say("older"); }
void throws() { try { throw "caught"; } catch (const char *text) { say(text); } }
int main() { atexit(older); atexit(throws); return 2; }
""",
    "handlers from threads": """
thread_local Noisy mine{"thread-local"};
void handler() { say("atexit"); }
void run() { say(mine.name); atexit(handler); static Noisy local{"local"}; say("ends"); }
int main() { std::thread(run).join(); std::thread(run).join(); return 0; }
""",
    "exit from a thread": """
thread_local Noisy mine{"thread-local"};
Noisy global{"global"};
void handler() { say("atexit"); }
int main() {
    say(mine.name);  // which is not destroyed
    atexit(handler);
    std::thread([] { Noisy never{"never"}; say(mine.name); exit(9); }).join();
}
""",
    "quick_exit": """
Noisy never{"never"};
void first() { say("first"); }
void second() { say("second"); }
void not_called() { say("not called"); }
int main() {
    atexit(not_called);
    on_exit(with_status, (void *)"not called");
    at_quick_exit(first);
    at_quick_exit(second);
    quick_exit(300);
}
""",
    "a handler of quick_exit registers and quits": """
void oldest() { say("oldest"); }
void added() { say("added"); }
void quits() { say("quits"); at_quick_exit(added); quick_exit(6); }
int main() { at_quick_exit(oldest); at_quick_exit(quits); quick_exit(5); }
""",
    "a handler of quick_exit throws": """
void never() { say("never"); }
void throws() { say("throws"); throw 42; }
int main() { at_quick_exit(never); at_quick_exit(throws); quick_exit(0); }
""",
    "quick_exit from a thread": """
thread_local Noisy never{"never"};
void handler() { say("handler"); }
int main() {
    std::thread([] { say(never.name); at_quick_exit(handler); quick_exit(9); }).join();
}
""",
    "abort": """
Noisy never{"never"};
void handler() { say("never"); }
int main() { atexit(handler); at_quick_exit(handler); say("flushed"); abort(); }
""",
    "_exit": """
Noisy never{"never"};
void handler() { say("never"); }
int main() { atexit(handler); at_quick_exit(handler); say("flushed"); _exit(7); }
""",
    "a child exits too": """
Noisy global{"global"};
void handler() { say("atexit"); }
int main() {
    atexit(handler);
    int status = 0;
    if (pid_t child = fork()) {
        waitpid(child, &status, 0);
        printf("the child had %d\\n", WEXITSTATUS(status));
        return 2;
    }
    exit(3);
}
""",
}

IN_ONE_UNIT = {
    "destructor functions with priorities": """
__attribute__((destructor(300))) void second() { say("300"); }
__attribute__((destructor(200))) void third() { say("200"); }
__attribute__((destructor)) void first() { say("without"); }
int main() { return 4; }
""",
    "the first destructor function of two calls exit": """
__attribute__((destructor(200))) void never() { say("never"); }
__attribute__((destructor(300))) void ends() { say("ends"); exit(5); }
int main() { return 4; }
""",
}
"""In a script each function is a unit of its own: the newest has its end first."""


@pytest.mark.parametrize("name", PROGRAMS)
def test_as_natively(forkrepl: Run, tmp_path: Path, name: str) -> None:
    source = whole(PROGRAMS[name])
    expected = natively(tmp_path, source)
    (tmp_path / "script.cpp").write_text(source)
    runs = {"script": forkrepl("script.cpp"), "input": forkrepl(input=source)}
    seen = {how: (run.stdout, as_shell(run.returncode)) for how, run in runs.items()}
    seen |= linked(forkrepl, tmp_path, source)
    assert seen == dict.fromkeys(seen, expected)


@pytest.mark.parametrize("name", IN_ONE_UNIT)
def test_linked_as_natively(forkrepl: Run, tmp_path: Path, name: str) -> None:
    source = whole(IN_ONE_UNIT[name])
    expected = natively(tmp_path, source)
    assert linked(forkrepl, tmp_path, source) == dict.fromkeys(MEMORIES, expected)


LIBRARY = """
#include <cstdio>
#include <cstdlib>
struct Table { int alive = 1; ~Table() { alive = 0; std::puts("library: destroyed"); } } table;
static void handler() { std::puts("library: atexit"); }
extern "C" void registers() { std::atexit(handler); }
extern "C" int alive() { return table.alive; }
"""
USER = """
#include <cstdio>
#include <cstdlib>
extern "C" void registers();
extern "C" int alive();
struct User { ~User() { printf("user: library alive %d\\n", alive()); } } user;
void handler() { printf("atexit: library alive %d\\n", alive()); }
__attribute__((destructor)) void last() { printf("last: library alive %d\\n", alive()); }
int main() { atexit(handler); registers(); return 0; }
"""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    (tmp_path / "library.cpp").write_text(LIBRARY)
    path = tmp_path / "liblibrary.so"
    command = ["g++", "-shared", "-fPIC", str(tmp_path / "library.cpp"), "-o", str(path)]
    subprocess.run(command, check=True)
    return path


@pytest.fixture
def expected(tmp_path: Path, library: Path) -> list[str]:
    """What the natively linked program prints."""
    (tmp_path / "user.cpp").write_text(USER)
    command = ["g++", str(tmp_path / "user.cpp"), str(library), "-o", str(tmp_path / "native")]
    subprocess.run(command, check=True)
    output = subprocess.run([tmp_path / "native"], capture_output=True, text=True, check=True)
    return output.stdout.splitlines()


@pytest.mark.parametrize("memory", ["shared", "stream"])
def test_a_linked_library_outlives_what_uses_it(
    forkrepl: Run, tmp_path: Path, library: Path, expected: list[str], memory: str
) -> None:
    """A library's own handler, registered late, is the one thing that comes earlier. (Not
    in-process, where the program's end is not the process's.)"""
    code = make_object(tmp_path / "code.o", USER, "-fPIC", language="c++")
    result = forkrepl("link", f"--memory={memory}", code, library)
    assert (result.stdout.splitlines(), result.stderr, result.returncode) == (expected, "", 0)


def test_a_library_of_the_shell_outlives_what_uses_it(
    forkrepl: Run, library: Path, expected: list[str]
) -> None:
    result = forkrepl(input=f"%lib {library}\n{USER}")
    assert (result.stdout.splitlines(), result.stderr, result.returncode) == (expected, "", 0)


def test_what_a_library_registers_stays_when_its_caller_goes(forkrepl: Run, library: Path) -> None:
    result = forkrepl(
        input=f'%lib {library}\n#include <cstdio>\nextern "C" void registers();\nregisters();\n'
        '%undo\nputs("undone");\n'
    )
    assert result.stdout == "undone\nlibrary: atexit\nlibrary: destroyed\n"
    assert (result.stderr, result.returncode) == ("", 0)


SHELL = """\
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
void with_status(int status, void *) { printf("later %d\\n", status); }
"""


@pytest.mark.parametrize(
    ("lines", "output"),
    [
        # on_exit runs when its code goes, as if the program had ended well.
        (
            'void mine(int s, void *) { printf("mine %d\\n", s); } on_exit(mine, nullptr);\n'
            "%undo 2\n",
            "mine 0\ngone\n",
        ),
        # What a unit has registered goes with it, also when the function stays.
        ("on_exit(with_status, nullptr);\n%undo\n", "later 0\ngone\n"),
        (
            'void f() { puts("f"); }\natexit(f);\natexit(f);\n%undo\nputs("one");\n%undo 2\n',
            "f\none\nf\ngone\n",
        ),
        # And with the function, if that goes first: it must not outlive its code.
        (
            "void registers(void (*f)()) { atexit(f); }\n"
            'void f() { puts("f"); }\nregisters(f);\n%undo 2\nputs("undone");\n%undo\n',
            "f\nundone\ngone\n",
        ),
        # What is for quick_exit does not run then, but goes all the same.
        (
            'void q() { puts("never"); }\nat_quick_exit(q);\n%undo\nquick_exit(0);\n',
            "",
        ),
        # What is for quick_exit is not run, not even at its end.
        ('void q() { puts("never"); }\nat_quick_exit(q);\n%undo 2\n', "gone\n"),
        # One handler registers another.
        (
            'void b() { puts("b"); }\nvoid a() { puts("a"); atexit(b); }\natexit(a);\n%undo 3\n',
            "a\nb\ngone\n",
        ),
    ],
)
def test_handlers_of_what_is_taken_back(forkrepl: Run, lines: str, output: str) -> None:
    result = forkrepl(input=SHELL + lines + 'puts("gone");\n')
    assert (result.stdout, result.stderr, result.returncode) == (output, "", 0)


def test_a_handler_that_throws_when_its_code_goes_is_an_error(forkrepl: Run) -> None:
    result = forkrepl(
        input=SHELL + 'struct T { ~T() noexcept(false) { throw std::runtime_error("why"); } };\n'
        'T thrower;\n%undo\nputs("it goes on");\n'
    )
    assert result.stdout == "it goes on\n"
    assert result.stderr == "uncaught exception of type std::runtime_error: why\n"
    assert result.returncode == 1


def test_quick_exit_runs_what_is_still_there(forkrepl: Run) -> None:
    result = forkrepl(
        input=SHELL + 'void kept() { puts("kept"); fflush(stdout); }\nat_quick_exit(kept);\n'
        'void gone() { puts("gone"); }\nat_quick_exit(gone);\n%undo 2\nquick_exit(8);\n'
    )
    assert (result.stdout, result.stderr, result.returncode) == ("kept\n", "", 8)
