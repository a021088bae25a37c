"""Frames of a shared library that was built with -g have file and line."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from runtime.debugging import library_lines
from runtime.debugging.library_lines import places_in_libraries
from runtime.protocol.frames import Frame
from tests.support.program import Run

SOURCE = """\
#include <stdexcept>
namespace geo {
int area(const int *p) {
  return *p + 1;
}
int check(int n) {
  if (n > 3)
    throw std::out_of_range("too far");
  return n; }
int call(int (*f)()) {
  return f() + 1; }
}
"""
INPUTS = """\
namespace geo { int area(const int *); int check(int); int call(int (*)()); }
int again() { return geo::check(9); }
geo::area(nullptr)
geo::call(again)
"""
FUNCTIONS = {"area": 4, "check": 8, "call": 11}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("geo")
    Path(folder, "geo.cpp").write_text(SOURCE)
    command = ["g++", "-g", "-O0", "-fPIC", "-shared", "geo.cpp", "-o", "libgeo.so"]
    subprocess.run(command, cwd=folder, check=True)
    strip = ["objcopy", "--strip-debug", "libgeo.so", "libplain.so"]
    subprocess.run(strip, cwd=folder, check=True)
    subprocess.run(
        ["objcopy", "--only-keep-debug", "libgeo.so", "apart.debug"], cwd=folder, check=True
    )
    apart = [
        "objcopy",
        "--strip-debug",
        "--add-gnu-debuglink=apart.debug",
        "libgeo.so",
        "libapart.so",
    ]
    subprocess.run(apart, cwd=folder, check=True)
    return folder


def frames_told(text: str) -> list[str]:
    """Each ``NAME (LIBRARY...)`` of the reports, without folders."""
    found = re.findall(
        r"^  in geo::(\w+)\(.*\) \((lib\w+\.so)(?:, (?:.*/)?(geo\.cpp:\d+))?\)$", text, re.M
    )
    return [" ".join(filter(None, each)) for each in found]


@pytest.mark.parametrize("library", ["geo", "apart", "plain"])
def test_in_reports(forkrepl: Run, built: Path, library: str) -> None:
    result = forkrepl("-L", built, f"-l{library}", input=INPUTS)
    lines = {n: "" if library == "plain" else f" geo.cpp:{line}" for n, line in FUNCTIONS.items()}
    expected = [f"{name} lib{library}.so{lines[name]}" for name in ("area", "check", "call")]
    assert frames_told(result.stderr) == expected


def test_what_is_no_library_has_no_lines(tmp_path: Path, built: Path) -> None:
    os.mkfifo(tmp_path / "libfifo.so")
    Path(tmp_path, "libtext.so").write_text("no library")
    Path(tmp_path, "libcut.so").write_bytes(Path(built, "libgeo.so").read_bytes()[:700])
    names = ["libfifo.so", "libtext.so", "libcut.so", "missing.so", ""]
    odd = [str(tmp_path / name) for name in names] + ["", "a\0b", "\udcff", "/dev/zero"]
    assert places_in_libraries([Frame(4, True, name, "f", 1 << 63) for name in odd]) == {}
    wild = [Frame(pc, True, str(built / "libgeo.so"), "f", 0x1000) for pc in (0, 1 << 63, 0x1001)]
    assert places_in_libraries(wild) == {}


@pytest.mark.parametrize(
    "text", ["exec sleep 1000", "head -c 100000 /dev/urandom", "echo 0x1; echo", "exit 3"]
)
def test_a_tool_that_goes_wrong(
    tmp_path: Path, built: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    tool = tmp_path / "tool"
    tool.write_text(f"#!/bin/sh\n{text}\n")
    tool.chmod(0o755)
    monkeypatch.setattr(library_lines, "_tool", lambda: [str(tool)])
    monkeypatch.setattr(library_lines, "_PATIENCE", 0.5)
    assert places_in_libraries([Frame(0x1100, True, str(built / "libgeo.so"), "f", 0)]) == {}


@pytest.mark.parametrize("tool", library_lines.TOOLS)
def test_each_tool_is_understood(built: Path, monkeypatch: pytest.MonkeyPatch, tool: str) -> None:
    monkeypatch.setattr(library_lines, "TOOLS", (tool,))
    library_lines._tool.cache_clear()
    try:
        if library_lines._tool() is None:
            pytest.skip(f"no {tool} here")
        symbols = subprocess.run(
            ["nm", "libgeo.so"], cwd=built, check=True, capture_output=True, text=True
        ).stdout
        address = int(
            next(line for line in symbols.splitlines() if "4callE" in line).split()[0], 16
        )
        frame = Frame(0x1000 + address, False, str(built / "libgeo.so"), "", 0x1000)
        ((place,),) = places_in_libraries([frame]).values()
        assert (place.function, place.line) == ("geo::call(int (*)())", 10)
        assert place.file.endswith("geo.cpp")
    finally:
        library_lines._tool.cache_clear()
