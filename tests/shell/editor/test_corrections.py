"""The line that was meant is a key away: Tab in the empty input after a mistake."""

from __future__ import annotations

from pathlib import Path

from tests.support.editor import EditorTerminal
from tests.support.program import OpenShell


def test_what_is_offered(open_shell: OpenShell) -> None:
    shell = open_shell("--quiet")
    assert shell.run("#include <vector>") == ""
    assert shell.run("std::vector<int> v;") == ""
    assert shell.run("v.push_bakc(3);").splitlines()[-1] == "Tab: v.push_back(3);"
    assert "Tab: " not in shell.run("no_such_thing_at_all + 1")
    last = shell.run("std::string s;").splitlines()[-1]
    assert last == "Tab: #include <string> ..."
    lines = shell.run_lines("int twice(int number) {", "return 2 * nubmer;", "}").splitlines()
    assert lines[-1] == "Tab: return 2 * number; ..."
    lines = shell.run_lines("int once() {", "retrun 1;", "}").splitlines()
    assert lines[-1] == "Tab: return 1; ..."
    # Of a warning, too; what only silences it is no choice.
    lines = shell.run("int x = 3; if (x = 4) x++;").splitlines()
    assert lines[-1] == "Tab: int x = 3; if (x == 4) x++;"
    # What could be meant in two ways is not guessed at.
    assert "Tab: " not in shell.run("struct Point { int *p; }; Point q; q.p.size = 3;")


def test_tab_takes_it(environment: dict[str, str], tmp_path: Path) -> None:
    with EditorTerminal(environment, tmp_path) as terminal:
        terminal.wait_for_prompt(1)
        terminal.type("int counter = 4; enum class Color { Red };\r")
        terminal.wait_for_prompt(2)
        terminal.type("coutner + 1\r")
        terminal.wait_for("Tab: counter + 1")
        terminal.wait_for_prompt(3)
        terminal.key("tab")
        terminal.wait_for_prompt(3, "counter + 1")
        terminal.key("enter")
        terminal.wait_for("(int) 5")
        terminal.wait_for_prompt(4)
        terminal.key("tab")  # it was for one prompt
        terminal.type("7")
        terminal.wait_for_line("7")
        assert "counter" not in terminal.line
        terminal.key("ctrl-C")
        terminal.wait_for_prompt(4)
        terminal.type('string s = "x"\r')
        terminal.wait_for("Tab: #include <string> ...")
        terminal.wait_for_prompt(5)
        terminal.type("1")  # what is typed is nothing to be replaced
        terminal.key("backspace", "tab")
        terminal.wait_for_line('std::string s = "x"')
        terminal.key("enter")
        terminal.wait_for('(std::string) "x"')
