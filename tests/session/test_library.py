"""``from repl import Session``: the shell as a Python library."""

from __future__ import annotations

import gc
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import repl
from repl import (
    CompileError,
    EnumValue,
    ForkreplError,
    LinkError,
    ProgramCrashed,
    ProgramExited,
    Session,
    SessionOptions,
    ShellError,
    UncaughtException,
)
from tests.support.leaks import MARK, living, wait_for
from tests.support.runtime import ROOT

HEADERS = "".join(
    f"#include <{name}>\n"
    for name in ("vector", "string", "map", "stdexcept", "system_error", "filesystem", "new")
)


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with Session() as one:
        one.run(HEADERS)
        yield one


VALUES = {
    "2 + 3": 5,
    "0.5f": 0.5,
    "3 > 2": True,
    '"text"': "text",
    "(const char *)nullptr": None,
    'std::string("\\u00e9")': "é",
    'std::map<std::string, int>{{"a", 1}, {"b", 2}}': {"a": 1, "b": 2},
    'std::pair<int, const char *>{7, "seven"}': (7, "seven"),
    'std::vector<std::string>{"x", "y"}': ["x", "y"],
}


def test_values_are_pythons(session: Session) -> None:
    found = {expression: session.value(expression) for expression in VALUES}
    assert found == VALUES
    assert [type(found[key]) for key in VALUES] == [type(value) for value in VALUES.values()]


def test_records_enumerations_and_numbers(session: Session) -> None:
    session.run("struct Point { int x; double y; } point{1, 2.5}; enum Colour { red, green };")
    point = session.value("point")
    assert (point.x, point["y"]) == (1, 2.5)
    assert session.value("green") == EnumValue("Colour", "green", 1)
    numbers = session.value("std::vector<double>{1, 2, 3}")
    assert isinstance(numbers, np.ndarray)
    assert numbers.tolist() == [1, 2, 3]
    assert not numbers.flags.writeable


def test_a_long_array_is_complete(session: Session) -> None:
    """More than is read in one piece."""
    session.run("std::vector<int> many(5'000'000); for (int i = 0; auto &n : many) n = i++;")
    assert np.array_equal(session.value("many"), np.arange(5_000_000))
    session.undo()


def test_a_value_leaves_the_session_as_it_was(session: Session) -> None:
    session.run("int count = 0;")
    assert session.run("count + 40").value == "(int) 40"
    inputs = session.inputs
    assert session.value("++count") == 1  # what it does stays
    assert session.value('std::string("other")') == "other"
    assert session.value("struct New { int x; }; New{5}")["x"] == 5
    assert session.show("count * 2.0") == "(double) 2.0"
    assert session.inputs == inputs
    assert session.value("_") == 40
    with pytest.raises(CompileError):
        session.run("New n;")
    session.undo(2)
    with pytest.raises(CompileError):
        session.value("count")


def test_what_has_no_value_says_why(session: Session) -> None:
    for text in ("int unused;", "(void)0", "1;"):
        with pytest.raises(ValueError, match="has no value"):
            session.value(text)
    with pytest.raises(ValueError, match="cannot read memory at 0x10"):
        session.value("struct { int &r; } wild = {*(int *)16}; wild")
    assert session.value("1") == 1


EXCEPTIONS: dict[str, type[Exception]] = {
    'std::out_of_range("why")': IndexError,
    "std::bad_alloc()": MemoryError,
    'std::invalid_argument("why")': ValueError,
    'std::domain_error("why")': ValueError,
    'std::length_error("why")': ValueError,
    'std::range_error("why")': ValueError,
    'std::overflow_error("why")': OverflowError,
    'std::system_error(std::error_code(), "why")': OSError,
    'std::filesystem::filesystem_error("why", std::error_code())': OSError,
    'std::runtime_error("why")': RuntimeError,
    'Derived("why")': IndexError,
    "42": UncaughtException,
}


