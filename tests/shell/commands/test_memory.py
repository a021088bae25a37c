"""``%memory``: as text and as SVG."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from tests.support.program import OpenShell, Run, Shell

_SVG = "{http://www.w3.org/2000/svg}"


def test_text(shell: Shell) -> None:
    assert "0 B used of 0 B reserved" in shell.run("%memory")
    shell.run("int a[2000]; int f() { return 1; }")
    shell.run('const char *s = "two";')
    text = shell.run("%memory")
    assert re.search(r"^slab at 0x[0-9a-f]+, 1 GiB$", text, re.MULTILINE)
    assert re.search(r"RX code: 4 KiB of 256 MiB\n +0$", text, re.MULTILINE)
    assert re.search(r"RW variables: 12 KiB of 512 MiB\n +001$", text, re.MULTILINE)
    assert re.search(r"^0 In\[2\] +4 KiB +4 KiB +8 KiB  int a", text, re.MULTILINE)
    shell.run("%undo 2")
    text = shell.run("%memory")
    assert "In[2]" not in text
    assert "kept to go back to" in text
    assert shell.leave() == 0


def test_holes(forkrepl: Run) -> None:
    # A script keeps no checkpoints: what is undone is free at once.
    script = "int a = 1;\nint b[3000];\nint c = 2;\n%undo 2\nint d = 3;\n%memory\n"
    result = forkrepl("-c", script)
    assert result.stderr == ""
    assert "kept" not in result.stdout
    assert re.search(r"RW variables: 8 KiB of 512 MiB\n +01$", result.stdout, re.MULTILINE)


def test_width_and_colours(open_shell: OpenShell) -> None:
    shell = open_shell("--quiet", "--color=yes", COLUMNS="30")
    shell.run("int number = 1; int another_number = 2; int one_more = 3;")
    text = shell.run("%memory")
    assert "\x1b[3" in text
    plain = re.sub(r"\x1b\[[\d;]*m", "", text)
    assert all(len(line) <= 30 for line in plain.splitlines())
    assert shell.leave() == 0


def test_svg(forkrepl: Run, tmp_path: Path) -> None:
    script = (
        'int a = 1;\nconst char *s = "<&>\\x01\\"";\nint b[100000];\nint f() { return 1; }\n'
        "%memory picture.svg\n%memory picture.png\n%memory nowhere/picture.svg\n"
    )
    result = forkrepl(input=script)
    assert result.stdout == "picture.svg is written\n"
    assert "%memory: picture.png does not end in .svg" in result.stderr
    assert "%memory: cannot write nowhere/picture.svg: No such file" in result.stderr
    root = ElementTree.fromstring((tmp_path / "picture.svg").read_text())
    assert root.tag == f"{_SVG}svg"
    titles = [each.text or "" for each in root.iter(f"{_SVG}title")]
    assert any(title.startswith("-:3: 392 KiB at 0x") for title in titles)
    height = float(root.attrib["height"])
    for rectangle in root.iter(f"{_SVG}rect"):
        attributes = rectangle.attrib
        x, width = float(attributes.get("x", 0)), float(attributes["width"])
        assert 0 <= x <= x + width <= 900.01
        assert float(attributes.get("y", 0)) + float(attributes["height"]) <= height
