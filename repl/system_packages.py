"""What to install on this distribution of Linux, for what forkrepl uses of it."""

from __future__ import annotations

import platform
import shlex
from collections.abc import Mapping
from enum import Enum
from functools import cache
from pathlib import Path

from msgspec import Struct


class Need(Enum):
    """Something that is not ours. The value says what it is."""

    C_HEADERS = "the C library's headers"
    CXX_HEADERS = "the C++ library's headers"
    CXX_HEADERS_OF_GCC = "the C++ library's headers of gcc {version}"
    LIBCXX = "LLVM's C++ library"
    OPENMP = "LLVM's runtime of OpenMP"
    SANITIZERS = "LLVM's runtimes of sanitizers"
    SYMBOLIZER = "a program that knows the lines of libraries"
    DEBUGGER = "a debugger"
    LOADER_LIBRARIES = "shared libraries that our programs are linked to"


class _Distribution(Struct, frozen=True):
    """``names``: as os-release(5) has them, in ID or ID_LIKE."""

    names: tuple[str, ...]
    install: str
    packages: Mapping[Need, str]


_DISTRIBUTIONS = (
    _Distribution(
        ("debian", "ubuntu"),
        "apt-get install",
        {
            Need.C_HEADERS: "libc6-dev",
            Need.CXX_HEADERS: "g++",
            Need.CXX_HEADERS_OF_GCC: "libstdc++-{version}-dev",
            Need.LIBCXX: "libc++-22-dev",
            Need.OPENMP: "libomp-22-dev",
            Need.SANITIZERS: "libclang-rt-22-dev",
            Need.SYMBOLIZER: "llvm-22",
            Need.DEBUGGER: "gdb",
            Need.LOADER_LIBRARIES: "libllvm22 libclang-cpp22 libstdc++6",
        },
    ),
    _Distribution(
        ("fedora", "rhel", "centos"),
        "dnf install",
        {
            Need.C_HEADERS: "glibc-devel",
            Need.CXX_HEADERS: "gcc-c++",
            Need.CXX_HEADERS_OF_GCC: "gcc-c++",
            Need.LIBCXX: "libcxx-devel",
            Need.OPENMP: "libomp-devel",
            Need.SANITIZERS: "compiler-rt",
            Need.SYMBOLIZER: "binutils",
            Need.DEBUGGER: "gdb",
            Need.LOADER_LIBRARIES: "libstdc++",
        },
    ),
    _Distribution(
        ("arch",),
        "pacman -S",
        {
            Need.C_HEADERS: "glibc linux-api-headers",
            Need.CXX_HEADERS: "gcc",
            Need.CXX_HEADERS_OF_GCC: "gcc",
            Need.LIBCXX: "libc++",
            Need.OPENMP: "openmp",
            Need.SANITIZERS: "compiler-rt",
            Need.SYMBOLIZER: "binutils",
            Need.DEBUGGER: "gdb",
            Need.LOADER_LIBRARIES: "gcc-libs",
        },
    ),
    _Distribution(
        ("suse", "opensuse"),
        "zypper install",
        {
            Need.C_HEADERS: "glibc-devel",
            Need.CXX_HEADERS: "gcc-c++",
            Need.CXX_HEADERS_OF_GCC: "gcc-c++",
            Need.LIBCXX: "libc++-devel",
            Need.OPENMP: "libomp-devel",
            Need.SANITIZERS: "clang",
            Need.SYMBOLIZER: "binutils",
            Need.DEBUGGER: "gdb",
            Need.LOADER_LIBRARIES: "libstdc++6",
        },
    ),
)
_WITHOUT_GLIBC = ("alpine", "postmarketos", "chimera")


def how_to_install(need: Need, *, version: str = "", root: Path = Path("/")) -> str:
    """The command that installs it, or what to look for where the distribution is not known.
    ``version``: of gcc, for what is of one of several."""
    names = _names(root)
    for distribution in _DISTRIBUTIONS:
        if not names.isdisjoint(distribution.names):
            package = distribution.packages[need].format(version=version)
            return f"{distribution.install} {package}"
    debians = _DISTRIBUTIONS[0].packages[need].format(version=version)
    return f"install {need.value.format(version=version)} (what Debian calls {debians})"


def unsupported_system(root: Path = Path("/")) -> str:
    """Why forkrepl cannot work on this system at all; empty if it can."""
    musl = sorted(_names(root).intersection(_WITHOUT_GLIBC))
    if musl and platform.libc_ver()[0] != "glibc":
        return (
            f"forkrepl needs the GNU C library (glibc), and {musl[0]} has musl: "
            "use it in a container of Debian, Ubuntu, Fedora or the like"
        )
    return ""


@cache
def _names(root: Path) -> frozenset[str]:
    """What the distribution is called, and those that it is like."""
    for place in ("etc/os-release", "usr/lib/os-release"):
        try:
            text = (root / place).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        return frozenset(_words_of(text))
    return frozenset()


def _words_of(text: str) -> list[str]:
    words: list[str] = []
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals and name.strip() in ("ID", "ID_LIKE"):
            try:
                parts = shlex.split(value, comments=True)
            except ValueError:  # a quotation mark without another
                parts = [value]
            words += " ".join(parts).lower().split()
    # Their names have a variant behind a hyphen: opensuse-leap.
    return words + [word.partition("-")[0] for word in words]