def test_exceptions_are_pythons(session: Session) -> None:
    session.run("struct Derived : std::out_of_range { using std::out_of_range::out_of_range; };")
    for thrown, expected in EXCEPTIONS.items():
        with pytest.raises(UncaughtException) as caught:
            session.run(f"throw {thrown};")
        assert isinstance(caught.value, expected), thrown
        kinds = {*EXCEPTIONS.values()} - {UncaughtException, expected}
        assert not isinstance(caught.value, tuple(kinds)), thrown
        assert caught.value.type_name in str(caught.value)
        assert caught.value.what in str(caught.value)
    with pytest.raises(IndexError, match="vector::_M_range_check") as from_value:
        session.value("std::vector<int>{}.at(3)")
    assert getattr(from_value.value, "type_name", "") == "std::out_of_range"


def test_exceptions_without_type_information() -> None:
    with Session(flags=["-fno-rtti"]) as session:
        session.run("#include <stdexcept>\nstruct Mine : std::out_of_range { Mine(); };")
        session.run('Mine::Mine() : std::out_of_range("mine") {}')
        with pytest.raises(IndexError, match="of type Mine: mine"):
            session.run("throw Mine();")


def test_errors_leave_the_session_as_it_was(session: Session) -> None:
    session.run("int kept = 1;")
    with pytest.raises(CompileError) as rejected:
        session.run("int wrong = 1 +;")
    (diagnostic,) = rejected.value.diagnostics
    assert (diagnostic.severity, diagnostic.line, diagnostic.column) == ("error", 1, 16)
    assert diagnostic.file.startswith("In[")
    with pytest.raises(LinkError, match="missing"):
        session.run("void missing(); missing();")
    with pytest.raises(ProgramCrashed) as crashed:
        session.run("kept = 2; *(volatile int *)nullptr = 1;")
    assert crashed.value.signal == signal.SIGSEGV
    with pytest.raises(ProgramCrashed):
        session.value("(kept = 3, *(volatile int *)nullptr)")
    assert session.value("kept") == 1
    assert issubclass(LinkError, ForkreplError)


def test_after_exit_there_is_none_until_it_begins_anew() -> None:
    with Session() as session:
        session.run("#include <cstdlib>\nint x = 1;")
        for text in ("exit(3);", "x"):
            with pytest.raises(ProgramExited, match="restart") as exited:
                session.run(text)
            assert exited.value.status == 3
        session.restart()
        assert session.value("x") == 1
        with pytest.raises(ProgramExited):
            session.value("(exit(4), 1)")
        session.reset()
        assert session.inputs == []
        assert session.run("int x = 2; x").value == "(int) 2"


def time_out(number: int, frame: object) -> None:
    raise TimeoutError


@pytest.mark.parametrize(
    ("number", "raised"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGALRM, TimeoutError)]
)
def test_a_signal_takes_the_input_back(
    number: signal.Signals, raised: type[BaseException], request: pytest.FixtureRequest
) -> None:
    """Ctrl-C, and one with a handler of the host's, which is still there then."""
    if number == signal.SIGALRM:
        before = signal.signal(number, time_out)
        request.addfinalizer(lambda: signal.signal(number, before))
    handler = signal.getsignal(number)
    with Session() as session:
        session.run("#include <unistd.h>\nint x = 1;")
        started = session.shared_array("started", 1, "i4")

        def interrupt() -> None:
            if wait_for(lambda: bool(started[0])):
                os.kill(os.getpid(), number)

        wait = "*(volatile int *)started = 1; for (;;) pause();"
        for text in (f"x = 2; {wait}", f"[] {{ x = 2; {wait} return 1; }}()"):
            started[0] = 0
            thread = threading.Thread(target=interrupt)
            thread.start()
            with pytest.raises(raised):
                session.run(text)
            thread.join()
            assert session.value("x") == 1
            assert session.take_warnings() == []
    assert signal.getsignal(number) is handler


