"""Which gcc's C++ library Clang is told to use, where the environment says so.

Without a word of the environment Clang's driver takes the newest gcc of the system.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from glob import escape, glob

from runtime.objects.library_folders import version_of

_VARIABLE = "GCC_INSTALL_DIR"
# What a user gives to say it himself, or to say that it is not gcc's library.
_OF_USERS = ("--gcc-install-dir=", "--gcc-toolchain", "--gcc-triple=", "--sysroot", "-isysroot")
_TRIPLE = "x86_64-conda-linux-gnu"


def gcc_flags(flags: Sequence[str], environment: Mapping[str, str] = os.environ) -> list[str]:
    """What Clang is told of gcc, before the user's ``flags``: what the variable GCC_INSTALL_DIR
    names, or the compilers of a conda environment that is active."""
    if any(flag.startswith(_OF_USERS) for flag in flags):
        return []
    if chosen := environment.get(_VARIABLE):
        return [f"--gcc-install-dir={os.path.abspath(os.path.expanduser(chosen))}"]
    return _of_conda(environment.get("CONDA_PREFIX", ""))


def _of_conda(prefix: str) -> list[str]:
    """Its gcc, and the C library that this compiles for."""
    if not os.path.isabs(prefix):
        return []
    found = glob(os.path.join(escape(prefix), "lib", "gcc", _TRIPLE, "*", "crtbegin.o"))
    if not found:
        return []
    newest = max(map(os.path.dirname, found), key=version_of)
    sysroot = os.path.join(prefix, _TRIPLE, "sysroot")
    return [
        f"--gcc-install-dir={newest}",
        *([f"--sysroot={sysroot}"] if os.path.isdir(sysroot) else []),
    ]
