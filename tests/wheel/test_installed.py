"""The wheel in a bare Debian 12 and 13: installed by pip, as an ordinary user, without LLVM."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from tests.session import (
    test_values_of_c,
    test_values_of_cxx,
    test_values_of_libcxx,
    test_values_of_the_library,
)
from tests.shell.scripts import test_examples
from tests.support.notebooks import shown
from tests.support.program import EXAMPLES
from tests.support.roots import HOME, Root, install, installed_program
from tests.tables.values import check_values

# Without any headers. These tests come first: those after them install some.


def test_nothing_is_missing(bare: Root) -> None:
    found = bare.check("find", "venv", "-path", "*/_native/*fork*", "-type", "f")
    programs = found.split()
    assert {name.rpartition("/")[2] for name in programs} >= {
        "forkrepl-frontend",
        "forkrepl-executor",
        "libforkrepl_platform.so",
    }
    for program in programs:
        loaded = bare.check("ldd", program)
        assert "not found" not in loaded, loaded
        assert "LLVM" not in loaded, loaded
    assert not (bare.path / "usr/lib/llvm-22").exists()


def test_versions_without_headers(bare: Root) -> None:
    told = bare.check("forkrepl", "--version")
    assert "clang version 22" in told
    assert "no C++ library: " in told
    assert "Clang's own headers in /home/user/venv/" in told


def test_c_without_headers(bare: Root) -> None:
    forkrepl = installed_program(bare)
    inputs = "int square(int n) { return n * n; }\nsquare(7)\n#include <stdint.h>\n(uint16_t)300\n"
    result = forkrepl("-x", "c", input=inputs)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines() == ["(int) 49", "(uint16_t) 300"]
    result = forkrepl(input="auto twice(auto x) { return 2 * x; }\ntwice(2.5)\n")
    assert (result.returncode, result.stdout) == (0, "(double) 5.0\n")


def test_what_to_install_is_said_once(bare: Root) -> None:
    forkrepl = installed_program(bare)
    result = forkrepl(input="#include <vector>\n1 + 1\n")
    assert result.stdout == "(int) 2\n"
    assert (
        result.stderr.count("the C++ library's headers are not installed: apt-get install g++") == 1
    )
    result = forkrepl("-x", "c", input="#include <stdio.h>\n")
    assert (
        result.stderr.count("the C library's headers are not installed: apt-get install libc6-dev")
        == 1
    )
    result = forkrepl(input='#include "mine.h"\n')
    assert "mine.h" in result.stderr
    (bare.path / "home/user/program.cpp").write_text("#include <map>\nint main() { return 0; }\n")
    result = forkrepl("program.cpp")
    assert result.returncode == 1
    assert result.stderr.count("apt-get install g++") == 1


# With the headers of the C++ library.


def test_versions(complete: Root) -> None:
    told = complete.check("forkrepl", "--version")
    gcc = "12" if "bookworm" in complete.path.name else "14"
    assert f"libstdc++ {gcc}, headers in /usr/" in told
    assert "C library, headers in /usr/include" in told


def test_nothing_that_is_needed_is_lacking(complete: Root) -> None:
    told = complete.run("forkrepl", "doctor")
    assert told.returncode == 0, told.stdout
    assert "MISSING" not in told.stdout


def test_tours(complete: Root) -> None:
    forkrepl = installed_program(complete)
    test_examples.test_tour_of_cpp(forkrepl)
    test_examples.test_tour_of_c(forkrepl)


def test_a_crash_costs_one_line(complete: Root) -> None:
    forkrepl = installed_program(complete)
    inputs = "int n = 41;\nint *p = nullptr;\nn = 7, *p\nn + 1\nstd::string(2, 'x')\n"
    result = forkrepl(input=f"#include <string>\n{inputs}")
    assert result.stdout.splitlines() == ["(int) 42", '(std::string) "xx"']
    assert "SIGSEGV: read from address 0x0 (null pointer)" in result.stderr
    assert "rolled back" in result.stderr


def test_values(complete: Root) -> None:
    forkrepl = installed_program(complete)
    test_values_of_c.test_values_of_c(forkrepl)
    test_values_of_cxx.test_values_of_cxx(forkrepl)
    test_values_of_the_library.test_values_of_the_library(forkrepl)


def test_what_an_llvm_would_add(complete: Root) -> None:
    forkrepl = installed_program(complete)
    result = forkrepl("--sanitize=address", "-c", "1")
    assert result.returncode != 0
    assert "apt-get install libclang-rt-22-dev" in result.stderr
    result = forkrepl("-fopenmp", "-c", "1")
    assert "apt-get install libomp-22-dev" in result.stderr


def test_values_of_llvms_library(complete: Root) -> None:
    """The version that this Debian has, which is older than our Clang."""
    rows, prelude = test_values_of_libcxx.ROWS, test_values_of_libcxx.PRELUDE
    package = "libc++-19-dev"
    if "bookworm" in complete.path.name:
        package = "libc++-14-dev"  # which has no std::expected
        rows = [row for row in rows if "expected" not in "".join(row)]
        prelude = prelude.replace("#include <expected>\n", "")
    complete.check("apt-get", "install", "-y", "--no-install-recommends", package, user="")
    check_values(installed_program(complete), rows, "-stdlib=libc++", prelude=prelude)


# Jupyter's kernel, with notebooks by nbclient.


def executed(root: Root, name: str) -> tuple[Any, Any]:
    """What is below the cells of a notebook of ``examples/`` after it has run, and before."""
    source, target = EXAMPLES / "notebooks" / name, root.path / HOME[1:] / name
    notebook = json.loads(source.read_text())
    before = shown(notebook)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = []
    target.write_text(json.dumps(notebook))
    shutil.chown(target, 1000, 1000)
    root.check("jupyter", "execute", "--inplace", "--allow-errors", "--startup_timeout=300", name)
    return shown(json.loads(target.read_text())), before


def test_notebooks(complete: Root, wheel: Path) -> None:
    install(complete, wheel, ("jupyter",), ("nbclient",))
    complete.check("forkrepl", "kernel", "install", "--sys-prefix")
    for name, telling in (("tour.ipynb", "<table"), ("crashes.ipynb", "SIGSEGV")):
        after, before = executed(complete, name)
        assert after == before
        assert telling in str(after)
