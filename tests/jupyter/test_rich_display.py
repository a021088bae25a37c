"""What is more than text: ``forkrepl/display.hpp``, types' own forms, tables."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.jupyter import Notebook, notebook
from tests.support.program import OpenShell, Run
from tests.support.runtime import ROOT


@pytest.fixture(scope="module")
def cpp() -> Iterator[Notebook]:
    """One kernel for all tests of this file."""
    with tempfile.TemporaryDirectory() as folder, notebook(Path(folder)) as started:
        assert started.run("#include <forkrepl/display.hpp>\n#include <vector>").kinds == []
        yield started


def test_display(cpp: Notebook) -> None:
    ran = cpp.run('std::cout << "a"; display_html("<b>\\"x\\"</b>"); puts("b"); display(3);')
    assert ran.kinds == ["stream", "display_data", "stream", "display_data"]
    assert ran.shown[0] == {"text/html": '<b>"x"</b>', "text/plain": '<b>"x"</b>'}
    assert ran.shown[1] == {"text/plain": "3"}
    ran = cpp.run('display(1, "bar"); update_display(2, "bar"); clear_output(true);')
    assert ran.kinds == ["display_data", "update_display_data", "clear_output"]
    assert [c["transient"] for c in ran.contents("update_display_data")] == [{"display_id": "bar"}]
    ran = cpp.run('display_json("{\\"a\\": [1]}"); display_png("\\x89PNG"); display_svg("<svg/>");')
    assert ran.shown[0]["application/json"] == {"a": [1]}
    assert ran.shown[1]["image/png"] == "iVBORw=="
    assert ran.shown[2]["image/svg+xml"] == "<svg/>"
    assert cpp.run('display_json("{");').shown[0]["text/plain"].startswith("<what the program")


def test_own_forms(cpp: Notebook) -> None:
    cpp.run(
        "struct Bar { int size; };\n"
        "std::map<std::string, std::string> forkrepl_mime(const Bar &b) {\n"
        '  return {{"text/html", "<hr width=" + std::to_string(b.size) + ">"}}; }'
    )
    assert cpp.run("Bar{3}").shown == [
        {"text/html": "<hr width=3>", "text/plain": "(Bar) { .size = 3 }"}
    ]
    assert cpp.run("display(Bar{4});").shown == [{"text/html": "<hr width=4>"}]
    assert cpp.run('forkrepl::markdown{"*x*"}').shown[0]["text/markdown"] == "*x*"


def test_xeus(cpp: Notebook) -> None:
    cpp.run(
        '#include "nlohmann/json.hpp"\n#include "xcpp/xdisplay.hpp"\n#include "xtl/xbase64.hpp"\n'
        "namespace im {\nstruct image { std::string bytes; };\n"
        "nlohmann::json mime_bundle_repr(const image &i) {\n"
        "  auto bundle = nlohmann::json::object();\n"
        '  bundle["image/png"] = xtl::base64encode(i.bytes);\n  return bundle;\n}\n}'
    )
    assert cpp.run('im::image{"abc"}').shown[0]["image/png"] == "YWJj"
    assert cpp.run('xcpp::display(im::image{"abc"});').shown == [{"image/png": "YWJj"}]


def test_tables(cpp: Notebook) -> None:
    cpp.run("struct Point { double x, y; };")
    html = cpp.run("std::vector<Point>(10000, {1, 2})").shown[0]["text/html"]
    assert html.count("<tr>") == 101
    assert ">x</th>" in html
    assert "<p>... 9,900 more</p>" in html
    html = cpp.run('std::map<std::string, int>{{"<a>", 1}}').shown[0]["text/html"]
    assert "&quot;&lt;a&gt;&quot;" in html
    html = cpp.run("std::vector<std::vector<int>>{{1, 2}, {3, 4}}").shown[0]["text/html"]
    assert "<td>3</td><td>4</td>" in html
    html = cpp.run("int matrix[2][3] = {{1, 2, 3}, {4, 5, 6}};\nmatrix").shown[0]["text/html"]
    assert "<td>4</td><td>5</td><td>6</td>" in html
    assert list(cpp.run("std::vector<int>{1, 2}").shown[0]) == ["text/plain"]


def test_in_c(cpp: Notebook, forkrepl: Run, tmp_path: Path) -> None:
    code = (
        'puts("a");\ndisplay_html("<b>\\"x\\"</b>");\nputs("b");\n'
        'display_png("\\x89PNG", 4);\ndisplay_json("{\\"a\\": [1]}");\ndisplay_svg("<svg/>");\n'
        'display_data("text/latex", "$x$", 3, "it");\n'
        'update_display("text/markdown", "*y*", 3, "it");\nclear_output(1);\n'
    )
    includes = "#include <stdio.h>\n#include <forkrepl/display.h>\n"
    assert cpp.run(f"%%c\n{includes}").kinds == []
    ran = cpp.run(f"%%c\n{code}")
    shown = ["stream", "display_data", "stream", *["display_data"] * 4, "update_display_data"]
    assert ran.kinds == [*shown, "clear_output"]
    assert ran.shown == [
        {"text/html": '<b>"x"</b>', "text/plain": '<b>"x"</b>'},
        {"image/png": "iVBORw==", "text/plain": "<a picture>"},
        {"application/json": {"a": [1]}, "text/plain": '{"a": [1]}'},
        {"image/svg+xml": "<svg/>", "text/plain": "<a picture>"},
        {"text/latex": "$x$", "text/plain": "$x$"},
    ]
    assert ran.contents("update_display_data")[0]["transient"] == {"display_id": "it"}
    many = (
        'for (int i = 0; i < 3; ++i) { if (!fork()) { display_html(i % 2 ? 0 : ""); _exit(0); } }'
    )
    waits = "while (wait(0) > 0) ;"
    assert (
        len(cpp.run(f"%%c\n#include <unistd.h>\n#include <sys/wait.h>\n{many} {waits}").shown) == 3
    )
    # In a session at a terminal, and in a program that any compiler has made.
    done = forkrepl("--no-cache", "-xc", "-c", includes + code)
    assert done.stdout == 'a\n<b>"x"</b>\nb\n<a picture>\n{"a": [1]}\n<a picture>\n$x$\n*y*\n'
    (tmp_path / "program.c").write_text(f"{includes}int main(void) {{ {code} return 0; }}\n")
    command = ["gcc", "-std=gnu99", "-Wall", "-Wextra", "-Werror", "-Irepl/include", "-o"]
    program = tmp_path / "program"
    subprocess.run([*command, program, tmp_path / "program.c"], check=True, cwd=ROOT)
    ran_alone = subprocess.run([program], check=True, capture_output=True, text=True)
    assert ran_alone.stdout == done.stdout


def test_pictures_in_a_terminal(open_shell: OpenShell) -> None:
    """By kitty's protocol, also from C."""
    for flags, header in (((), "display.hpp"), (("-xc",), "display.h")):
        shell = open_shell("--quiet", *flags, TERM="xterm-kitty")
        shell.run(f"#include <forkrepl/{header}>")
        given = '"\\x89PNG", 4' if flags else '"\\x89PNG"'
        assert "\x1b_Ga=T,f=100,m=0;iVBORw==\x1b\\" in shell.run(f"display_png({given});")


def test_without_a_notebook(forkrepl: Run, tmp_path: Path) -> None:
    """In a session, and in a program that any compiler has made."""
    includes = "#include <forkrepl/display.hpp>\n#include <vector>\n"
    code = 'std::vector<int> v{1, 2};\ndisplay(v);\ndisplay_html("<b>");'
    done = forkrepl("--no-cache", "-c", includes + code)
    assert done.stdout == "{ 1, 2 }\n<b>\n"
    (tmp_path / "program.cpp").write_text(f"{includes}int main() {{ {code} }}\n")
    command = ["g++", "-std=c++17", "-Wall", "-Wextra", "-Werror", "-Irepl/include", "-o"]
    program = tmp_path / "program"
    subprocess.run([*command, program, tmp_path / "program.cpp"], check=True, cwd=ROOT)
    ran = subprocess.run([program], check=True, capture_output=True, text=True)
    assert ran.stdout == done.stdout
