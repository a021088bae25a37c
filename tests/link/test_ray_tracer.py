"""examples/raytracer: several C files, linked by forkrepl as by the system's linker."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.program import EXAMPLES, Run
from tests.support.runtime import COMPILERS

SOURCES = sorted((EXAMPLES / "raytracer").glob("*.c"))
MEMORIES = ("shared", "stream", "in-process")
FLAGS = (
    ("-O2", "-fPIC"),
    ("-O0", "-g", "-fPIC"),
    ("-O3", "-fPIC", "-ffunction-sections", "-fdata-sections", "-march=native"),
    ("-Os", "-fPIC", "-fno-plt", "-fcf-protection"),
)
SIZE = ("64", "40", "2")


def compile_ray_tracer(folder: Path, compiler: str, flags: tuple[str, ...]) -> list[Path]:
    """The objects; any warning is an error."""
    warnings = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    subprocess.run([compiler, *warnings, *flags, "-c", *SOURCES], cwd=folder, check=True)
    return sorted(folder.glob("*.o"))


@pytest.mark.parametrize("flags", FLAGS, ids=" ".join)
@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_picture_is_that_of_the_native_program(
    forkrepl: Run, tmp_path: Path, compiler: str, flags: tuple[str, ...]
) -> None:
    objects = compile_ray_tracer(tmp_path, compiler, flags)
    program = tmp_path / "native"
    subprocess.run([compiler, *objects, "-o", program, "-lm"], check=True)
    native = subprocess.run(
        [program, *SIZE, "native.ppm"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    picture = (tmp_path / "native.ppm").read_bytes()
    assert picture.startswith(b"P6\n64 40\n255\n")
    assert len(set(picture)) > 100  # it shows something
    assert len(native.stdout) == len("0123456789abcdef\n")

    for memory in MEMORIES:
        output = f"{memory}.ppm"
        result = forkrepl("link", f"--memory={memory}", *objects, "-lm", "--", *SIZE, output)
        assert (result.stdout, result.stderr, result.returncode) == (native.stdout, "", 0)
        assert (tmp_path / output).read_bytes() == picture


@pytest.mark.parametrize(
    ("arguments", "status", "complaint"),
    [
        ([], 2, "usage: raytracer WIDTH HEIGHT SAMPLES [OUT.ppm]"),
        (["1", "2", "3", "a.ppm", "more"], 2, "usage: raytracer WIDTH HEIGHT SAMPLES [OUT.ppm]"),
        (["0", "2", "3"], 2, "not a number from 1 to 100000: 0"),
        (["1", "two", "3"], 2, "not a number from 1 to 100000: two"),
        (["1", "2", ""], 2, "not a number from 1 to 100000: "),
        (["1", "2", "3", "no/a.ppm"], 1, "cannot write no/a.ppm: No such file or directory"),
    ],
)
def test_it_complains(
    forkrepl: Run, tmp_path: Path, arguments: list[str], status: int, complaint: str
) -> None:
    objects = compile_ray_tracer(tmp_path, "gcc", ("-O1", "-fPIC"))
    result = forkrepl("link", *objects, "-lm", "--", *arguments)
    assert (result.returncode, result.stderr) == (status, f"raytracer: {complaint}\n")
