"""Kernels as Jupyter finds them: a folder for each, with ``kernel.json`` and pictures."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from repl.errors import ShellError
from runtime.debugging.installed_tools import LLDB_ADAPTERS, find_tool

_MARK = "forkrepl"  # in a kernel's metadata: it is one of ours
_FILE = "kernel.json"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_LOGOS = Path(__file__).parent / "logos"


class KernelSpec(Struct, frozen=True):
    """``name``: of the folder; ``title``: what notebooks show; ``flags``: of ``forkrepl``."""

    name: str
    title: str
    language: str
    flags: Sequence[str]
    logo: str = "cpp"

    def contents(self) -> str:
        """Of ``kernel.json``."""
        has_debugger = find_tool(LLDB_ADAPTERS) is not None
        command = [sys.executable, "-P", "-m", "repl", "kernel", "run", "{connection_file}"]
        return json.dumps(
            {
                "argv": [*command, *self.flags],
                "display_name": self.title,
                "language": self.language,
                "interrupt_mode": "signal",
                "metadata": {"debugger": has_debugger, _MARK: shlex.join(self.flags)},
            },
            indent=1,
        )


def usual_specs() -> list[KernelSpec]:
    """The kernels that are installed if nothing else is said."""
    return [
        KernelSpec("forkrepl-cpp", "C++ (forkrepl)", "c++", ["-xc++"], "cpp"),
        KernelSpec("forkrepl-c", "C (forkrepl)", "c", ["-xc"], "c"),
        KernelSpec(
            "forkrepl-openmp", "C++ with OpenMP (forkrepl)", "c++", ["-xc++", "-fopenmp"], "omp"
        ),
    ]


def kernels_folder(prefix: str | None, *, is_of_user: bool) -> Path:
    """Where Jupyter looks: of the user, or below a prefix."""
    if is_of_user:
        from jupyter_core.paths import jupyter_data_dir  # only this needs Jupyter

        return Path(jupyter_data_dir()) / "kernels"
    return Path(prefix or sys.prefix).absolute() / "share" / "jupyter" / "kernels"


def install(spec: KernelSpec, folder: Path) -> Path:
    """Put a kernel there, in the place of one of that name: its folder.

    Raises ShellError if the name cannot be one, another program's kernel has it, or the files
    cannot be written.
    """
    if not _NAME.fullmatch(spec.name):
        raise ShellError(
            f"'{spec.name}' is no name for a kernel: small letters, digits, '.', '_' and '-'"
        )
    target = folder / spec.name
    if target.exists() and read_flags(target) is None:
        raise ShellError(f"{target} is not forkrepl's: give another --name, or remove it first")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".forkrepl-") as made:
            os.chmod(made, 0o755)
            Path(made, _FILE).write_text(spec.contents() + "\n")
            for name in ("logo-svg.svg", "logo-32x32.png", "logo-64x64.png"):
                shutil.copyfile(_LOGOS / f"{spec.logo}-{name}", Path(made, name))
            if target.exists():
                shutil.rmtree(target)
            os.rename(made, target)
            os.mkdir(made)  # which the context wants to remove
    except OSError as error:
        raise ShellError(f"cannot write {target}: {error.strerror}") from error
    return target


def read_flags(folder: Path) -> str | None:
    """The flags of a kernel of ours; None if it is none."""
    try:
        metadata = json.loads((folder / _FILE).read_text()).get("metadata", {})
        flags = metadata.get(_MARK)
    except (OSError, ValueError, AttributeError):
        return None
    return flags if isinstance(flags, str) else None


def installed_kernels() -> Iterator[tuple[Path, str]]:
    """The folders of ours wherever Jupyter looks, with their flags."""
    from jupyter_core.paths import jupyter_path

    seen = set()
    for name in jupyter_path("kernels"):
        folder = Path(name)
        for each in sorted(folder.iterdir()) if folder.is_dir() else ():
            flags = read_flags(each)
            if flags is not None and each not in seen:
                seen.add(each)
                yield each, flags


def remove(folder: Path) -> None:
    """Remove a kernel of ours. Raises ShellError."""
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise ShellError(f"cannot remove {folder}: {error.strerror}") from error
