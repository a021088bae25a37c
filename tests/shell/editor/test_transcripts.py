"""Sessions of this and other shells, pasted whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from repl.editor.paste import inputs_of_transcript
from tests.support.editor import EditorTerminal

OURS = """\
In[1]: int n = 5;
In[2]: n
(int) 5
In[3]: int f() {
  ...:   return n + 2;
  ...: }
In[4]: nope
In[4]:1:1: error: use of undeclared identifier 'nope'
    1 | nope
      | ^~~~
In[5]: %vars n
name  type  size  value  input
In[6]: f()
(int) 7
In[7]: %quit
"""


@pytest.mark.parametrize(
    ("pasted", "inputs"),
    [
        (OURS, ["int n = 5;", "n", "int f() {\n  return n + 2;\n}", "nope", "%vars n", "f()"]),
        ("In[12]: x", ["x"]),
        ("In[3]: f(\n  ...:\n\n  ...: )", ["f(\n\n)"]),
        ("In [1]: x = 3;\n\nIn [2]: {\n   ...: }\nOut[2]: 3\n\nIn [3]: ", ["x = 3;", "{\n}"]),
        (">>> x\n... y\n... \n3\n>>>\n>>> exit()", ["x\ny"]),
        ("clang-repl> x;\nclang-repl> f(\\\nclang-repl...   2)\n(int) 4\n", ["x;", "f(\\\n  2)"]),
        ("    clang-repl> x;\n    clang-repl> %quit", ["x;"]),
        ("[cling]$ f(\n[cling]$ ?   3)\n(int) 1\n[cling]$ .q", ["f(\n  3)"]),
        ('[cling]$ printf("hi");\nhi[cling]$ 1\n(int) 1', ['printf("hi");', "1"]),
        ("julia> f(1,\n         2)\n 3  4\n\njulia> y\n       5", ["f(1,\n  2)", "y"]),
        ("root [0] {\nroot (cont'ed, cancel with .@) [1]}\nroot [2] .q", ["{\n}"]),
        ("In[1]: %quit", ["%quit"]),
        ("In[1]: x\n  ...: y\nout\n  ...: out", ["x\ny"]),
        ("x\nIn[1]: y", None),
        ("a >>> x", None),
        (">>>x", None),
        ("", None),
    ],
)
def test_inputs_are_taken_outputs_dropped(pasted: str, inputs: list[str] | None) -> None:
    assert inputs_of_transcript(pasted) == inputs


def test_a_session_runs_input_by_input(environment: dict[str, str], tmp_path: Path) -> None:
    with EditorTerminal(environment, tmp_path, rows=40) as terminal:
        terminal.wait_for_prompt(1)
        terminal.paste(OURS)
        terminal.wait_for_line("  ...: f()")
        terminal.key("enter")
        terminal.wait_for_prompt(7)
        shown = terminal.lines
        assert shown[:6] == [
            "In[1]: int n = 5;",
            "In[2]: n",
            "(int) 5",
            "In[3]: int f() {",
            "  ...:   return n + 2;",
            "  ...: }",
        ]
        assert shown[6:8] == [
            "In[4]: nope",
            "In[4]:1:1: error: use of undeclared identifier 'nope'",
        ]
        assert shown[-3:] == ["In[6]: f()", "(int) 7", "In[7]:"]
        # The history has each.
        terminal.key("up", "up")
        terminal.wait_for_prompt(7, "%vars n")
        terminal.key("ctrl-C")
        # What has been edited is what it is.
        terminal.paste("In[1]: int a = 1;\nIn[2]: int b = 2;")
        terminal.type(" int c = a + b;")
        terminal.key("enter")
        terminal.wait_for_prompt(8)
        terminal.type("c\r")
        terminal.wait_for("(int) 3")


def test_ctrl_c_ends_all_of_it(environment: dict[str, str], tmp_path: Path) -> None:
    with EditorTerminal(environment, tmp_path) as terminal:
        terminal.wait_for_prompt(1)
        terminal.paste(
            'In[1]: extern "C" int puts(const char *);\nIn[2]: puts("runs"); for (;;);\nIn[3]: 5'
        )
        terminal.key("enter")
        terminal.wait_until(lambda: "runs" in terminal.lines, "that it runs")
        terminal.key("ctrl-C")
        terminal.wait_for("1 more pasted input is not run")
        terminal.wait_for_prompt(3)
