"""The command line: where options end, how they are spelled, and what ``--help`` says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pexpect
import pytest

from repl.command_line.arguments import CommandLine, parse
from repl.commands import COMMANDS
from tests.support.program import PROGRAM, TIMEOUT, Run

SECTIONS = [
    "NAME",
    "SYNOPSIS",
    "DESCRIPTION",
    "OPTIONS",
    "COMMANDS",
    "KEYS",
    "EXIT STATUS",
    "ENVIRONMENT",
    "FILES",
    "EXAMPLES",
    "SEE ALSO",
]
EVERY_OPTION = [
    "-c",
    "-e",
    "-i",
    "-h",
    "--help",
    "--version",
    "-q",
    "--quiet",
    "-std",
    "-I",
    "-D",
    "-U",
    "-L",
    "-l",
    "-O",
    "-g",
    "-W",
    "-f",
    "-m",
    "-include",
    "-x",
    "--Xcc",
    "--color",
    "--history-file",
    "--startup-file",
    "--config",
    "--print-config",
    "--redefine",
    "--parse-timeout",
    "--memory-limit",
    "--connect",
    "--token-file",
    "--perf",
]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], CommandLine()),
        (["-"], CommandLine(file="-")),
        (["f.cpp", "-O", "-i"], CommandLine(file="f.cpp", arguments=["-O", "-i"])),
        (["-O", "f.cpp", "-O"], CommandLine(file="f.cpp", optimisation=1, arguments=["-O"])),
        (["-O3", "--", "-i", "-O"], CommandLine(file="-i", optimisation=3, arguments=["-O"])),
        (["-", "--", "-O"], CommandLine(file="-", arguments=["--", "-O"])),
        (["-c", "1", "-i", "a", "-q"], CommandLine(code="1", interactive=True,
                                                   arguments=["a", "-q"])),
        (["-c", "1", "--", "-q"], CommandLine(code="1", arguments=["-q"])),
        (["-c", ""], CommandLine(code="")),
        (["-c", "-x", "-q"], CommandLine(code="-x", quiet=True)),
        (["-c1"], CommandLine(code="1")),
        (["-e", "--version"], CommandLine(code="--version")),
        (["-D", "-O", "-O"], CommandLine(compiler_flags=["-D-O"], optimisation=1)),
        (["-g", "-g3", "-ggdb", "--Xcc=-v"],
         CommandLine(compiler_flags=["-g", "-g3", "-ggdb"], verbose=True)),
        (["-std=c++20", "-Wall", "-include", "x.h", "-I", "a", "-fno-rtti", "-mavx2", "-UN"],
         CommandLine(compiler_flags=["-std=c++20", "-Wall", "-include", "x.h", "-Ia",
                                     "-fno-rtti", "-mavx2", "-UN"])),
        (["--color", "no", "--color=yes"], CommandLine(color="yes")),
        (["--parse-timeout=0", "--memory-limit=25%"],
         CommandLine(parse_timeout=0, memory_limit="25%")),
    ],
)  # fmt: skip
def test_what_options_mean(words: list[str], expected: CommandLine) -> None:
    assert parse(words) == expected


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--colour=no"], "unrecognized arguments: --colour=no; did you mean --color?"),
        (["--hsitory-file", "x"], "unrecognized arguments: --hsitory-file; did you mean "
         "--history-file?"),
        (["-emit-obj"], "unrecognized arguments: -emit-obj; to Clang's compiler proper it goes as "
         "-Xclang -emit-obj"),
        (["--banana"], "unrecognized arguments: --banana"),
        (["-Onine"], "argument -O: invalid level 'nine' (choose from 0, 1, 2, 3)"),
        (["-c"], "argument -c/-e: expected one argument"),
        (["--color=red"], "argument --color: invalid choice: 'red' (choose from 'auto', 'yes', "
         "'no')"),
        (["--config="], "argument --config: give a path, or 'no'"),
        (["--parse-timeout=soon"], "argument --parse-timeout: 'soon' is no number of seconds"),
    ],
)  # fmt: skip
def test_wrong_options(capsys: pytest.CaptureFixture[str], words: list[str], message: str) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(words)
    assert ended.value.code == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("usage: forkrepl [options] [FILE [ARGS...]]\n")
    assert output.err.endswith(f"forkrepl: error: {message}\n")


def test_script_gets_its_arguments_as_they_are(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "main.cpp").write_text(
        "#include <cstdio>\nint main(int n, char **v) { for (int i = 1; i < n; ++i) puts(v[i]); }"
    )
    result = forkrepl("-O", "-g3", "main.cpp", "-O", "-g3", "--", "--times")
    assert (result.stdout, result.stderr) == ("-O\n-g3\n--\n--times\n", "")


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help(forkrepl: Run, option: str) -> None:
    result = forkrepl(option, COLUMNS="60")
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert [line for line in lines if line and not line.startswith(" ")] == SECTIONS
    text = result.stdout
    assert [name for name in EVERY_OPTION if not re.search(rf"[ ]{name}(?![a-z-])", text)] == []
    assert all(f"       {command.usage}" in result.stdout for command in COMMANDS.values())
    # A term or a command is never cut, but text is wrapped.
    assert all(len(line) <= 60 for line in lines if line.startswith(" " * 15))
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize("command", ["link", "executor"])
def test_help_of_other_commands(forkrepl: Run, command: str) -> None:
    result = forkrepl(command, "--help")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith(f"NAME\n       forkrepl {command} - ")
    assert "SEE ALSO" in result.stdout


def test_help_on_a_terminal(environment: dict[str, str]) -> None:
    environment["TERM"] = "xterm"
    child: Any = pexpect.spawn(
        str(PROGRAM), ["--help"], env=environment, encoding="utf-8", dimensions=(24, 80),
        timeout=TIMEOUT,
    )  # fmt: skip
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0  # no pager waits
    assert "\x1b[1;33mNAME\x1b[0m\r\n" in child.before
    assert "\x1b[1m-h, --help\x1b[0m" in child.before


def test_version(forkrepl: Run) -> None:
    result = forkrepl("--version")
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    forkrepl_, clang, llvm, library, of_c, own, llvmlite, python = lines
    assert forkrepl_.startswith("forkrepl ")
    assert "clang version 22." in clang
    assert llvm.startswith("LLVM 22.")
    assert re.fullmatch(r"libstdc\+\+ \d+, headers in /.*", library)
    assert of_c.startswith("C library, headers in /")
    assert own.startswith("Clang's own headers in /")
    assert llvmlite.startswith("llvmlite 0.")
    assert python.startswith("Python 3.")


def test_version_without_clang(forkrepl: Run, tmp_path: Path) -> None:
    """An empty file that the dynamic linker finds first stands for a broken library."""
    (tmp_path / "libstdc++.so.6").touch()
    result = forkrepl("--version", LD_LIBRARY_PATH=str(tmp_path))
    assert (result.returncode, result.stderr) == (0, "")
    assert "Clang cannot be started: " in result.stdout
    assert "libstdc++.so.6" in result.stdout


def test_help_that_cannot_be_written(forkrepl: Run, tmp_path: Path) -> None:
    result = forkrepl(wrapper=["sh", "-c", 'exec "$0" --help > /dev/full'])
    assert result.returncode == 1
    assert result.stderr.endswith("No space left on device\n")
    result = forkrepl(wrapper=["sh", "-c", '("$0" --help; echo $? >status) | true'])
    assert result.stderr == ""
    assert (tmp_path / "status").read_text() in ("0\n", "141\n")  # true may read nothing