def test_two_sessions_and_other_threads() -> None:
    """A session that a thread has made goes on when the thread has ended."""
    made: list[Session] = []

    def work() -> None:
        made.append(Session(language="c"))
        made[0].run("int x = 5; double half(int n) { return n / 2.0; }")
        with pytest.raises(ProgramCrashed):
            made[0].run("__builtin_trap();")

    thread = threading.Thread(target=work)
    thread.start()
    with Session() as session:
        session.run("auto half = [](auto n) { return n / 2; }; int x = 7;")
        thread.join()
        with made[0] as other:
            assert other.value("half(x)") == 2.5
            with pytest.raises(CompileError):
                other.run("int &r = x;")
            assert other.run("x").value == "(int) 5"
            assert session.value("half(x)") == 3
        with pytest.raises(ShellError, match="closed"):
            made[0].run("x")
        assert session.value("x") == 7


def children() -> set[str]:
    found: set[str] = set()
    for task in Path("/proc/self/task").iterdir():
        found |= {*(task / "children").read_text().split()}
    return found


def test_nothing_is_left() -> None:
    """Neither of a closed session, nor of one that is forgotten after errors."""
    with Session() as session:  # imports what is imported once
        session.shared_array("a", 3)
    gc.collect()  # what the errors of other tests refer to
    before, descriptors = children(), len(os.listdir("/proc/self/fd"))
    session.close()
    forgotten = Session()
    forgotten.run("int x = 1;")
    forgotten.shared_array("a", 3)
    for text in ("int y = ;", "throw 1;", "__builtin_trap();", "__builtin_exit(1);"):
        with pytest.raises(ForkreplError):
            forgotten.run(text)
    assert children() > before
    del forgotten
    gc.collect()
    assert children() == before
    assert len(os.listdir("/proc/self/fd")) == descriptors


SCRIPT = """
import os
from repl import Session
kept = Session()
kept.run("int x = 1;")
if os.fork() == 0:
    raise SystemExit  # a fork that ends does not end the session
assert os.wait()[1] == 0
assert kept.value("x + 1") == 2
print("done")
"""


def test_a_program_that_ends_leaves_nothing(environment: dict[str, str], tmp_path: Path) -> None:
    mark = f"library-{os.getpid()}"
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=environment | {MARK: mark},
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert (done.stdout, done.stderr) == ("done\n", "")
    assert wait_for(lambda: not living(mark))


def test_choices(tmp_path: Path) -> None:
    (tmp_path / "ours.h").write_text("#define OURS 3\n")
    choices: dict[str, Any] = {
        "language": "c",
        "std": "c17",
        "include": [tmp_path],
        "define": {"N": 4, "EMPTY": None},
        "libraries": ["m"],
        "optimisation": 2,
        "arguments": ["name", "word"],
        "memory_limit": "1G",
        "private_input": True,
        "flags": ["-Wall"],
    }
    with Session(**choices) as session:
        session.run("#include <ours.h>\n#include <math.h>\n#include <unistd.h>\nint n = 2; char c;")
        assert session.value("N + OURS + (int)sqrt(n + EMPTY + 2) + __OPTIMIZE__") == 10
        assert session.value("__STDC_VERSION__") == 201710
        assert session.value("(int)read(0, &c, 1)") == 0
        assert "unused" in session.run("static int f(void) { int unused; return 1; }").warnings


def test_the_example_of_the_documentation(capfd: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "examples" / "guide" / "python.md").read_text()
    example = page.split("```")[1].removeprefix("python\n")
    names: dict[str, Any] = {}
    exec(
        re.sub(r"^    (session\.\S*\(.*\)\S*) +# (.*)$", r"    print(\1)", example, flags=re.M),
        names,
    )
    printed = capfd.readouterr().out
    for expected in ("3", "[1. 2. 3.]", "(size_t) 4", "std::out_of_range", "null pointer"):
        assert expected in printed
    assert names["matrix"][:2, :2].tolist() == [[2, 1], [2, 1]]


