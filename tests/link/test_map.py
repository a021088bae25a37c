"""``forkrepl link --print-map``: what was linked, why, and where it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.program import Run
from tests.support.runtime import make_archive, make_object

MAIN = """
#include <cmath>
#include <cstdio>
int helper(int);
template <typename T> T twice(T x) { return x + x; }
thread_local int of_thread = 3;
static int hidden(int x) { return x + of_thread; }
int data[64] = {1};
namespace space { __attribute__((weak)) int weak_one() { return 1; } }
int main(int argc, char **) {
    std::printf("at %p %p\\n", (void *)main, (void *)data);
    return helper(twice(hidden(1))) + space::weak_one() + (int)std::cos((double)argc) + data[0];
}
"""
HELPER = """
template <typename T> T twice(T x) { return x + x; }
int deeper(int);
int helper(int x) { return deeper(twice(x)); }
"""
DEEPER = "int deeper(int x) { return x; }"
UNUSED = "int unused() { return 0; }"

ROW = re.compile(r" +(0x\w{16}) +(0x\w+)  (.*)")


@dataclass(frozen=True)
class Row:
    """A line with an address, a size and words."""

    address: int
    size: int
    text: str


def parts(text: str) -> dict[str, list[str]]:
    """The lines below each heading."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith(" "):
            found[list(found)[-1]].append(line)
        else:
            found[line] = []
    return found


def rows(lines: list[str]) -> list[Row]:
    matches = [match for line in lines if (match := ROW.fullmatch(line))]
    return [Row(int(match[1], 16), int(match[2], 16), match[3]) for match in matches]


@pytest.fixture
def program(tmp_path: Path) -> list[str | Path]:
    """A main and an archive of which two members are needed; it returns 18."""
    sources = {"main": MAIN, "helper": HELPER, "deeper": DEEPER, "unused": UNUSED}
    made = {
        name: make_object(tmp_path / f"{name}.o", text, "-fPIC", language="c++")
        for name, text in sources.items()
    }
    make_archive(tmp_path / "lib.a", made["helper"], made["deeper"], made["unused"])
    return ["main.o", "lib.a", "-lm"]


def test_map(forkrepl: Run, program: list[str | Path]) -> None:
    result = forkrepl("link", "--print-map", *program)
    assert result.returncode == 18
    found = parts(result.stderr)
    assert list(found) == [
        "Libraries",
        "Archive members",
        "Discarded COMDAT groups",
        "Segments",
        "Linker's tables",
        "Sections",
        "Symbols",
        "Thread-local variables (by their offset in a thread's block)",
    ]
    assert any(line.strip().endswith("libm.so.6") for line in found["Libraries"])
    assert [line.strip() for line in found["Archive members"]] == [
        "lib.a(helper.o) (needed by main.o for helper(int))",
        "lib.a(deeper.o) (needed by lib.a(helper.o) for deeper(int))",
    ]
    assert [line.strip() for line in found["Discarded COMDAT groups"]] == [
        "int twice<int>(int) (of lib.a(helper.o))"
    ]
    tables = rows(found["Linker's tables"])
    assert [table.text.split(",")[0] for table in tables] == ["GOT", "PLT"]
    assert all(table.size > 0 for table in tables)


def test_symbols_lie_in_sections_and_sections_in_segments(
    forkrepl: Run, program: list[str | Path]
) -> None:
    result = forkrepl("link", "--print-map", *program)
    found = parts(result.stderr)
    segments, sections = rows(found["Segments"]), rows(found["Sections"])
    assert [segment.text for segment in segments] == ["r-x", "r--", "rw-"]
    for section in sections:
        (around,) = [segment for segment in segments if lies_in(section, segment)]  # in exactly one
        assert section.text.startswith(around.text)
    symbols = rows(found["Symbols"])
    assert symbols == sorted(symbols, key=lambda row: row.address)
    for symbol in symbols:
        assert any(lies_in(symbol, section) for section in sections), symbol
    owners = [line.strip() for line in found["Sections"] if not ROW.fullmatch(line)]
    assert owners == ["main.o", "lib.a(helper.o)", "lib.a(deeper.o)"]


def lies_in(inner: Row, outer: Row) -> bool:
    return (
        outer.address <= inner.address and inner.address + inner.size <= outer.address + outer.size
    )


def test_addresses_are_those_of_the_program(forkrepl: Run, program: list[str | Path]) -> None:
    result = forkrepl("link", "--print-map", *program)
    found = parts(result.stderr)
    by_text = {row.text: row for row in rows(found["Symbols"])}
    main, data = (int(word, 16) for word in result.stdout.split()[1:])
    assert by_text["global  main (of main.o)"].address == main
    assert by_text["global  data (of main.o)"].address == data
    assert by_text["global  data (of main.o)"].size == 256
    assert "weak    space::weak_one() (of main.o)" in by_text
    assert "local   hidden(int) (of main.o)" in by_text
    assert "weak    int twice<int>(int) (of main.o)" in by_text
    assert not any("(of lib.a(unused.o))" in text for text in by_text)
    assert rows(found[list(found)[-1]]) == [Row(0, 4, "global  of_thread (of main.o)")]


def test_whole_archive(forkrepl: Run, program: list[str | Path]) -> None:
    result = forkrepl("link", "--print-map", "--whole-archive", *program)
    members = [line.strip() for line in parts(result.stderr)["Archive members"]]
    assert members == [
        f"lib.a({name}.o) (whole archive)" for name in ("helper", "deeper", "unused")
    ]


def test_into_a_file(forkrepl: Run, tmp_path: Path, program: list[str | Path]) -> None:
    result = forkrepl("link", "--print-map=the.map", *program)
    assert (result.returncode, result.stderr) == (18, "")
    assert "Segments" in parts((tmp_path / "the.map").read_text())


def test_a_file_that_cannot_be_written(forkrepl: Run, program: list[str | Path]) -> None:
    result = forkrepl("link", "--print-map=nowhere/the.map", *program)
    assert (result.returncode, result.stdout) == (1, "")
    expected = "forkrepl: error: cannot write nowhere/the.map: No such file or directory\n"
    assert result.stderr == expected


def test_the_map_of_a_program_that_crashes_is_there(forkrepl: Run, tmp_path: Path) -> None:
    make_object(tmp_path / "main.o", "int main(void) { __builtin_trap(); }")
    result = forkrepl("link", "--print-map=the.map", "main.o")
    assert result.returncode == 132
    assert "global  main (of main.o)" in (tmp_path / "the.map").read_text()
