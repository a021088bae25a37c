"""The examples run, and do what they say."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest

from tests.support.program import EXAMPLES, Run

RAYTRACER = EXAMPLES / "raytracer.cpp"


def test_tour_of_cpp(forkrepl: Run) -> None:
    result = forkrepl(EXAMPLES / "tour.cpp")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "(int) 42",
        "(double) 10.5",
        '(const char[9]) "a string"',
        "(int) 42",
        "(bool) true",
        "(int) 5",
        "(double) 2.7",
        "(int) 42",
        "(int) 55",
        "(ptrdiff_t) 3",
        "exec has 4 letters",
        "fork has 4 letters",
        "mmap has 4 letters",
        "wait4 has 5 letters",
        "(Colour) Colour::green (1)",
        "(double) 2.25",
        "(long) 2",
        "careful() passes it on",
        "caught: level 3",
        "(int) 4",
        "(long) 499500",
        "Ada comes",
        "Bjarne comes",
        "Bjarne goes",
        "Ada goes",
    ]


def test_tour_of_c(forkrepl: Run) -> None:
    result = forkrepl(EXAMPLES / "tour.c")
    assert (result.returncode, result.stderr) == (0, "")
    values = [line.partition(") ")[2] for line in result.stdout.splitlines() if line[0] == "("]
    printed = [line for line in result.stdout.splitlines() if line[0] != "("]
    assert values[:6] == ["3", "3.5", "65", "8", "301", "{ 2, 3, 5, 0, 0, 13 }"]
    assert values[6:13] == ["6", "wednesday (2)", "1", '"Forkrepl"', "8", "1", "102"]
    assert values[13:15] == ["2", "100"]
    assert values[15].endswith('{ "fork", "slab", "linker", "mapper", "executor" }')
    assert printed == ["6 + 7 = 13", "6 * 7 = 42", "16 -> 9 -> 4 -> 1", "goodbye"]


def test_mathematics_library(forkrepl: Run) -> None:
    result = forkrepl(EXAMPLES / "maths.c")
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == "(double) 1.4142135623730951"
    assert "(double) 120.0" in lines
    assert "cos x = 0 at x = 1.570796326795" in lines
    assert lines[-1] == " 90  sin 1.0000  cos 0.0000"


def test_zlib_compresses_and_restores(forkrepl: Run) -> None:
    result = forkrepl(EXAMPLES / "zlib.cpp")
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0].endswith(") 119264")
    assert [line.endswith("bytes, restored exactly") for line in lines[1:4]] == [True] * 3
    assert lines[4] == "cbf43926"
    assert lines[5].startswith("zlib says: ")


def test_raytracer_writes_a_png(forkrepl: Run, tmp_path: Path) -> None:
    result = forkrepl("-O2", RAYTRACER, "picture.png", "160", "100")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    width, height, pixels = decode_png((tmp_path / "picture.png").read_bytes())
    assert (width, height) == (160, 100)
    colours = {pixels[at : at + 3] for at in range(0, len(pixels), 3)}
    assert len(colours) > 1000


def test_raytracer_writes_the_same_as_ppm_and_unoptimised(forkrepl: Run, tmp_path: Path) -> None:
    assert forkrepl("-O2", RAYTRACER, "a.png", "40", "30").returncode == 0
    assert forkrepl(RAYTRACER, "a.ppm", "40", "30").returncode == 0
    _, _, pixels = decode_png((tmp_path / "a.png").read_bytes())
    ppm = (tmp_path / "a.ppm").read_bytes()
    assert ppm.startswith(b"P6\n40 30\n255\n")
    # Optimised arithmetic may round otherwise: by one step of 255, in a few places.
    differences = [abs(a - b) for a, b in zip(pixels, ppm[-len(pixels) :], strict=True)]
    assert sum(difference > 1 for difference in differences) < len(pixels) // 100


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "usage: "),
        (["a.png", "10"], "usage: "),
        (["a.png", "0", "10"], "numbers from 1 to 10000"),
        (["a.png", "10", "ten"], "numbers from 1 to 10000"),
        (["a.jpeg", "10", "10"], "a.jpeg"),
        (["nowhere/a.png", "10", "10"], "cannot write nowhere/a.png"),
    ],
)
def test_raytracer_complains(forkrepl: Run, arguments: list[str], complaint: str) -> None:
    result = forkrepl(RAYTRACER, *arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("raytracer: ")
    assert complaint in result.stderr
    assert result.stderr.count("\n") == 1


def decode_png(data: bytes) -> tuple[int, int, bytes]:
    """Width, height and the RGB bytes of a PNG whose rows are unfiltered."""
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    at = 8
    chunks: list[tuple[bytes, bytes]] = []
    while at < len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length]
        (checksum,) = struct.unpack_from(">I", data, at + 8 + length)
        assert checksum == zlib.crc32(name + body)
        chunks.append((name, body))
        at += 12 + length
    assert [name for name, _ in chunks] == [b"IHDR", b"IDAT", b"IEND"]
    width, height, *rest = struct.unpack(">IIBBBBB", chunks[0][1])
    assert rest == [8, 2, 0, 0, 0]
    raw = zlib.decompress(chunks[1][1])
    row = 3 * width + 1
    assert len(raw) == row * height
    assert set(raw[::row]) == {0}
    pixels = b"".join(raw[start + 1 : start + row] for start in range(0, len(raw), row))
    return width, height, pixels
