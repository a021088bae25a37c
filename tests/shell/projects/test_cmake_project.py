"""An engineer tries out a function of a CMake project, edits it, and goes on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.program import OpenShell, Run, Shell

FILES = {
    "CMakeLists.txt": """
cmake_minimum_required(VERSION 3.20)
project(geometry CXX)
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
add_library(geo STATIC src/area.cpp src/perimeter.cpp)
target_include_directories(geo PUBLIC include)
target_compile_definitions(geo PUBLIC GEO_UNIT="m" PRIVATE GEO_BUILD)
add_library(count SHARED src/count.cpp)
target_include_directories(count PUBLIC include)
add_executable(app src/main.cpp)
target_link_libraries(app geo count)
""",
    "include/geo/rectangle.h": """
#pragma once
namespace geo {
struct Rectangle {
    double width, height;
};
double area(const Rectangle &r);
double perimeter(const Rectangle &r);
inline double scaled(const Rectangle &r, double factor) { return area(r) * factor; }
}
""",
    "include/geo/count.h": """
#pragma once
int count_calls();
""",
    "src/area.cpp": """
#include "geo/rectangle.h"
double geo::area(const Rectangle &r) { return r.width * r.height; }
""",
    "src/perimeter.cpp": """
#include "geo/rectangle.h"
double geo::perimeter(const Rectangle &r) { return 2 * (r.width + r.height); }
""",
    "src/count.cpp": """
#include "geo/count.h"
int count_calls() { static int calls = 0; return ++calls; }
""",
    "src/main.cpp": """
#include <cstdio>
#include "geo/rectangle.h"
#include "geo/count.h"
int main() { std::printf("%g %d\\n", geo::area({2, 3}), count_calls()); }
""",
}


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, built once; tests that edit it take a copy of the sources."""
    project = tmp_path_factory.mktemp("geometry")
    for name, text in FILES.items():
        file = project / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.lstrip())
    programs = Path(sys.executable).parent
    cmake = [str(programs / "cmake"), "-S", str(project), "-B", str(project / "build")]
    options = ["-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={programs / 'ninja'}"]
    options += ["-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", "-DCMAKE_CXX_COMPILER=clang++-22"]
    subprocess.run([*cmake, *options], check=True, capture_output=True)
    subprocess.run([cmake[0], "--build", cmake[-1]], check=True, capture_output=True)
    return project


@pytest.fixture
def session(open_shell: OpenShell, built: Path) -> Iterator[Shell]:
    """One with the project's flags and libraries; the sources are as before afterwards."""
    shell = open_shell("--quiet", "-p", built / "build")
    shell.run('#include "geo/rectangle.h"')
    shell.run('#include "geo/count.h"')
    assert shell.run(f"%lib {built}/build/libgeo.a") == ""
    assert shell.run(f"%lib {built}/build/libcount.so") == ""
    yield shell
    for name, text in FILES.items():
        (built / name).write_text(text.lstrip())


def test_its_functions_are_called(session: Shell) -> None:
    assert session.run("geo::Rectangle r{2, 3};") == ""
    assert session.run("geo::area(r)") == "(double) 6.0\n"
    assert session.run("geo::perimeter(r)") == "(double) 10.0\n"
    assert session.run("count_calls() + count_calls()") == "(int) 3\n"
    assert session.run("__cplusplus >= 202002L") == "(bool) true\n"


def test_a_source_is_edited_and_objects_stay(session: Shell, built: Path) -> None:
    """The member of the archive is replaced by the source itself, which can be reloaded."""
    session.run("geo::Rectangle r{2, 3};")
    session.run("r.width = 4;")
    source = built / "src/area.cpp"
    assert session.run(f"%load {source}") == ""
    assert session.run("geo::area(r)") == "(double) 12.0\n"
    session.run("double twice(const geo::Rectangle &r) { return 2 * geo::area(r); }")
    edit(source, "r.width * r.height", "r.width * r.height + 100")
    session.run("%reload")
    assert session.run("twice(r)") == "(double) 224.0\n"
    assert session.run("r.width") == "(double) 4.0\n"


def test_a_header_is_edited_and_objects_stay(session: Shell, built: Path) -> None:
    session.run("geo::Rectangle r{2, 3};")
    session.run("r.height = 5;")
    session.run("double half(const geo::Rectangle &r) { return geo::scaled(r, 0.5); }")
    assert session.run("half(r)") == "(double) 5.0\n"
    edit(built / "include/geo/rectangle.h", "area(r) * factor", "area(r) * factor + 1")
    assert "rectangle.h" in session.run("1;")  # the next prompt says so
    session.run("%reload")
    assert session.run("half(r)") == "(double) 6.0\n"
    assert session.run("r.height") == "(double) 5.0\n"
    session.run("%undo 3")  # the two values, and the reload
    assert session.run("half(r)") == "(double) 5.0\n"


def test_a_class_with_another_layout_is_told(session: Shell, built: Path) -> None:
    session.run("geo::Rectangle r{2, 3};")
    session.run("int other = 41;")
    session.run("++other;")
    edit(
        built / "include/geo/rectangle.h", "double width, height;", "int id; double width, height;"
    )
    told = session.run("%reload")
    assert "Rectangle" in told
    assert "r" in told.split()
    assert session.run("other") == "(int) 42\n"


def test_the_flags_of_one_file(forkrepl: Run, built: Path) -> None:
    area = built / "src/area.cpp"
    code = "#ifdef GEO_BUILD\nputs(GEO_UNIT);\n#endif\n"
    flags_of_area: list[str | Path] = ["--flags-of", area]
    for flags, printed in (([], ""), (flags_of_area, "m\n")):
        done = forkrepl("-p", built / "build", *flags, "-c", f"#include <cstdio>\n{code}")
        assert (done.stdout, done.stderr, done.returncode) == (printed, "", 0)
