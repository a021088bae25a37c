"""``.L`` and ``.x``: what is beside the file, a function that is not there, the file again."""

from __future__ import annotations

from pathlib import Path

from tests.support.program import OpenShell, Run, piped


def test_includes_are_beside_the_file(forkrepl: Run, tmp_path: Path) -> None:
    folder = tmp_path / "sub" / "deep"
    folder.mkdir(parents=True)
    # The one beside the file comes before the one in the current folder.
    (tmp_path / "h.h").write_text("int where() { return 1; }\n")
    (folder / "h.h").write_text("int where() { return 2; }\n")
    (folder / "m.C").write_text('#include "h.h"\nint m(int n) { return where() + n; }\n')
    (folder / "list.C").write_text('int k = 4;\nk\n#include "h.h"\nwhere() + k\n')
    (folder / "elsewhere.C").write_text('%cd /\n#include "h.h"\nwhere()\n')
    commands = (".L sub/deep/m.C", "m(1)", ".x sub/deep/m.C(3)")
    assert piped(forkrepl, *commands) == ("(int) 3\n(int) 5\n", "")
    output, errors = piped(
        forkrepl,
        "#if 1",
        '#include "h.h"\n#endif\nwhere()',
        "%load sub/deep/list.C",
        "%cd sub",
        ".L deep/m.C",
        "m(0)",
        "%undo 2",
        "%opt 1",  # all is parsed again
        "where()",
        f".L {folder}/m.C",
        "m(4)",
    )
    assert [line for line in output.splitlines() if line.startswith("(")] == [
        "(int) 1",
        "(int) 4",
        "(int) 6",
        "(int) 2",
        "(int) 2",
        "(int) 6",
    ]
    assert errors == ""


def test_a_function_that_is_not_there(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "f.C").write_text("int g() { return 1; }\n")
    output, errors = piped(forkrepl, ".x f.C(3)", "g()", ".x f.C", ".x missing.C(3)")
    assert output == "(int) 1\n"
    assert errors.splitlines() == [
        ".x: f.C is loaded, but nothing is called with (3): it has no function f",
        "cannot read missing.C: No such file or directory",
    ]


def test_the_file_again_takes_the_edit(open_shell: OpenShell, tmp_path: Path) -> None:
    file = tmp_path / "f.C"
    template = """\
#pragma once
struct S {{ int n = {0}; int get(); static int count; }};
int S::get() {{ return n + {0}; }}
int S::count = {0};
template <class T> T twice(T t) {{ return t * {0}; }}
template <> int twice<int>(int n) {{ return n + {0}; }}
namespace n {{ int h() {{ return {0}; }} }}
static int hidden() {{ return {0}; }}
int f() {{ return S().get() + S::count + twice(0) + n::h() + hidden(); }}
"""
    shell = open_shell("--quiet")
    for number in (1, 10, 100):
        file.write_text(template.format(number))
        told = "note: f.C has changed since it was read: %reload takes the new text\n"
        assert shell.run(".L f.C") == (told if number > 1 else "")
        assert shell.run("f()") == f"(int) {6 * number}\n"
        assert shell.run(".x f.C()") == f"(int) {6 * number}\n"
    assert shell.leave() == 0