WRONG: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"standard": "c++20"}, TypeError, "no keyword 'standard'; it has language, std"),
    ({"libraries": "m"}, TypeError, r"libraries is a list of strings, not one: \['m'\]"),
    ({"language": "rust"}, ValueError, "'rust'"),
    ({"optimisation": 4}, ValueError, "0, 1, 2 or 3"),
    ({"memory_limit": "much"}, ValueError, "'much' is no size"),
    ({"memory_limit": 5}, ValueError, "too little"),
    ({"options": SessionOptions(), "std": "c++20"}, TypeError, "not both"),
]


@pytest.mark.parametrize(("choices", "error", "message"), WRONG)
def test_wrong_choices(choices: dict[str, Any], error: type[Exception], message: str) -> None:
    before = children()
    with pytest.raises(error, match=message):
        Session(**choices)
    assert children() == before


def test_a_wrong_flag_is_told_by_the_first_input() -> None:
    with Session(std="c++1") as session, pytest.raises(repl.SetupError, match=r"c\+\+1"):
        session.run("int x;")


def test_every_name_is_there_and_nothing_is_imported_for_none() -> None:
    assert [name for name in repl.__all__ if not hasattr(repl, name)] == []
    assert set(repl.__all__) <= set(dir(repl))
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        repl.Nothing  # noqa: B018
    script = "import sys, repl; print([m for m in sys.modules if m.startswith(('repl.', 'numpy'))])"
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=ROOT
    )
    assert done.stdout == "[]\n"


CLIENT = """
from typing import Any, assert_type
from numpy import dtype, ndarray
from repl import CompileError, Result, Session, UncaughtException

with Session(std="c++20", libraries=["m"]) as session:
    assert_type(session.run("1 + 1"), Result[str])
    assert_type(session.show("1"), str)
    assert_type(session.shared_array("a", (3, 4)), ndarray[tuple[Any, ...], dtype[Any]])
    try:
        session.run("throw 1;")
    except CompileError as error:
        assert_type(error.diagnostics[0].line, int)
    except UncaughtException as uncaught:
        assert_type(uncaught.what, str)
"""


def test_type_checkers_know_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", f"--cache-dir={tmp_path}/cache"]
    good, wrong = tmp_path / "good.py", tmp_path / "wrong.py"
    good.write_text(CLIENT)
    wrong.write_text('from repl import Session\n\nSession(standard="c++20").run(5)\n')
    done = subprocess.run([*command, good, wrong], capture_output=True, text=True, cwd=tmp_path)
    told = [line for line in done.stdout.splitlines() if ": error: " in line]
    assert len(told) == 2, done.stdout + done.stderr
    assert 'wrong.py:3: error: Unexpected keyword argument "standard" for "Session"' in told[0]
    assert "wrong.py:3: error: No overload variant" in told[1]


def test_what_nothing_defines_is_a_link_error(tmp_path: Path) -> None:
    """Of inputs, of libraries, and of what waits and is run all the same."""
    source = Path(tmp_path, "needs.cpp")
    source.write_text("int nowhere();\nint needs() { return nowhere(); }\n")
    for options, name in (("-shared", "libneeds.so"), ("-c", "needs.o")):
        command = ["g++", options, "-fPIC", str(source), "-o", str(tmp_path / name)]
        subprocess.run(command, check=True)
    with Session() as session:
        with pytest.raises(LinkError, match=r"libneeds.so: undefined symbol: nowhere\(\)$"):
            session.load_library(str(tmp_path / "libneeds.so"))
        for text in ("int missing(); missing()", "extern int n; int m = n;"):
            with pytest.raises(LinkError, match=r"In\[\d\]: undefined symbol: (missing\(\)|n)"):
                session.run(text)
        assert session.run("int late(); int early() { return late(); }").waits_for == "late()"
        for use in (session.run, session.value, session.show):
            with pytest.raises(
                LinkError, match=r"undefined symbol: late\(\) \(needed by In\[3\]\)"
            ):
                use("early()")
        session.load_library(str(tmp_path / "needs.o"))
        assert session.take_warnings() == [f"note: {tmp_path / 'needs.o'} waits for nowhere()"]
        session.run("int late() { return 5; } int nowhere() { return 6; } int needs();")
        assert (session.value("early()"), session.value("needs()")) == (5, 6)
