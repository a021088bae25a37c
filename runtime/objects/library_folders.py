"""Where libraries are: the folders that a compiler and the dynamic linker look in."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Sequence
from functools import cache

from runtime.protocol.machine import EM_AARCH64, EM_X86_64, OWN_MACHINE

# Debian: -linux-gnu, Fedora: -redhat-linux; what cross compilers have is beside that
_GCC = {
    EM_X86_64: "/usr/lib/gcc/x86_64*-linux*",
    EM_AARCH64: "/usr/lib/gcc*/aarch64*-linux*",
}
_DYNAMIC_LINKERS = "/etc/ld.so.conf"
_OF_MACHINE = {
    EM_X86_64: ("/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu"),
    EM_AARCH64: (
        "/lib/aarch64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu",
        "/usr/aarch64-linux-gnu/lib",
    ),
}
_USUAL = (
    "/usr/local/lib",
    "/lib64",
    "/usr/lib64",
    "/usr/lib",
    "/lib",
)
_VARIABLES = ("LIBRARY_PATH", "LD_LIBRARY_PATH")  # of compilers, of the dynamic linker
_FOLDERS_THAT_CONFIGURATIONS_INCLUDE = 3  # deep
_VERSION = re.compile(r"\d+")


def library_folders(folders: Sequence[str] = (), machine: int = OWN_MACHINE) -> list[str]:
    """All of them, each once: ``folders``, those of the environment, the system's for a machine
    (``e_machine``)."""
    wanted = [*folders, *environment_folders(), *system_folders(machine)]
    found: dict[str, str] = {}
    for folder in wanted:
        found.setdefault(os.path.normpath(folder), folder)
    return list(found.values())


@cache
def system_folders(machine: int = OWN_MACHINE) -> tuple[str, ...]:
    """gcc's own (``libstdc++.so``, ``libgomp.so``), the usual ones, and those that
    ld.so.conf(5) names; for another machine those of cross compilers."""
    found = [*_of_gcc(machine), *_OF_MACHINE[machine]]
    if machine == OWN_MACHINE:
        found += [*_USUAL, *_of_dynamic_linker(_DYNAMIC_LINKERS)]
    return tuple(dict.fromkeys(found))


def environment_folders() -> Iterator[str]:
    """Those of LIBRARY_PATH and LD_LIBRARY_PATH."""
    for variable in _VARIABLES:
        for folder in re.split("[:;]", os.environ.get(variable, "")):
            if folder:  # an empty one means the current folder: nobody asks for that knowingly
                yield os.path.expanduser(folder)


def _of_gcc(machine: int) -> list[str]:
    """Of the newest version that can link, which Clang takes, too."""
    installed = glob.glob(f"{_GCC[machine]}/*/crtbegin.o")
    by_version = sorted(map(os.path.dirname, installed), key=version_of)
    return by_version[-1:]


def version_of(path: str) -> list[int]:
    """The numbers in a file's name, to compare versions by: 10 comes after 9."""
    return [int(number) for number in _VERSION.findall(os.path.basename(path))]


def _of_dynamic_linker(configuration: str, depth: int = 0) -> Iterator[str]:
    try:
        with open(configuration, encoding="utf-8", errors="replace") as file:
            lines = [line.partition("#")[0].strip() for line in file]
    except OSError:
        return
    for line in lines:
        if line.startswith("/"):
            yield line
        elif line.startswith("include") and depth < _FOLDERS_THAT_CONFIGURATIONS_INCLUDE:
            for pattern in line.split()[1:]:
                beside = os.path.join(os.path.dirname(configuration), pattern)
                for included in sorted(glob.glob(beside)):
                    yield from _of_dynamic_linker(included, depth + 1)
