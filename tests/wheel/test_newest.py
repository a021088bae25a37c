"""The wheel in the Debian that is in the making: its Python, its C library, and each of its C++
libraries."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest

from tests.session import test_values_of_c, test_values_of_cxx, test_values_of_the_library
from tests.shell.scripts import test_examples
from tests.support.amount import ALL
from tests.support.roots import Root, install, installed_program, unpack
from tests.tables.values import check_values

pytestmark = pytest.mark.skipif(
    not ALL, reason="it changes from day to day: FORKREPL_TESTS_ALL=1 tries it"
)

_OLDER = 14  # the newest gcc whose library the other roots have
_FOLDERS = "/usr/lib/gcc/x86_64-linux-gnu"


@pytest.fixture(scope="module")
def newest(wheel: Path, roots_are_possible: None, tmp_path_factory: pytest.TempPathFactory) -> Root:
    root = unpack("forky", tmp_path_factory.mktemp("forky"))
    install(root, wheel)
    root.check("apt-get", "update", "--quiet", user="")
    root.check("apt-get", "install", "-y", "--no-install-recommends", *_libraries(root), user="")
    return root


def _libraries(root: Root) -> list[str]:
    """The packages of those that are newer than the other roots'."""
    told = root.check("apt-cache", "search", "--names-only", r"^libstdc\+\+-[0-9]+-dev$", user="")
    found = re.findall(r"^libstdc\+\+-(\d+)-dev\b", told, re.MULTILINE)
    newer = [f"libstdc++-{version}-dev" for version in found if int(version) > _OLDER]
    assert newer, told
    return newer


def test_values(newest: Root) -> None:
    versions = newest.check("ls", _FOLDERS).split()
    assert versions
    for version in versions:
        place = f"{_FOLDERS}/{version}"
        forkrepl = partial(installed_program(newest), GCC_INSTALL_DIR=place)
        assert f"libstdc++ {version}, headers in " in forkrepl("--version").stdout
        test_values_of_c.test_values_of_c(forkrepl)
        test_values_of_cxx.test_values_of_cxx(forkrepl)
        test_values_of_the_library.test_values_of_the_library(forkrepl)


def test_values_of_cxx26(newest: Root) -> None:
    rows = [
        ("int one() { return 1; }", "std::copyable_function<int()>(one)",
         "(std::copyable_function<int ()>) <one()>"),
        ("auto two = [] { return 2; };", "std::copyable_function<int() const>(two)",
         "(std::copyable_function<int () const>) <lambda>"),
        ("", "std::copyable_function<int()>()", "(std::copyable_function<int ()>) empty"),
    ]  # fmt: skip
    check_values(installed_program(newest), rows, "-std=c++2c", prelude="#include <functional>")


def test_tours(newest: Root) -> None:
    forkrepl = installed_program(newest)
    test_examples.test_tour_of_cpp(forkrepl)
    test_examples.test_tour_of_c(forkrepl)
    crash = forkrepl(input="int n = 41;\nint *p = nullptr;\nn = 7, *p\nn + 1\n")
    assert crash.stdout == "(int) 42\n"
    assert "SIGSEGV: read from address 0x0 (null pointer)" in crash.stderr
