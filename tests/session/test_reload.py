"""``%reload``: what was edited takes effect in the program that there is, with its objects."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.program import OpenShell, Run, values

GEOMETRY = """\
#pragma once
struct Point { int x = 1; int y = 2; };
int area(int w, int h);
inline int scale() { return 10; }
inline int counter = 0;
static int hits = 0;
inline int hit() { static int here = 0; ++hits; return ++here; }
"""
SOURCE = """\
#include "geo.h"
int area(int w, int h) { return (w * h) * scale(); }
static int calls = 100;
int called() { return ++calls; }
"""
STATE = """\
#include "geo.h"
%load geo.cpp
int caller() { return area(2, 3); }
int (*pointer)(int, int) = area;
Point corner; Point *way = &corner; corner.x = 40;
counter = 5;
hit()
called()
caller()
"""
BEFORE = ["1", "101", "60"]


def edit(file: str, old: str, new: str) -> str:
    """An input that edits a file."""
    return f"!sed -i 's/{old}/{new}/' {file}\n"


def session(forkrepl: Run, folder: Path, text: str, *options: str) -> tuple[list[str], str]:
    """The values that a session shows, and standard output and error."""
    (folder / "geo.h").write_text(GEOMETRY)
    (folder / "geo.cpp").write_text(SOURCE)
    result = forkrepl(*options, input=text, timeout=90)
    return values(result.stdout), result.stdout + result.stderr


CASES = {
    "a header: callers, pointers, and state": (
        edit("geo.h", "return 10", "return 1000") + "%reload\ncaller()\npointer(1, 1)\ncounter\n"
        "corner.x\nhit()\nhits\ncalled()\n",
        ["6000", "1000", "5", "40", "2", "2", "102"],
    ),
    "a source file": (
        edit("geo.cpp", "w \\* h", "w + h")
        + "%reload geo.cpp\ncaller()\npointer(1, 1)\ncalled()\n",
        ["50", "20", "102"],
    ),
    "only the file that is named": (
        edit("geo.cpp", "w \\* h", "w + h")
        + edit("geo.h", "return 10", "return 1000")
        + "%reload geo.cpp\ncaller()\n%reload\ncaller()\n",
        ["50", "5000"],
    ),
    "taken back": (
        edit("geo.h", "return 10", "return 1000")
        + edit("geo.cpp", "w \\* h", "w + h")
        + "%reload\ncaller()\n%undo 2\ncaller()\npointer(1, 1)\nscale()\ncounter\n",
        ["5000", "60", "10", "10", "5"],
    ),
    "taken back in time": (
        edit("geo.h", "return 10", "return 1000")
        + "%reload\ncounter = 6;\ncaller()\n%rewind 3\ncaller()\nscale()\ncounter\n",
        ["6000", "60", "10", "5"],
    ),
    "twice, and taken back once": (
        edit("geo.h", "return 10", "return 20")
        + "%reload\n"
        + edit("geo.h", "return 20", "return 30")
        + "%reload\ncaller()\n%undo 2\ncaller()\nscale()\n%undo 3\ncaller()\n",
        ["180", "120", "20", "60"],
    ),
    "another initializer": (
        edit("geo.h", "counter = 0", "counter = 7") + "%reload\ncounter\n%undo 2\ncounter\n",
        ["7", "5"],
    ),
    "another layout": (
        edit("geo.h", "int x = 1", "int z = 9; int x = 3")
        + "%reload\ncorner.x\nway->z\ncounter\n%undo 4\ncorner.x\nway->x\n",
        ["3", "9", "5", "40", "40"],
    ),
    "what does not compile": (
        edit("geo.h", "return 10", "retrn 10") + "%reload\ncaller()\nscale()\ncounter\n",
        ["60", "10", "5"],
    ),
    "an initializer that throws": (
        edit("geo.h", "int counter = 0", "int no() { throw 1; } inline int counter = no()")
        + "%reload\ncaller()\ncounter\nint no = 3;\nno\n",
        ["60", "5", "3"],
    ),
    "an initializer that crashes": (
        edit("geo.h", "counter = 0", "counter = *(volatile int *)0")
        + edit("geo.cpp", "w \\* h", "w + h")
        + "%reload\ncaller()\npointer(1, 1)\ncounter\n",
        ["60", "10", "5"],
    ),
    "a crash afterwards": (
        edit("geo.cpp", "w \\* h", "w + h")
        + "%reload\n*(volatile int *)0 = 1;\ncaller()\ncounter\n",
        ["50", "5"],
    ),
    "a fresh program": (
        edit("geo.cpp", "w \\* h", "w + h")
        + "%reload\n%restart\ncaller()\npointer(1, 1)\ncorner.x\n",
        ["50", "20", "40"],
    ),
    "something new": (
        edit(
            "geo.h", "static int hits", "inline int fresh() { return counter + 1; } static int hits"
        )
        + "%reload\nfresh()\n",
        ["6"],
    ),
    "a macro, a default argument, a template": (
        "!printf '#define M 1\\ntemplate<class T> T f(T t, int n = M) { return t + n; }\\n' > m.h\n"
        '#include "m.h"\nint g() { return f(1); }\ng()\n'
        "!sed -i 's/M 1/M 2/; s/t + n/t * 10 + n/' m.h\n%reload\ng()\nf(2)\n",
        ["2", "12", "22"],
    ),
}


@pytest.mark.parametrize("level", ["-O0", "-O2"])
@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES.keys())
def test_an_edit(text: str, expected: list[str], level: str, forkrepl: Run, tmp_path: Path) -> None:
    shown, output = session(forkrepl, tmp_path, STATE + text, level)
    assert shown == BEFORE + expected, output


def test_what_is_told(forkrepl: Run, tmp_path: Path) -> None:
    _, output = session(
        forkrepl,
        tmp_path,
        STATE
        + "%reload\n%reload geo.h\n%reload nothing.h\n"
        + edit("geo.h", "return 10", "return 1000")
        + "%reload\n"
        + edit("geo.h", "int x = 1", "int z = 9; int x = 3")
        + "%reload\n"
        + edit("geo.h", "counter = 0", "counter = 7")
        + "%reload\n"
        + edit("geo.h", "scale()", "scal e()")
        + "%reload\n!rm geo.h\n%reload\n",
    )
    for line in (
        "no file that was read has changed",
        "geo.h has not changed",
        "%reload: no input has read nothing.h (%load FILE takes a file)",
        "reloaded geo.h: scale() replaced",
        "the layout of Point has changed",
        "initialized anew: corner (its type has changed), way (its type has changed)",
        "initialized anew: counter (another initializer)",
        "nothing is reloaded: all is as it was",
        "%reload: geo.h is gone: nothing is reloaded",
    ):
        assert line in output, output


VIRTUAL = """\
#include <functional>
#include <memory>
#include <vector>
struct Item { int a = 1; int get() const { return a; } };
struct Shape { virtual ~Shape() {} virtual int id() { return 1; } };
struct Circle : Shape { int k = 1; int id() override { return 10 * k; } };
"""


@pytest.mark.parametrize("level", ["-O0", "-O2"])
def test_objects_with_virtual_functions(level: str, forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "v.h").write_text(VIRTUAL)
    text = (
        '#include "v.h"\nstd::unique_ptr<Shape> s = std::make_unique<Circle>();\n'
        "std::function<int()> f = [i = Item{}] { return i.get(); };\n"
        "std::vector<Item> items(2); items[0].a = 7;\ns->id()\nf()\n"
        + edit("v.h", "10 \\* k", "20 * k")
        + "%reload\ns->id()\nitems[0].a\n"
        # What f holds is an Item as it was, and nothing shows it: it goes on with the old code.
        + edit("v.h", "int a = 1", "double z = 0; int a = 2")
        + "%reload\nf()\nitems[0].a\nitems.size()\ns->id()\n"
        # A pointer to a base may lead to one: it begins anew.
        + edit("v.h", "int k = 1", "int j = 0; int k = 3")
        + "%reload\ns->id()\n%undo 2\ns->id()\n"
    )
    result = forkrepl(level, input=text, timeout=90)
    expected = ["10", "1", "20", "7", "1", "2", "2", "20", "60", "20"]
    assert values(result.stdout) == expected, result.stdout + result.stderr


C_HEADER = """\
struct pair { int a, b; };
static int bump(int x) { return x + 1; }
extern int total;
struct pair make(int n);
int count(void);
"""
C_SOURCE = """\
#include "c.h"
int total = 3;
static int calls;
int count(void) { static int here; calls++; return ++here * 10 + calls; }
struct pair make(int n) { struct pair r = { n, bump(n) }; return r; }
"""


@pytest.mark.parametrize("level", ["-O0", "-O2"])
def test_c(level: str, forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "c.h").write_text(C_HEADER)
    (tmp_path / "c.c").write_text(C_SOURCE)
    text = (
        '#include "c.h"\n%load c.c\nint (*pointer)(int) = bump;\nstruct pair p = {1, 2};\n'
        "total = 50;\nmake(3).b\ncount()\n"
        + edit("c.h", "x + 1", "x + 100")
        + "%reload\nmake(3).b\npointer(1)\ncount()\ntotal\n"
        + edit("c.c", "here \\* 10", "here * 1000")
        + "%reload\ncount()\ntotal\n"
        + edit("c.h", "int a, b", "int b, a")
        + "%reload\np.a\nmake(3).b\n%undo 3\np.a\ncount()\n"
    )
    result = forkrepl("-x", "c", level, input=text, timeout=90)
    expected = ["4", "11", "103", "101", "22", "50", "3003", "50", "2", "3", "1", "4004"]
    assert values(result.stdout) == expected, result.stdout + result.stderr


def test_an_edit_is_noticed(open_shell: OpenShell, tmp_path: Path) -> None:
    (tmp_path / "geo.h").write_text(GEOMETRY)
    shell = open_shell("--quiet")
    shell.run('#include "geo.h"')
    note = "note: geo.h has changed since In[1] read it: %reload takes the new text"
    assert note in shell.run(edit("geo.h", "return 10", "return 20").rstrip())
    assert note not in shell.run('#include "geo.h"')  # once
    assert shell.run("scale()") == "(int) 10\n"
    assert shell.run("!touch geo.h") == ""
    assert note in shell.run(edit("geo.h", "return 20", "return 30").rstrip())
    assert shell.run("%reload") == "reloaded geo.h: scale() replaced\n"
    assert shell.run("scale()") == "(int) 30\n"
    assert "note: geo.h is gone since In[1] read it" in shell.run("!rm geo.h")
    assert shell.run("scale()") == "(int) 30\n"


def test_a_script_is_told_where_it_includes(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "geo.h").write_text(GEOMETRY)
    change = edit("geo.h", "return 10", "return 20")
    result = forkrepl(input=f'#include "geo.h"\n{change}1\n#include "geo.h"\nscale()\n')
    assert (
        result.stderr == "note: geo.h has changed since it was read: %reload takes the new text\n"
    )
    assert values(result.stdout) == ["1", "10"]


@pytest.mark.parametrize("command", ["%opt 2", "%std c++20", "%include .", "%undo"])
def test_what_was_read_is_read_no_more(command: str, forkrepl: Run, tmp_path: Path) -> None:
    """Also a file that is gone, and a class whose objects are there."""
    (tmp_path / "geo.h").write_text(GEOMETRY)
    change = edit("geo.h", "int x = 1", "int z = 0; int x = 1")
    text = f'#include "geo.h"\nPoint p{{3, 4}};\nint extra;\n{change}{command}\np.x\n'
    result = forkrepl(input=text + "error_here\n!rm geo.h\n%opt 1\np.x + 1\nPoint q; q.y\n")
    assert values(result.stdout) == ["3", "4", "2"], result.stderr


LIST = "#include <cstdio>\nint base = 1;\nint f() { return base * 10; }\nbase = 5;\nf()\n"


def test_a_list_of_inputs(forkrepl: Run, tmp_path: Path) -> None:
    """Statements do not run again, and its inputs may become more."""
    (tmp_path / "list.cpp").write_text(LIST)
    text = (
        "%load list.cpp\nint g() { return f() + 1; }\n"
        + edit("list.cpp", "base \\* 10", "base * 100")
        + "%reload\ng()\nbase\n"
        + edit("list.cpp", "^int f", "int helper() { return 3; }\\nint f")
        + edit("list.cpp", "base \\* 100", "helper() * 100")
        + "%reload\ng()\nhelper()\n%undo 3\ng()\n%restart\ng()\nbase\n"
    )
    result = forkrepl(input=text, timeout=60)
    expected = ["50", "501", "5", "301", "3", "501", "101", "1"]
    assert values(result.stdout) == expected, result.stdout + result.stderr


def test_what_is_redefined_and_what_waits(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "one.h").write_text("int one() { return 1; }\n")
    text = (
        'void late(); int early() { late(); return 5; }\n#include "one.h"\n'
        "int use() { return one(); }\n"
        "!printf 'inline int one() { return 2; }\\n' > one.h\n%reload\nuse()\n"
        "void late() {}\nearly()\nint one() { return 7; }\nuse()\none()\n"
        "!printf 'inline int one() { return 3; }\\n' > one.h\n%reload\nuse()\none()\n"
        "%restart\nuse()\none()\n"
    )
    result = forkrepl(input=text, timeout=60)
    expected = ["2", "5", "2", "7", "3", "7", "3", "7"]
    assert values(result.stdout) == expected, result.stdout + result.stderr


THREADS = """\
#include <atomic>
#include <thread>
#include "w.h"
std::atomic<int> seen{0}; std::atomic<bool> stop{false};
std::thread t([] { while (!stop) seen = work() * 10 + local; });
while (seen != 11) std::this_thread::yield();
"""


def test_threads(forkrepl: Run, tmp_path: Path) -> None:
    """One that runs comes to the new code; thread-local variables are initialized once."""
    (tmp_path / "w.h").write_text(
        "inline int work() { return 1; }\ninline thread_local int local = work();\n"
    )
    text = (
        THREADS
        + edit("w.h", "return 1", "return 2")
        + "%reload\nwhile (seen != 21) std::this_thread::yield();\nstop = true; t.join();\n"
        "local\n" + edit("w.h", "return 2", "return 3") + "%reload\nlocal\nwork()\n"
    )
    result = forkrepl(input=text, timeout=60)
    assert values(result.stdout) == ["2", "2", "3"], result.stdout + result.stderr
