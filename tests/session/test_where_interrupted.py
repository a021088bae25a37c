"""Ctrl-C says where the program was, in a few lines."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from repl import Session
from tests.support.program import OpenShell

DEFINITIONS = [
    "#include <csignal>",
    "#include <cstdio>",
    "#include <unistd.h>",
    "void begin(int deep = 0) { if (deep) begin(deep - 1);"
    ' else { puts("began"); for (;;) pause(); } }',
]
ROLLED_BACK = "rolled back: memory and declarations are as before this input"
CASES = {
    "begin();": ["at In[4] in begin(int)", "at In[N]"],
    "begin(9);": ["at In[4] in begin(int)"] * 2 + ["... N more (recursion)", "at In[N]"],
    'puts("began"); for (;;) pause();': ["at In[N]"],
    "signal(SIGINT, SIG_IGN); begin();": ["at In[4] in begin(int)", "at In[N]"],
    "signal(SIGINT, SIG_IGN); signal(SIGSYS, SIG_IGN); begin();": [],
}


def calls(lines: list[str], number: int) -> list[str]:
    found = []
    for line in lines:
        words = line.split()
        if words[0] == "...":
            words[1] = "N"
        elif words[1].startswith(f"In[{number}]:"):
            words[1] = "In[N]"
        else:
            words[1] = words[1].partition(":")[0]
        if words[0] == "at" or words[0] == "...":
            found.append(" ".join(words))
    return found


def test_at_the_prompt(open_shell: OpenShell) -> None:
    shell = open_shell()
    for line in DEFINITIONS:
        shell.run(line)
    for code, expected in CASES.items():
        number = shell.number
        shell.type(code)
        shell.child.expect_exact("began\r\n")
        shell.child.sendintr()
        lines = shell.wait_for_next_prompt().replace("\r\n", "\n").splitlines()
        told = lines[lines.index("^Cinterrupted (SIGINT)") + 1 :]
        assert told.pop() == ROLLED_BACK
        assert calls(told, number) == expected
        assert len(told) <= 4


def test_in_the_library(tmp_path: Path) -> None:
    """Only Python gets the signal."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)

    def interrupt() -> None:
        with fifo.open("rb") as end:  # once the program is there
            end.read(1)
        os.kill(os.getpid(), signal.SIGINT)

    with Session() as session:
        session.run("#include <cstdio>\n#include <unistd.h>")
        session.run(
            f'void spin() {{ FILE *f = fopen("{fifo}", "w"); fputs("x", f); fclose(f);\n'
            "  for (;;) pause(); }"
        )
        thread = threading.Thread(target=interrupt)
        thread.start()
        with pytest.raises(KeyboardInterrupt) as raised:
            session.run("spin();")
        thread.join()
        lines = str(raised.value).splitlines()
        assert lines[0] == "interrupted (SIGINT)"
        assert [line.split()[1] for line in lines[1:-1] if line.startswith("  at")] == [
            "In[2]:2:12",
            "In[3]:1:1",
        ]
        assert session.value("6 * 7") == 42
