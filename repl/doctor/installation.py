"""What the build has installed, and what it needs of other packages."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from repl import native_programs
from repl.clang.gcc_installation import gcc_flags
from repl.doctor.findings import Finding, lacking, missing, well
from repl.errors import SetupError
from repl.system_packages import Need, how_to_install
from runtime.kernel_calls.limits import reason
from runtime.kernel_calls.program_origin import loadable

_AGAIN = "run 'make setup' (or 'pip install .') again"
_PATIENCE = 60  # s: a disk that has to wake up
_CANNOT_LOAD = 127  # what the dynamic loader ends with when a library is missing
_USAGE = 2  # what the executor says to who starts it by hand
_SLOW_START = "each start takes longer, by up to half a second"
_REQUIREMENT = re.compile(r"[A-Za-z0-9._-]+")


def check_programs() -> Iterator[Finding]:
    """The frontend, the executor, the platform library, the table of Clang's options."""
    yield _started("Clang frontend", native_programs.frontend, ["--version"], 0)
    yield _started("executor", native_programs.executor, [], _USAGE)
    for what, find in (
        ("platform library", native_programs.platform_library),
        ("table of Clang's options", native_programs.option_table),
    ):
        try:
            find().open("rb").close()
        except (SetupError, OSError) as error:
            yield missing(f"the {what} is not there ({error})", _AGAIN)
        else:
            yield well(f"{what}: {find()}")


def _started(
    what: str, find: Callable[[], Path], arguments: Sequence[str], expected: int
) -> Finding:
    try:
        program = find()
        done = _run([os.fspath(program), *arguments], loadable(program, os.environ))
    except SetupError as error:
        return missing(f"the {what} is not there ({error})", _AGAIN)
    except subprocess.TimeoutExpired:
        return missing(f"the {what} does not answer", _AGAIN)
    except OSError as error:
        return missing(f"the {what} cannot be started ({reason(error)})", _AGAIN)
    lines = (done.stdout + done.stderr).decode("utf-8", "replace").splitlines() or [""]
    if done.returncode != expected:
        how = lines[-1] or f"it ended with status {done.returncode}"
        return missing(f"the {what} does not start ({how})", _how_to_load(done.returncode))
    return well(f"{what}: {program}{f', {lines[0]}' if expected == 0 else ''}")


def _how_to_load(status: int) -> str:
    if status != _CANNOT_LOAD:
        return _AGAIN
    return f"{how_to_install(Need.LOADER_LIBRARIES)}, or {_AGAIN}"


def check_packages() -> Iterator[Finding]:
    """What Python needs."""
    from importlib.metadata import PackageNotFoundError, requires, version  # takes time to import

    found = {}
    try:
        requirements = requires("forkrepl") or []
    except PackageNotFoundError:
        yield missing("forkrepl is not installed as a package of Python", _AGAIN)
        return
    for requirement in requirements:
        word = _REQUIREMENT.match(requirement)
        if word is None or "extra ==" in requirement:
            continue
        try:
            found[word[0]] = version(word[0])
        except PackageNotFoundError:
            yield missing(f"the Python package {word[0]} is not installed", _AGAIN)
    for name, error in _unusable(found):
        del found[name]
        yield missing(f"the Python package {name} cannot be imported ({error})", _AGAIN)
    shown = [f"Python {sys.version.split()[0]}", *(f"{n} {v}" for n, v in found.items())]
    yield well(f"packages: {', '.join(shown)}")


# In a process of its own: a library of such a package may end it.
_IMPORT = """\
import sys
for name in sys.argv[1:]:
    try:
        __import__(name)
    except BaseException as error:
        print(name, type(error).__name__ + ":", str(error).replace(chr(10), " "))
    else:
        print(name)
"""
_BINDING = {"llvmlite": "llvmlite.binding"}  # which loads LLVM


def _module(package: str) -> str:
    from importlib.metadata import distribution  # takes time to import

    names = (distribution(package).read_text("top_level.txt") or package).split()
    return _BINDING.get(names[0], names[0])


def _unusable(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    modules = {_module(name): name for name in names}
    done = _run([sys.executable, "-P", "-c", _IMPORT, *modules])
    told = dict(
        line.partition(" ")[::2] for line in done.stdout.decode("utf-8", "replace").splitlines()
    )
    for module, name in modules.items():
        if error := told.get(module, "the process that imported it has ended"):
            yield name, error


def check_bytecode() -> Iterator[Finding]:
    """Whether Python has to compile us at each start."""
    ours = [
        module.__file__
        for name, module in list(sys.modules.items())
        if name.split(".")[0] in ("repl", "runtime") and getattr(module, "__file__", None)
    ]
    without = [
        path for path in ours if path and not Path(importlib.util.cache_from_source(path)).exists()
    ]
    if sys.dont_write_bytecode and without:
        yield lacking(
            "PYTHONDONTWRITEBYTECODE is set, and our modules have no bytecode beside them",
            _SLOW_START,
            "unset it, and start the shell once",
        )
    elif without:
        yield lacking(
            f"{len(without)} of {len(ours)} modules have no bytecode beside them, as {without[0]}",
            _SLOW_START,
            f"{sys.executable} -m compileall {Path(__file__).parents[2] / 'repl'}, "
            "as the owner of that folder",
        )
    else:
        yield well(f"bytecode: of all {len(ours)} modules that were looked at")


def check_headers() -> Iterator[Finding]:
    """The standard libraries of C and C++, as Clang's driver finds them."""
    try:
        yield _header("c", "stdio.h", Need.C_HEADERS)
        yield _header("c++", "cstddef", Need.CXX_HEADERS)
    except (SetupError, OSError, subprocess.TimeoutExpired) as error:
        yield missing(f"Clang cannot be asked for headers ({reason(error)})", _AGAIN)


def _header(language: str, header: str, need: Need) -> Finding:
    # The folder of gcc that it has chosen need not have the library's headers.
    flags = [*gcc_flags(()), "-v", "-x", language, "-include", header, os.devnull]
    command = [os.fspath(native_programs.frontend()), "--compile", str(os.getpid()), *flags]
    done = _run(command)
    told = done.stderr.decode("utf-8", "replace")
    chosen = re.search(r"^Selected GCC installation: (\S+)", told, re.MULTILINE)
    if done.returncode == 0:
        beside = f", of {chosen[1]}" if chosen and language == "c++" else ""
        return well(f"headers: <{header}>{beside}")
    remedy = how_to_install(need)
    if chosen and language == "c++":
        version = Path(chosen[1]).name
        remedy = how_to_install(Need.CXX_HEADERS_OF_GCC, version=version)
    error = re.search(r"error: (.*)", told)
    name = language.upper()
    return missing(
        f"the headers of the {name} library cannot be used "
        f"({error[1] if error else f'Clang ended with status {done.returncode}'})",
        remedy,
        f"no {name} header of the library can be included",
    )


def _run(
    command: Sequence[str], environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_PATIENCE,
        env=environment,
    )
