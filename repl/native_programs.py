"""Where the programs are that the build installed beside the packages, and a table."""

from __future__ import annotations

from pathlib import Path

from repl.errors import SetupError

HERE = Path(__file__).resolve().parent.parent


def _find(package: str, name: str) -> Path:
    found = HERE / package / "_native" / name
    if found.exists():
        return found
    import sysconfig  # for an editable installation: its Python files are elsewhere

    found = Path(sysconfig.get_path("platlib")) / package / "_native" / name
    if found.exists():
        return found
    raise SetupError(f"{name} is not installed: run 'make setup' (or 'pip install .') again")


def frontend() -> Path:
    """The Clang frontend program. Raises SetupError."""
    return _find("repl", "forkrepl-frontend")


def option_table() -> Path:
    """What the frontend program says of Clang's options. Raises SetupError."""
    return _find("repl", "clang_options.json")


def executor() -> Path:
    """The executor program. Raises SetupError."""
    return _find("runtime", "forkrepl-executor")


def platform_library() -> Path:
    """The platform library, for code that runs in this process. Raises SetupError."""
    return _find("platform_support", "libforkrepl_platform.so")
