"""An exception that nobody caught says where it was thrown, and the calls that led to it."""

from __future__ import annotations

import re

import pytest

from repl import Session, UncaughtException
from tests.support.program import TIMEOUT, Run, program_runner, user_environment

PRELUDE = """\
#include <exception>
#include <future>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
void leaf() {
  throw std::runtime_error("deep"); }
void middle() { leaf(); }
int twice(int n) { return n ? twice(n - 1) + 1 : std::vector<int>(3).at(7); }
void rethrows() { try { middle(); } catch (...) { throw; } }
std::exception_ptr held;
void hold() { try { leaf(); } catch (...) { held = std::current_exception(); } }
void wrap() { try { middle(); } catch (...) { std::throw_with_nested(std::logic_error("outer")); } }
void changes() { try { leaf(); } catch (std::exception &) { throw 5; } }
struct Thrower { ~Thrower() noexcept(false) { throw 6; } };
"""
FIRST = PRELUDE.count("\n") + 1  # the number of the line of the statement
CASES = {
    "in the input": ("throw 42;", ["at -:N"]),
    "in a function": ("middle();", ["at -:9 leaf()", "at -:10 middle()", "at -:N"]),
    "in the library": (
        "twice(1)",
        ["in stl_vector.h std::vector::at(unsigned long)", *["at -:11 twice(int)"] * 2, "at -:N"],
    ),
    "in a shared library": ('std::stoi("x")', ["in basic_string.h std::stoi", "at -:N"]),
    "rethrown": (
        "rethrows();", ["at -:9 leaf()", "at -:10 middle()", "at -:12 rethrows()", "at -:N"]
    ),
    "another in its place": ("changes();", ["at -:16 changes()", "at -:N"]),
    "by std::rethrow_exception": (
        "hold(); std::rethrow_exception(held);", ["at -:9 leaf()", "at -:14 hold()", "at -:N"]
    ),
    "from another thread": (
        "std::thread(hold).join(); std::rethrow_exception(held);",
        ["at -:9 leaf()", "at -:14 hold()"],
    ),
    "of a task": ("std::async(std::launch::async, leaf).get();", ["at -:9 leaf()"]),
    "that was not thrown but made": (
        "std::rethrow_exception(std::make_exception_ptr(7));",
        ["in exception_ptr.h std::exception_ptr std::make_exception_ptr", "at -:N"],
    ),
    "in a destructor": ("{ Thrower t; }", ["at -:17 Thrower::~Thrower()", "at -:N"]),
    "that holds another": (
        "wrap();",
        ["in nested_exception.h void std::throw_with_nested", "at -:15 wrap()", "at -:N",
         "because of an exception of type std::runtime_error: deep",
         "at -:9 leaf()", "at -:10 middle()", "at -:15 wrap()", "at -:N"],
    ),
}  # fmt: skip


def calls(lines: list[str]) -> list[str]:
    """``at PLACE FUNCTION`` or ``in LIBRARY FUNCTION``, without columns and arguments of
    templates."""
    found = []
    for line in lines:
        while (shorter := re.sub(r"<[^<>]*>", "", line)) != line:
            line = shorter
        if match := re.fullmatch(r"  in (.*) \(([\w.+-]+)\)", line):
            name = re.sub(r"std::\w+::(exception_ptr)", r"std::\1", match[1])
            found.append(f"in {match[2]} {re.sub(r'[(](?!unsigned long).*', '', name).strip()}")
        elif match := re.fullmatch(r"  at (-:\d+)(?::\d+)?(?:\s+in (.*))?", line):
            place = "-:N" if match[1] == f"-:{FIRST}" else match[1]
            found.append(f"at {place} {match[2] or ''}".strip())
        else:
            found.append(line)
    return found


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What one session tells of the cases, one after another: none leaves anything."""
    folder = tmp_path_factory.mktemp("told")
    run = program_runner(user_environment(folder), folder)
    ends = [f"!echo '--- {name}' >&2" for name in CASES]
    lines = [f"{code}\n{end}\n" for (code, _), end in zip(CASES.values(), ends, strict=True)]
    result = run(input=PRELUDE + "".join(lines), timeout=4 * TIMEOUT)
    found, left = {}, result.stderr
    for number, name in enumerate(CASES):
        text, ended, left = left.partition(f"--- {name}\n")
        assert ended, f"no end of {name}: {text}"
        # As if it were the first.
        found[name] = text.replace(f"at -:{FIRST + 2 * number}", f"at -:{FIRST}").splitlines()
    return found


@pytest.mark.parametrize("name", CASES)
def test_the_calls(told: dict[str, list[str]], name: str) -> None:
    first, *rest = told[name]
    assert first.startswith("uncaught exception of type ")
    assert calls(rest) == CASES[name][1]


TERMINATED = {
    "left noexcept": (
        "auto f = []() noexcept { middle(); }; f();",
        ["at -:9 leaf()", "at -:10 middle()"],
    ),
    "in a thread, thrown on": ("std::thread(rethrows).join();", ["at -:9 leaf()"]),
}


@pytest.mark.parametrize("name", TERMINATED)
def test_one_that_ends_the_program(forkrepl: Run, name: str) -> None:
    code, expected = TERMINATED[name]
    result = forkrepl(input=f"{PRELUDE}{code}\n")
    lines = result.stderr.splitlines()
    (crash,) = [i for i, line in enumerate(lines) if line.startswith("SIGABRT")]
    assert lines[crash].endswith(": an exception that nobody catches")
    thrown = lines.index("it was thrown", crash)
    assert calls(lines[thrown + 1 :])[: len(expected)] == expected


def test_a_deep_stack_is_cut(forkrepl: Run) -> None:
    code = "int dive(int n) { if (!n) throw n; return dive(n - 1) + 1; }\ndive(1000);\n"
    lines = forkrepl(input=code).stderr.splitlines()
    assert "... " in lines[5]
    assert lines[5].endswith(" or more (recursion)")
    assert len(lines) <= 10


def test_throwing_often_from_changing_calls(forkrepl: Run) -> None:
    """What is still on the stack since the last throw is not walked again."""
    code = (
        "void thrower(int n) {\n  if (!n) throw n;\n  thrower(n - 1); }\n"
        "void first(int n) {\n  thrower(n); }\nvoid second(int n) {\n  thrower(n); }\n"
        "for (int i = 0; i < 2000; ++i) try { i % 3 ? first(i % 40) : second(i % 50); }"
        " catch (int) {}\n"
        "try { second(2); } catch (int) {}\nfirst(2);\n"
    )
    lines = forkrepl(input=code).stderr.splitlines()
    places = [re.sub(r":\d+ .*", "", line).split()[1] for line in lines[1:]]
    assert places == ["-:2", "-:3", "-:3", "-:5", "-:10:1"]


def test_in_the_library() -> None:
    with Session() as session:
        session.run("void go() {\n  throw 1; }")
        with pytest.raises(UncaughtException) as caught:
            session.run("go();")
        assert caught.value.report.splitlines() == ["  at In[1]:2:3   in go()", "  at In[2]:1:1"]
        assert str(caught.value).endswith(caught.value.report)
        with pytest.raises(UncaughtException) as caught:
            session.value("(go(), 1)")
        assert "In[1]:2:3" in caught.value.report
