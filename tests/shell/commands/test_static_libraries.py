"""Archives and objects in a session: what is needed of them is linked."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.libraries import archive, compile_object, make_geo
from tests.support.program import Run, Shell, piped

PLAIN = """
#include <stdio.h>
int plain(int n) { return n + 1; }
static int state = 5;
int get_state(void) { return state++; }
__attribute__((constructor)) static void come(void) { puts("comes"); fflush(stdout); }
__attribute__((destructor)) static void go(void) { puts("goes"); fflush(stdout); }
"""
DECLARATIONS = 'extern "C" { int plain(int); int get_state(); }'


@pytest.fixture(scope="module")
def geo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_geo(tmp_path_factory.mktemp("geo")).parent


@pytest.fixture
def project(geo: Path, tmp_path: Path) -> Path:
    shutil.copy(geo / "geo.h", tmp_path)
    return Path(shutil.copy(geo / "libgeo.a", tmp_path))


def test_members_come_when_they_are_needed(forkrepl: Run, project: Path) -> None:
    output, errors = piped(
        forkrepl,
        *('#include "geo.h"', "%lib libgeo.a", "area(3, 4)"),  # which needs another member
        *("next_id()", "next_id()", "bump()", "of_thread"),
        *("shared_inline()", "shared_from_archive()", "shared_inline()"),
        *("Shape *shape = make_square();", "shape->name()"),
    )
    assert errors == ""
    assert output.splitlines() == [
        *("(int) 12", "ids come", "(int) 1", "(int) 2", "(int) 41", "(int) 41"),
        *("(int) 1", "(int) 2", "(int) 3", '(const char *) "square"', "ids go"),
    ]


def test_a_failed_input_leaves_what_it_needed(forkrepl: Run, project: Path) -> None:
    output, errors = piped(
        forkrepl,
        *('#include "geo.h"', "%lib ./libgeo.a", "Shape *shape = nullptr;"),
        "{ shape = make_square(); next_id(); fail(3); }",
        *("shape->name()", "next_id()"),
        *("next_id() + *(volatile int *)8", "next_id()"),
        "try { fail(4); } catch (const std::exception &e) { std::string(e.what()); }",
        *("%undo 3", "area(2, 2)"),
    )
    assert "std::runtime_error: archive 3" in errors
    assert "SIGSEGV" in errors
    assert output.splitlines() == [
        *("ids come", '(const char *) "square"', "(int) 2", "(int) 3", "(int) 4", "ids go"),
    ]


def test_undo_takes_members_back(forkrepl: Run, project: Path) -> None:
    output, errors = piped(
        forkrepl,
        *('#include "geo.h"', "%lib libgeo.a", "int first = next_id();", "next_id()"),
        *("%undo 2", "next_id()", "%restart", "next_id()", "int again = next_id();"),
        *("%rewind", "next_id()"),
    )
    assert errors == ""
    assert output.splitlines() == [
        *("ids come", "(int) 2", "ids go"),
        *("ids come", "(int) 1", "ids come", "(int) 1", "(int) 2", "ids go"),
    ]


def test_a_value_that_is_only_looked_at(shell: Shell, project: Path) -> None:
    """The library's state is its own, whatever has called it first."""
    shell.run('#include "geo.h"')
    shell.run("%lib libgeo.a")
    assert "ids come" in shell.run("%timeit -n 3 -r 2 next_id()")
    assert shell.run("next_id()") == "(int) 7\n"
    assert shell.leave() == 0


def test_members_that_need_an_input(forkrepl: Run, project: Path) -> None:
    output, errors = piped(
        forkrepl,
        *('#include "geo.h"', "%lib libgeo.a", "int f() { return call_back(2); }", "f()"),
        'extern "C" int user_function(int n) { return n + 100; }',
        *("f()", "%restart", "f()"),
    )
    assert output.splitlines() == ["(int) 106", "(int) 106"]
    assert "undefined symbol: user_function" in errors


def test_a_definition_of_both(forkrepl: Run, project: Path) -> None:
    output, errors = piped(
        forkrepl,
        *('#include "geo.h"', "int perimeter(int, int) { return -1; }", "%lib libgeo.a"),
        *("area(2, 3)", "perimeter(1, 1)"),
        "int area(int a, int b) { return -2; }",
        "area(2, 3)",
    )
    assert errors == ""
    assert output.splitlines() == ["(int) 6", "(int) -1", "(int) -2"]


def test_on_the_command_line(forkrepl: Run, project: Path) -> None:
    text = '#include "geo.h"\n#include <cstdio>\nint main() { std::printf("%d\\n", area(4, 5)); }\n'
    (project.parent / "program.cpp").write_text(text)
    done = forkrepl("-L.", "-lgeo", "program.cpp")
    assert (done.stdout, done.stderr) == ("20\n", "")
    done = forkrepl("link", "program.cpp", "-L.", "-lgeo", "-lstdc++", "-lpthread", "-lm")
    assert (done.stdout, done.stderr) == ("20\n", "")
    done = forkrepl("-L.", "-lgeo", input='#include "geo.h"\narea(4, 5)\n')
    assert (done.stdout, done.stderr) == ("(int) 20\n", "")


