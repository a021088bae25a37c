"""Nothing is taken unasked from the current folder, whatever somebody has put there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.libraries import shared_library
from tests.support.program import OpenShell, Run

MODULES = (
    *("json", "struct", "signal", "socket", "subprocess", "random", "enum", "re", "typing"),
    *("sitecustomize", "usercustomize", "readline", "tomllib", "numpy", "msgspec", "llvmlite"),
    *("prompt_toolkit", "pygments", "tqdm", "elftools", "repl", "runtime", "platform_support"),
)
PROGRAMS = (
    *("clang", "clang++", "clang++-22", "gcc", "g++", "ld", "sh", "env", "python3", "gdb", "lldb"),
    *("forkrepl-executor", "forkrepl-frontend", "llvm-symbolizer", "addr2line", "pkg-config"),
)
HEADERS = ("vector", "stdio.h", "stddef.h", "cstdio", "bits/stdc++.h", "string")
LIBRARIES = (
    *("libm.so", "libm.so.6", "libc.so.6", "libstdc++.so.6", "libz.so", "libz.so.1"),
    *("libforkrepl_platform.so", "libLLVM.so.22", "libclang-cpp.so.22", "libasan.so"),
)
SETTINGS = {
    "config.toml": 'flags = ["-DTRAPPED"]\n',
    "forkrepl.toml": 'flags = ["-DTRAPPED"]\n',
    ".forkrepl": "#error TRAPPED\n",
    "prelude.cpp": "#error TRAPPED\n",
    "prelude.c": "#error TRAPPED\n",
    "compile_flags.txt": "-DTRAPPED\n",
    "compile_commands.json": "[TRAPPED]",
    ".clangd": "TRAPPED",
    ".gdbinit": "shell touch TRAPPED\n",
    ".lldbinit": "platform shell touch TRAPPED\n",
    "pyvenv.cfg": "home = TRAPPED\n",
    ".inputrc": "TRAPPED\n",
    "history": "TRAPPED\n",
}
LIBRARY = """
#include <fcntl.h>
__attribute__((constructor)) static void spring(void) { open("TRAPPED", O_CREAT | O_WRONLY, 0600); }
"""
CODE = """\
#include <vector>
#include <cstdio>
#ifdef TRAPPED
#error TRAPPED
#endif
std::vector<int>{1, 2}
#include <cmath>
std::sqrt(49.0)
%lib m
%lib z
%asm std::sqrt
%who
%save saved.cpp
%load saved.cpp
qsort((void *)1, 2, 3, nullptr);
*(volatile int *)0 = 1;
throw 1;
"""


@pytest.fixture
def trapped(tmp_path: Path) -> Path:
    """The current folder of the program, full of traps: each makes the file TRAPPED."""
    spring = "open('TRAPPED', 'w').close()\nraise SystemExit('TRAPPED')\n"
    for name in MODULES:
        (tmp_path / f"{name}.py").write_text(spring)
    for name in PROGRAMS:
        (tmp_path / name).write_text("#!/bin/sh\ntouch TRAPPED\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    for name in HEADERS:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("#error TRAPPED\n")
    compiled = shared_library(tmp_path / "library", LIBRARY).read_bytes()
    for name in LIBRARIES:
        (tmp_path / name).write_bytes(compiled)
    for name, text in SETTINGS.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def is_sprung(folder: Path, output: str) -> bool:
    return (folder / "TRAPPED").exists() or "TRAPPED" in output


@pytest.mark.parametrize("arguments", [[], ["-g"], ["--sanitize=address"], ["-fopenmp", "-lm"]])
def test_sessions(forkrepl: Run, trapped: Path, arguments: list[str]) -> None:
    result = forkrepl(*arguments, input=CODE)
    assert not is_sprung(trapped, result.stdout + result.stderr), result.stderr
    assert "{ 1, 2 }" in result.stdout
    assert "(double) 7.0" in result.stdout
    assert "SIGSEGV" in result.stderr or "address 0x0" in result.stderr


def test_programs(forkrepl: Run, trapped: Path) -> None:
    (trapped / "program.c").write_text("#include <stdio.h>\nint main(void) { return 7; }\n")
    for arguments in (["program.c"], ["link", "program.c", "-lm"], ["--version"], ["--help"]):
        result = forkrepl(*arguments)
        assert not is_sprung(trapped, result.stdout + result.stderr), arguments
        assert result.returncode in (0, 7)


def test_a_prompt(open_shell: OpenShell, trapped: Path) -> None:
    shell = open_shell("-q", "-g")
    output = shell.run("#include <vector>") + shell.run("std::vector<int>(2)")
    shell.child.send("std::vec\t")
    shell.interrupt()
    assert shell.leave() == 0
    assert not is_sprung(trapped, output + shell.last)
