"""What the system linker makes of the same objects: the other half of a comparison."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from runtime.errors import ExecutorDied
from runtime.linker.link_inputs import LinkInput, collect_inputs
from tests.support.program import TIMEOUT
from tests.support.runtime import running_program

GCC_LIBRARIES = str(
    Path(
        subprocess.run(
            ["gcc", "-print-libgcc-file-name"], capture_output=True, text=True, check=True
        ).stdout
    ).parent
)
"""Where the compiler keeps libraries of its own."""


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


def run_natively(
    folder: Path, objects: Sequence[bytes | Path], *flags: str
) -> tuple[int, str, str]:
    """Link objects and run the program: its exit status, output and errors."""
    program = link_natively(folder, objects, *flags)
    done = subprocess.run(
        [str(program)], capture_output=True, text=True, check=False, cwd=folder, timeout=TIMEOUT
    )
    return done.returncode, done.stdout, done.stderr


def is_accepted_by_ld(folder: Path, objects: Sequence[bytes]) -> bool:
    """Whether ``ld`` links objects; fails where it refuses for more than a range."""
    files = [folder / f"asked{number}.o" for number in range(len(objects))]
    for file, data in zip(files, objects, strict=True):
        file.write_bytes(data)
    command = ["ld", "-e", "0", "-o", str(folder / "asked"), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or "relocation truncated to fit" in done.stderr, done.stderr
    return done.returncode == 0


def run_linked(
    capture: pytest.CaptureFixture[str], objects: Sequence[Path], libraries: Sequence[str] = ()
) -> tuple[int, str, str]:
    """The same by our linker, as ``forkrepl link`` does it: status, output and errors."""
    inputs = [LinkInput(str(path)) for path in objects]
    inputs += [LinkInput(name, is_library=True) for name in libraries]
    collected = collect_inputs(inputs, [GCC_LIBRARIES])
    capture.readouterr()
    with running_program() as program:
        for library in collected.libraries:
            program.process.load_library(library)
        unit = program.session.load_objects(collected.objects)
        try:
            assert program.session.initialize(unit).exception_type is None
            outcome = program.process.run_main(program.address("main"), ["program"])
            assert outcome.exception_type is None, outcome
            status = program.process.shutdown(outcome.status)
        except ExecutorDied as died:
            status = -(died.signal or 0) if died.exit_status is None else died.exit_status
    output, errors = capture.readouterr()
    return status, output, errors