def test_an_object(forkrepl: Run, tmp_path: Path) -> None:
    compile_object(tmp_path, "plain.c", PLAIN)
    output, errors = piped(
        forkrepl,
        *(DECLARATIONS, "%lib plain.o", "plain(4)", "get_state()", "get_state()", "%undo 4"),
        *("plain(4)", ".L plain.o", "get_state()", "%restart", "get_state()", "%rewind"),
        "get_state()",
    )
    assert output.splitlines() == [
        *("comes", "(int) 5", "(int) 5", "(int) 6", "goes"),
        *("comes", "(int) 5", "comes", "(int) 5", "(int) 5", "goes"),
    ]
    assert "undefined symbol: plain" in errors


def test_an_object_that_is_built_again(shell: Shell, tmp_path: Path) -> None:
    compile_object(tmp_path, "part.c", "int part(void) { return 1; }")
    shell.run('extern "C" int part();')
    shell.run("%lib ./part.o")
    assert shell.run("part()") == "(int) 1\n"
    compile_object(tmp_path, "part.c", "int part(void) { return 2; }")
    shell.run("%lib ./part.o")
    assert shell.run("part()") == "(int) 2\n"
    compile_object(tmp_path, "part.c", "int part(void) { return 3; }")
    assert shell.run("%restart") == ""
    assert shell.run("part()") == "(int) 3\n"
    (tmp_path / "part.o").unlink()
    assert "cannot read" in shell.run("%restart")
    assert shell.run("part()") == "(int) 3\n"
    assert shell.leave() == 0


def test_objects_that_need_one_another(forkrepl: Run, tmp_path: Path) -> None:
    compile_object(tmp_path, "one.c", "int two(int); int one(int n) { return two(n) + 1; }")
    compile_object(tmp_path, "two.c", "int own(int); int two(int n) { return own(n) * 2; }")
    output, errors = piped(
        forkrepl,
        *("%lib one.o", "%lib two.o", 'extern "C" int own(int n) { return n; }'),
        *('extern "C" int one(int);', "one(5)"),
    )
    assert "(int) 11" in output
    assert "waits for two" in output
    assert errors == ""


def test_code_that_is_not_position_independent(forkrepl: Run, tmp_path: Path) -> None:
    text = "int n = 3; int *at(void) { return &n; } int get(void) { return n; }"
    compile_object(tmp_path, "fixed.c", text, "-fno-pic", "-mcmodel=small")
    output, errors = piped(
        forkrepl, "%lib fixed.o", 'extern "C" int get(); extern "C" int *at();', "get() + *at()"
    )
    assert (output, errors) == ("(int) 6\n", "")


def test_an_archive_that_is_built_again(shell: Shell, tmp_path: Path) -> None:
    part = compile_object(tmp_path, "part.c", "int part(void) { return 1; }")
    archive(tmp_path / "libpart.a", part)
    shell.run('extern "C" int part();')
    shell.run("%lib libpart.a")
    assert shell.run("part()") == "(int) 1\n"
    part = compile_object(tmp_path, "part.c", "int part(void) { return 2; } int more;")
    archive(tmp_path / "libpart.a", part)
    assert "has changed since it was loaded" in shell.run("%lib libpart.a")
    assert shell.run("%restart") == ""
    assert shell.run("part()") == "(int) 2\n"
    assert shell.leave() == 0


def test_what_is_wrong_is_told_in_a_line(forkrepl: Run, project: Path) -> None:
    folder = project.parent
    (folder / "short.a").write_bytes(project.read_bytes()[:300])
    foreign = bytearray((compile_object(folder, "part.c", "int part;")).read_bytes())
    foreign[18:20] = (183).to_bytes(2, "little")  # e_machine
    (folder / "foreign.o").write_bytes(foreign)
    (folder / "damaged.o").write_bytes(foreign[:100])
    archive(folder / "foreign.a", folder / "foreign.o")
    archive(folder / "bare.a", folder / "part.o", how="rcS")
    throws = 'int thrower = (throw "early", 0); int of_thrower() { return thrower; }'
    archive(folder / "throws.a", compile_object(folder, "throws.cpp", throws))
    output, errors = piped(
        forkrepl,
        *("%lib short.a", "%lib foreign.a", "%lib foreign.o", "%lib damaged.o", "%lib bare.a"),
        *("%lib throws.a", "int of_thrower();", "of_thrower()"),
        *("%load part.o", "1 + 1"),
    )
    assert output == "(int) 2\n"
    short, foreign_archive, foreign_object, damaged, bare, thrower, load = errors.splitlines()
    assert short == f"{folder}/short.a: truncated archive"
    assert foreign_archive.startswith(f"{folder}/foreign.a(foreign.o): made for another machine")
    assert foreign_object.startswith(f"{folder}/foreign.o: made for another machine (AArch64")
    assert damaged.startswith(f"{folder}/damaged.o: ")
    assert bare == f"{folder}/bare.a: an archive without an index: run ranlib"
    assert thrower.startswith(f"{folder}/throws.a(throws.o): an initializer threw char const*")
    assert load == "%load: part.o is a library, an archive or an object: %lib ./part.o"
