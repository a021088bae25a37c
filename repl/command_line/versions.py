"""``forkrepl --version``."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

from repl import native_programs
from repl.clang.gcc_installation import gcc_flags
from repl.clang.library_headers import find_headers, missing_headers
from repl.errors import ShellError

_PATIENCE = 30  # s: a disk that has to wake up


def describe_versions() -> str:
    """The versions of all parts, a line each. Clang is asked, not started: 30 ms."""
    return "\n".join(
        [
            f"forkrepl {installed('forkrepl')}",
            _compiler(),
            *_libraries(),
            f"llvmlite {installed('llvmlite')} (code generator{_code_generators_llvm()})",
            _python(),
        ]
    )


def _compiler() -> str:
    try:
        done = subprocess.run(
            [native_programs.frontend(), "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE,
        )
    except (ShellError, OSError, subprocess.TimeoutExpired) as error:
        return f"Clang cannot be asked: {error}"
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        return f"Clang cannot be started: {lines[-1] if lines else 'no reason was given'}"
    return done.stdout.strip()


def _libraries() -> list[str]:
    """The standard libraries, and where their headers and Clang's own are."""
    try:
        found = find_headers(gcc_flags(()), "c++")
    except ShellError as error:
        return [str(error)]
    if found is None:
        return []
    cxx = found.folder_of("cstddef")
    if cxx is None:
        lines = [f"no C++ library: {missing_headers(gcc_flags(()), 'c++')}"]
    else:
        version = f"{found.library} {found.library_version()}".strip()
        lines = [f"{version}, headers in {os.path.normpath(cxx)}"]
    c = found.folder_of("stdio.h")
    lines.append(f"C library, headers in {c}" if c else "no headers of the C library")
    return [*lines, f"Clang's own headers in {found.resource_folder}"]


def _code_generators_llvm() -> str:
    """Its own LLVM, or the system's; only looked at, not loaded."""
    from importlib.util import find_spec

    try:
        package = find_spec("llvmlite")
        folder = Path(package.origin or "").parent if package else Path()
        is_shared = b"libLLVM.so" in (folder / "binding" / "libllvmlite.so").read_bytes()
    except OSError:
        return ""
    return ", with the system's LLVM" if is_shared else ", with an LLVM of its own"


def installed(package: str) -> str:
    """Its version, as its installation says."""
    from importlib.metadata import PackageNotFoundError, version  # takes time to import

    try:
        return version(package)
    except PackageNotFoundError:
        return "is missing"


def _python() -> str:
    return f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
