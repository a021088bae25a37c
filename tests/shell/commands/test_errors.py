"""What an error looks like at first, and ``%errors``, which shows all of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from repl import CompileError, Session
from tests.support.program import OpenShell, Run

NOTHING = "there were no errors and no warnings\n"
MANY = "#include <string>\n#include <vector>\nstd::vector<int> v;\nv + 1\n"


def test_at_the_prompt(open_shell: OpenShell) -> None:
    shell = open_shell("--quiet")
    assert shell.run("%errors") == NOTHING
    for line in MANY.splitlines()[:3]:
        assert shell.run(line) == ""
    lines = shell.run(MANY.splitlines()[3]).splitlines()
    assert lines[:3] == [
        "In[5]:1:3: error: invalid operands to binary expression ('std::vector<int>' and 'int')",
        "    1 | v + 1",
        "      | ~ ^ ~",
    ]
    assert lines[3].startswith("<bits/stl_iterator.h>:")
    assert lines[-1].startswith("... and ")
    assert lines[-1].endswith(" more candidates; `%errors` shows all")
    assert len(lines) == 7
    shell.run("v.size()")  # has no error: the last one is still to be seen
    full = shell.run("%errors").splitlines()
    assert full[:3] == lines[:3]
    assert len(full) > 30
    assert any(line.startswith("/usr/") for line in full)
    assert not any("%errors" in line for line in full)


def test_after_files_and_headers(open_shell: OpenShell, tmp_path: Path) -> None:
    (tmp_path / "bad.cpp").write_text("int one = 1;\nint two = nowhere;\n")
    (tmp_path / "bad.h").write_text("int three = nothing;\n")
    (tmp_path / "program.cpp").write_text("int main() { return missing; }\n")
    shell = open_shell("--quiet")
    assert "nowhere" in shell.run("%load bad.cpp")
    assert "error: use of undeclared identifier 'nowhere'" in shell.run("%errors")
    assert "nothing" in shell.run('#include "bad.h"')
    assert "bad.h:1:13: error: use of undeclared identifier 'nothing'" in shell.run("%errors")
    (tmp_path / "bad.h").write_text("int three = 3;\n")
    assert shell.run('#include "bad.h"') == ""
    (tmp_path / "bad.h").write_text("int three = never;\n")
    assert "never" in shell.run("%reload")
    assert "error: use of undeclared identifier 'never'" in shell.run("%errors")
    shell.run("int f() { if (int x = 1) return x; }")
    assert "warning: non-void function" in shell.run("%errors")
    shell.run("%time nothing_there")
    assert "nothing_there" in shell.run("%errors")
    shell.run("%type also_nothing")
    assert "also_nothing" in shell.run("%errors")
    shell = open_shell("--quiet", "-i", "program.cpp")
    assert "use of undeclared identifier 'missing'" in shell.greeting
    assert "use of undeclared identifier 'missing'" in shell.run("%errors")


def test_piped_inputs_are_told_as_at_the_prompt(forkrepl: Run) -> None:
    done = forkrepl(input=MANY + "%errors\n")
    assert done.stderr.splitlines()[-1].endswith(" more candidates; `%errors` shows all")
    assert len(done.stdout.splitlines()) > 30


def test_a_line_of_code_has_no_command_to_ask(forkrepl: Run) -> None:
    last = forkrepl("-c", MANY).stderr.splitlines()[-1]
    assert last.startswith("... and ")
    assert last.endswith(" more candidates")


def test_a_file_is_told_as_by_a_compiler(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "list.cpp").write_text(MANY)
    shown = forkrepl("list.cpp").stderr
    assert shown.count("note: candidate") > 10
    assert "\n/usr/" in shown
    assert "<bits/" not in shown


def test_colours(forkrepl: Run) -> None:
    done = forkrepl("--color=yes", input="int x = missing;\n%errors\n")
    error = "\x1b[0;1;31merror: \x1b[0m"
    assert error in done.stderr
    assert error in done.stdout
    done = forkrepl("--color=yes", input=MANY)
    assert "<bits/stl_iterator.h>:" in done.stderr
    assert done.stderr.endswith(" more candidates; `%errors` shows all\n")


def test_in_python() -> None:
    with Session() as session:
        session.run("#include <string>\n#include <vector>")
        with pytest.raises(CompileError) as caught:
            session.run("std::vector<int>{} + 1")
        assert len(str(caught.value).splitlines()) < 10
        assert len(caught.value.full.splitlines()) > 30
        assert "".join(each.text for each in caught.value.diagnostics).rstrip("\n") == (
            caught.value.full
        )
        result = session.run("int f() { }")
        assert "warning: non-void function" in result.warnings
        assert "warning: non-void function" in result.all_warnings
