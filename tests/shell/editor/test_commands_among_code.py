"""What could be a command or code: lines of both, ``!flag``, ``v?``, ``exit``, comments."""

from __future__ import annotations

from pathlib import Path

from tests.support.editor import EditorTerminal
from tests.support.program import OpenShell, Run, piped


def test_lines_with_commands_among_code(environment: dict[str, str], tmp_path: Path) -> None:
    with EditorTerminal(environment, tmp_path, rows=50) as terminal:
        terminal.wait_for_prompt(1)
        lines = [
            "int y = 3;",
            "%vars y // it's (",
            "int odd(int n) {",
            "  return n",
            "    % 2;",
            "}",
            "y * 2",
            "!echo it is {",
            "y ==",
            "!y",
            "%time odd(",
            "  5)",
            "%opt",
            "int z = y",
            "% 2;",
            "z",
            "%opt",
            "nope",
            "%who",
        ]
        terminal.paste("\n".join(lines))
        terminal.wait_for_line("%who")
        terminal.key("enter")
        terminal.wait_for_prompt(2)
        shown = terminal.lines[len(lines) :]
        assert [line for line in shown if " time: " not in line and "compiling" not in line] == [
            "name  type  size  value  input",
            "y     int      4  3      In[1]",
            "(int) 6",
            "it is {",
            "(bool) false",
            "(int) 1",
            "-O0",
            "(int) 1",
            "-O0",
            "In[1]:18:1: error: use of undeclared identifier 'nope'",
            "   18 | nope",
            "      | ^~~~",
            "In[1] is not run from line 19 on",
            "In[2]:",
        ]
        # The code behind the last command decides whether it is complete.
        terminal.paste("%opt\nint g() {")
        terminal.key("enter")
        terminal.type("return 7; }\r")
        terminal.wait_for_prompt(3)
        terminal.type("g()\r")
        terminal.wait_for("(int) 7")


def test_negations(forkrepl: Run) -> None:
    output, errors = piped(
        forkrepl,
        "#include <csignal>\nbool flag = true; int echo = 0; struct S { bool b; } s{false};",
        *("!flag", "!flag && echo", "!s.b;", "!s.b", "!echo", "!echo text", "!flag // no", "!~0"),
        *("!kill -l 9", "!./nothing", "!unknown_command_of_mine"),
    )
    assert output.splitlines()[:8] == [
        "(bool) false",
        "(bool) false",
        "(bool) true",
        "(bool) true",
        "text",
        "(bool) false",
        "(bool) false",
        "KILL",
    ]
    assert "./nothing" in errors
    assert "unknown_command_of_mine" in errors


def test_comments_behind_commands(forkrepl: Run) -> None:
    output, errors = piped(
        forkrepl,
        *("%opt // which", "int v = 1;//c", "?v // what", "v? // what", "%type v // type"),
        *("%env X=http://x // url", "%env X", "%undo // that", "%pwd //", "%cd //tmp"),
        *("%history -g // ", "%undo 5 //five", "%timeit -n 1 -r 1 v // none"),
    )
    assert output.splitlines()[0] == "-O0"
    assert output.count("  value: 1\n") == 2
    assert "\nhttp://x\n" in output
    assert "\n/tmp\n" in output.replace("//", "/")
    assert "int v = 1;//c" in output.partition("tmp\n")[2]
    assert "nothing to undo" in errors


def test_words_that_wish_to_leave(open_shell: OpenShell, forkrepl: Run) -> None:
    shell = open_shell("--quiet")
    for word in ("exit", "quit()", "exit();", ":q", "quit"):
        assert "%quit or Ctrl-D on an empty line leaves the shell" in shell.run(word)
    assert "%help lists the commands" in shell.run("help")
    assert "%clear clears the screen" in shell.run("clear;")
    shell.run("#include <cstdlib>")
    assert "%quit" in shell.run("exit")
    assert "(bool) false" not in shell.run("!exit")
    shell.run("int quit = 5; int help() { return 6; }")
    assert shell.run("quit") == "(int) 5\n"
    assert shell.run("help()") == "(int) 6\n"
    shell.type("exit(3)")
    assert shell.wait() == 3
    assert "undeclared identifier 'quit'" in piped(forkrepl, "quit")[1]
