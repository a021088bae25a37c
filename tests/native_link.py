"""What the system linker makes of the same objects: the other half of a comparison."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from conftest import TIMEOUT, Completed


def link_natively(folder: Path, objects: Sequence[bytes | Path], *flags: str) -> Path:
    """A program made by ``g++`` from objects (and archives), in their order."""
    files = []
    for number, entry in enumerate(objects):
        if isinstance(entry, bytes):
            file = folder / f"native{number}.o"
            file.write_bytes(entry)
            files.append(str(file))
        else:
            files.append(str(entry))
    program = folder / "native"
    command = ["g++", "-Wl,-z,noexecstack", "-o", str(program), *files, *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return program


def run_natively(folder: Path, objects: Sequence[bytes | Path], *flags: str) -> Completed:
    """Link objects and run the program: its exit status and what it printed."""
    program = link_natively(folder, objects, *flags)
    return subprocess.run(
        [str(program)], capture_output=True, text=True, check=False, cwd=folder, timeout=TIMEOUT
    )


def is_accepted_by_ld(folder: Path, objects: Sequence[bytes]) -> bool:
    """Whether ``ld`` links objects; fails where it refuses for more than a range."""
    files = [folder / f"asked{number}.o" for number in range(len(objects))]
    for file, data in zip(files, objects, strict=True):
        file.write_bytes(data)
    command = ["ld", "-e", "0", "-o", str(folder / "asked"), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or "relocation truncated to fit" in done.stderr, done.stderr
    return done.returncode == 0
