"""What a program reads at the prompt's terminal ends by Ctrl-D, for that input only."""

from __future__ import annotations

from tests.support.program import OpenShell, Shell


def read_to_end(shell: Shell, code: str, text: str) -> str:
    """Run code that reads; type a line and Ctrl-D."""
    shell.child.send(code + "\r")
    shell.child.expect_exact("reads")
    shell.child.send(text + "\r\x04")
    shell.number += 1
    return shell.wait_for_prompt().replace("\r\n", "\n")


def test_the_next_input_can_read_again(open_shell: OpenShell) -> None:
    shell = open_shell("--quiet")
    for header in ("iostream", "cstdio", "unistd.h"):
        shell.run(f"#include <{header}>")
    shell.run('int n, sum; auto say = [] { write(1, "rea\\144s", 5); };')
    cin = "sum = 0; say(); while (std::cin >> n) sum += n; sum"
    assert read_to_end(shell, cin, "1 2 3").endswith("(int) 6\n")
    assert read_to_end(shell, cin, "4 5").endswith("(int) 9\n")
    stdin = 'sum = 0; say(); while (scanf("%d", &n) == 1) sum += n; sum'
    assert read_to_end(shell, stdin, "7 8").endswith("(int) 15\n")
    assert read_to_end(shell, stdin, "9").endswith("(int) 9\n")
    # What could not be read is the program's to clear.
    shell.child.send("say(); std::cin >> n; std::cin.fail()\r")
    shell.child.expect_exact("reads")
    shell.child.send("word\r")
    shell.number += 1
    assert shell.wait_for_prompt().endswith("(bool) true\r\n")
    assert shell.run("std::cin.fail()") == "(bool) true\n"
    assert shell.leave() == 0
