"""The interactive session on a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.program import OpenShell, Shell, values


def test_values_and_state(shell: Shell) -> None:
    assert shell.run("int n = 20;") == ""
    assert shell.run("n += 22;") == ""
    assert shell.run("n") == "(int) 42\n"
    assert shell.run("n / 4.0") == "(double) 10.5\n"
    assert shell.run('(const char *)"text"') == '(const char *) "text"\n'
    assert shell.run("n; n + 1") == "(int) 43\n"
    assert shell.leave() == 0


def test_function_typed_line_by_line(shell: Shell) -> None:
    assert shell.run_lines("int factorial(int n) {", "if (n < 2)", "return 1;",
                           "return n * factorial(n - 1);", "}") == ""  # fmt: skip
    assert shell.run("factorial(10)") == "(int) 3628800\n"
    assert shell.run_lines("struct Point {", "int x, y;", "};") == ""
    assert shell.run("Point{3, 4}.y") == "(int) 4\n"
    assert shell.run_lines("#define TWO \\", "2") == ""
    assert shell.run_lines("#if TWO == 2", "int three = 3;", "#endif") == ""
    assert shell.run("TWO * three") == "(int) 6\n"


def test_error_and_recovery(shell: Shell) -> None:
    shell.run("int n = 42;")
    shell.run("int f() { return n; }")
    output = shell.run("int m = missing;")
    assert "In[3]:1:9: error: use of undeclared identifier 'missing'" in output
    assert "^" in output
    assert "redefinition" in shell.run("int k; double k;")
    assert "error" in shell.run("struct S { int x; } ; int m; long m;")
    assert "error" in shell.run("int g() { return 1 }")
    assert shell.run("f()") == "(int) 42\n"
    # Nothing of what failed is there: the names are free.
    assert shell.run("struct S { double y; }; double m = 1.5, g = 2;") == ""
    assert shell.run("m + g") == "(double) 3.5\n"
    assert shell.leave() == 0


def test_error_names_the_line_of_the_input(shell: Shell) -> None:
    output = shell.run_lines("int f() {", "return missing;", "}")
    assert "In[1]:2:" in output


def test_exception_and_going_on(shell: Shell) -> None:
    shell.run("#include <stdexcept>")
    shell.run("int kept = 42;")
    output = shell.run('throw std::out_of_range("too far");')
    assert "std::out_of_range" in output
    assert "too far" in output
    assert "int" in shell.run("throw 7;")
    assert shell.run("kept") == "(int) 42\n"
    assert shell.run("try { throw 7; } catch (int n) { kept = n; }") == ""
    assert shell.run("kept") == "(int) 7\n"
    assert shell.leave() == 0


@pytest.mark.parametrize(
    "crash", ["*(volatile int *)0 = 1;", "__builtin_trap();", "__builtin_abort();"]
)
def test_crash_and_going_on(shell: Shell, crash: str) -> None:
    assert "SIG" in shell.run(crash)
    assert shell.run("int n = 42;") == ""
    assert shell.run("n") == "(int) 42\n"
    assert "SIG" in shell.run(crash)
    assert shell.run("6 * 7") == "(int) 42\n"
    assert shell.leave() == 0


def test_undo(shell: Shell) -> None:
    shell.run("int n = 1;")
    shell.run("int m = 2;")
    assert shell.run("%undo") == ""
    assert "undeclared identifier 'm'" in shell.run("m")
    assert shell.run("double m = 2.5;") == ""
    assert shell.run("m") == "(double) 2.5\n"
    # Back beyond the value and the definition, to n alone.
    assert shell.run("%undo 2") == ""
    assert "undeclared identifier 'm'" in shell.run("m")
    assert shell.run("n") == "(int) 1\n"
    shell.run("%undo 2")
    assert "nothing to undo" in shell.run("%undo")
    assert "number" in shell.run("%undo many")
    assert shell.run("long n = 3;") == ""
    assert shell.run("n") == "(long) 3\n"


def test_undo_of_a_redefinition_brings_nothing_back(shell: Shell) -> None:
    shell.run("int f() { return 1; }")
    shell.run("%undo")
    shell.run("int f() { return 2; }")
    assert shell.run("f()") == "(int) 2\n"


def test_undo_of_includes_and_macros(shell: Shell) -> None:
    shell.run("#include <vector>")
    shell.run("#define SIZE 3")
    assert shell.run("%undo") == ""
    assert "undeclared identifier 'SIZE'" in shell.run("SIZE")
    assert shell.run("%undo") == ""
    assert "error" in shell.run("std::vector<int> v;")
    assert shell.run("#include <vector>") == ""
    assert shell.run("#define SIZE 4") == ""
    assert shell.run("std::vector<int> v(SIZE);") == ""
    assert shell.run("v.size() == 4u ? 1 : 0") == "(int) 1\n"


def test_undo_runs_what_the_input_registered(shell: Shell) -> None:
    shell.run("#include <cstdio>")
    shell.run("#include <cstdlib>")
    shell.run('struct Noisy { ~Noisy() { puts("destroyed"); } };')
    shell.run("Noisy noisy;")
    assert shell.run("%undo") == "destroyed\n"
    shell.run('void handler() { puts("handled"); } int registered = atexit(handler);')
    assert shell.run("%undo") == "handled\n"
    shell.child.sendeof()
    assert shell.wait() == 0
    assert "destroyed" not in shell.last
    assert "handled" not in shell.last


def test_crash_while_undoing(shell: Shell) -> None:
    shell.run("#include <cstdlib>")
    shell.run("void handler() { __builtin_trap(); } int registered = atexit(handler);")
    assert "SIGILL" in shell.run("%undo")
    assert shell.run("6 * 7") == "(int) 42\n"
    assert shell.leave() == 0


def test_library(shell: Shell) -> None:
    shell.run('extern "C" double tgamma(double);')
    assert shell.run("%lib m") == ""
    assert shell.run("tgamma(5)").endswith("(double) 24.0\n")
    assert "nowhere" in shell.run("%lib nowhere")
    assert "%lib" in shell.run("%lib")
    assert shell.run("6 * 7") == "(int) 42\n"


def test_help(shell: Shell) -> None:
    output = shell.run("%help")
    for command in ("%help", "%undo", "%lib", "%quit"):
        assert command in output
    assert "%undo" in shell.run("%help undo")
    assert shell.run("%help undo") == shell.run("%help %undo")


@pytest.mark.parametrize(
    ("typed", "meant"), [("%udno", "%undo"), ("%halp", "%help"), ("%qiut", "%quit")]
)
def test_unknown_command(shell: Shell, typed: str, meant: str) -> None:
    output = shell.run(typed)
    assert typed in output
    assert meant in output
    assert "%help" in output


def test_quit(shell: Shell) -> None:
    shell.run("#include <cstdio>")
    shell.run('struct Last { ~Last() { puts("at the end"); } } last;')
    shell.type("%quit")
    assert shell.wait() == 0
    assert "at the end\n" in shell.last


def test_end_of_input(shell: Shell) -> None:
    shell.run("#include <cstdio>")
    shell.run('struct Last { ~Last() { puts("at the end"); } } last;')
    assert shell.leave() == 0
    assert "at the end\n" in shell.last


def test_typed_input_reaches_the_program(shell: Shell) -> None:
    shell.run("#include <iostream>")
    shell.run("#include <string>")
    shell.run("std::string name; int age;")
    shell.type('std::cout << "name? " << std::flush; std::cin >> name >> age;')
    shell.child.expect_exact("name? ")
    shell.child.expect_exact("name? ")  # the first was the line typed
    shell.child.sendline("Ada 36")
    assert "Ada 36" in shell.wait_for_next_prompt()
    assert shell.run("age") == "(int) 36\n"
    assert shell.run("name.c_str()") == '(const char *) "Ada"\n'


def test_output_comes_before_the_next_prompt(shell: Shell) -> None:
    shell.run("#include <cstdio>")
    shell.run("#include <iostream>")
    assert shell.run('printf("no newline");') == "no newline"
    assert shell.run('printf("a"); std::cout << "b"; printf("c\\n");') == "abc\n"
    assert shell.run('printf("%d\\n", 1), 42') == "1\n(int) 42\n"
    assert shell.run('std::cerr << "error\\n";') == "error\n"
    assert shell.run('for (int i = 0; i < 1000; ++i) printf("%d ", i);').endswith("999 ")


def test_interrupt_clears_the_line(shell: Shell) -> None:
    shell.run("int n = 42;")
    shell.child.send("this is no C++ at all")
    shell.interrupt()
    shell.type("int f() {")
    shell.interrupt()
    shell.interrupt()
    assert shell.run("n") == "(int) 42\n"
    assert shell.leave() == 0


def test_interrupt_ends_a_running_program(shell: Shell) -> None:
    shell.run("#include <cstdio>")
    shell.type('puts("running"); fflush(stdout); for (volatile int i = 0;; ++i) {}')
    shell.child.expect_exact("running\r\n")
    shell.child.sendintr()
    assert "SIGINT" in shell.wait_for_next_prompt()
    assert shell.run("6 * 7") == "(int) 42\n"
    assert shell.leave() == 0


def test_history_file(open_shell: OpenShell, environment: dict[str, str], tmp_path: Path) -> None:
    shell = open_shell("-q")
    shell.run("int remembered = 42;")
    shell.run_lines("int f() {", "return 1;", "}")
    assert shell.leave() == 0
    history = Path(environment["HOME"]) / ".local" / "state" / "forkrepl" / "history"
    assert "int remembered = 42;" in history.read_text()
    assert history.stat().st_mode & 0o077 == 0  # nobody else's business
    shell = open_shell("-q", XDG_STATE_HOME=str(tmp_path / "state"))
    shell.run("int elsewhere = 1;")
    shell.leave()
    assert "elsewhere" in (tmp_path / "state" / "forkrepl" / "history").read_text()
    shell = open_shell("-q", "--history-file", "own-history")
    shell.run("int own = 1;")
    shell.leave()
    assert "own" in (tmp_path / "own-history").read_text()
    assert "own" not in history.read_text()


def test_history_file_that_cannot_be_written(open_shell: OpenShell) -> None:
    shell = open_shell("-q", "--history-file", "/dev/null/history")
    assert "history is not kept" in shell.greeting
    assert shell.run("6 * 7") == "(int) 42\n"
    assert shell.leave() == 0


def test_arrow_up_brings_the_last_input_back(shell: Shell) -> None:
    shell.run("int n = 41;")
    shell.run("++n")
    shell.child.send("\x10")  # Ctrl-P
    assert values(shell.run("")) == ["43"]


def test_banner(open_shell: OpenShell) -> None:
    assert "%help" in open_shell().greeting
    assert "%help" not in open_shell("-q").greeting


def test_dumb_terminal_gets_no_escape_sequences(open_shell: OpenShell) -> None:
    shell = open_shell("-q")
    assert "\x1b" not in shell.run("int x = missing;")
    assert "\x1b" not in shell.greeting


def test_colours_on_a_terminal_that_has_them(open_shell: OpenShell) -> None:
    shell = open_shell("-q", "--color=yes")
    assert "\x1b[" in shell.run("int x = missing;")


def test_pasted_session(shell: Shell) -> None:
    shell.child.send("\x1b[200~In[7]: int n = 41;\nIn[8]: n + 1\x1b[201~\r")
    assert "In[1]: int n = 41;\n" in shell.output()
    assert values(shell.wait_for_next_prompt()) == ["42"]


def test_empty_lines_are_no_inputs(shell: Shell) -> None:
    for line in ("", "   ", "\t"):
        shell.type(line)
        shell.wait_for_prompt()
    assert shell.run("6 * 7") == "(int) 42\n"
