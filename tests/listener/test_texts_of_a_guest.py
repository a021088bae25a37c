"""What a program elsewhere says reaches the shell's terminal as text, and not endlessly."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from runtime.protocol import wire
from runtime.protocol.wire import Operation
from tests.support.listener import RunningListener, running_listener
from tests.support.program import Completed, Run

FORGER = Path(__file__).resolve().parents[1] / "support" / "forger.py"
EVIL = "\\033]0;owned\\a\\033[2J\\rIn[7]: \\u202e\\nrolled back"
SHOWN = r"\x1b]0;owned\x07\x1b[2J\rIn[7]: \u202e"

INPUTS = f"""\
#include <cstdlib>
#include <new>
struct Evil {{ const char *what() const {{ return "{EVIL}"; }} }};
struct E : std::exception {{ const char *what() const noexcept override {{ return "{EVIL}"; }} }};
throw E();
throw "{EVIL}";
const char *forkrepl_print(const Evil &evil) {{ return evil.what(); }}
Evil()
struct Two {{
  Evil *begin() const {{ static Evil a[2]; return a; }}
  Evil *end() const {{ return begin() + 2; }}
}};
Two()
struct Bad {{}};
const char *forkrepl_print(const Bad &) {{ throw E(); }}
Bad()
"{EVIL}"
extern "C" void evil() __asm__("\\033[31mevil");
extern "C" void evil() {{}}
&evil
setenv("EVIL", "{EVIL}", 1);
%env EVIL
%env
evil_missing();
"""

REFUSALS = {
    Operation.LOAD_LIBRARY: b"\x1b]0;owned\x07" * 1000,
    Operation.RUN: b"x" * (1 << 20),
    Operation.LOOKUP: b"\n" * (1 << 16),
    Operation.RESERVE: b"\xff\x1b[2J",
}

Connected = Callable[..., Completed]


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the forger changes."""
    path = tmp_path_factory.mktemp("plan") / "plan"
    path.write_text("")
    return path


@pytest.fixture
def connected(
    tmp_path: Path, environment: dict[str, str], forkrepl: Run, plan: Path
) -> Iterator[Connected]:
    """Run the program with its executor behind the forger."""
    wrapper = f"{sys.executable} -SE {FORGER} {plan}"
    plan.write_text("")
    with ExitStack() as stack:
        listener: RunningListener = stack.enter_context(
            running_listener(tmp_path, environment, "tcp", "--wrapper", wrapper)
        )

        def run(*arguments: str, input: str | None = None) -> Completed:
            connect = ("--connect", listener.address, *arguments)
            return forkrepl(*connect, input=input, FORKREPL_TOKEN=listener.token)

        yield run


def unsafe(text: str) -> set[str]:
    """What is neither printable nor the end of a line."""
    return {character for character in text if not character.isprintable()} - {"\n", "\t"}


def test_escape_sequences_are_shown_as_text(connected: Connected) -> None:
    result = connected(input=INPUTS)
    assert unsafe(result.stdout) == set()
    assert unsafe(result.stderr) == set()
    lines = (result.stdout + result.stderr).splitlines()
    assert f"uncaught exception of type E: {SHOWN}" in lines
    assert f"uncaught exception of type char const*: {SHOWN}" in lines
    # Further lines are indented, so that nobody takes them for the shell's.
    assert lines.count("rolled back") <= 2  # a printer's lines, and a variable's
    assert any(line.startswith("(Evil)") for line in lines)
    assert f"EVIL={SHOWN}" in lines
    assert any("threw" in line and SHOWN in line for line in lines)
    assert any(r"<\x1b[31mevil>" in line for line in lines)


def test_refusals_are_short_and_printable(connected: Connected, plan: Path) -> None:
    for operation, answer in REFUSALS.items():
        forgery = {"operation": int(operation), "payload": answer.hex(), "error": 1}
        plan.write_text(json.dumps(forgery) + "\n")
        result = connected("-c", "%lib m\nint x = 1;\nx")
        assert result.returncode == 1
        assert unsafe(result.stdout + result.stderr) == set(), operation
        assert len(result.stderr) < 60_000, operation


def test_words_of_other_kinds(connected: Connected, plan: Path) -> None:
    """Too much in a message of another kind breaks the protocol, and that is said."""
    much = b"\x1b[31m" * 20_000
    outcome = wire.OUTCOME.pack(1, 1, 0, 1, 0) + wire.EXCEPTION.pack(0, len(much), 0, 1) + much
    forgeries = {
        Operation.RUN: outcome,
        Operation.PRINT: wire.PRINTED.pack(0, 0) + much,
        Operation.NAME: much,
    }
    code = "struct S {}; const char *forkrepl_print(const S &) { return 0; }\nS()\n(void *)1"
    for operation, payload in forgeries.items():
        plan.write_text(json.dumps({"operation": int(operation), "payload": payload.hex()}) + "\n")
        result = connected(input=code + "\n")
        assert unsafe(result.stdout + result.stderr) == set(), operation
        assert len(result.stdout + result.stderr) < 100_000, operation


def test_numbers_in_commands(connected: Connected, plan: Path) -> None:
    forgery = {"operation": int(Operation.READ), "word": 1 << 63}
    plan.write_text(json.dumps(forgery) + "\n")
    commands = (
        "int x = 1;",
        "%env A=b",
        "%cd .",
        "%env",
        "%vars",
        "%time x",
        "%timeit x",
        "%memory",
    )
    result = connected(input="\n".join([*commands, ""]))
    assert "%env: its result makes no sense: is the program's memory damaged?" in result.stderr
    assert "%cd: its result makes no sense" in result.stderr
    assert "nothing measured" in result.stderr


def test_names_of_files_and_arguments(forkrepl: Run, tmp_path: Path) -> None:
    """Those of the user's own machine are text, too, wherever they are shown."""
    name = "e\x1b[31mvil\r"
    (tmp_path / f"{name}.o").write_bytes(b"\x7fELF")
    (tmp_path / f"{name}.cpp").write_text("missing\n")
    os.mkdir(tmp_path / f"{name}.d")
    for arguments in (
        [f"{name}.cpp"],
        [f"{name}.c"],
        [f"{name}.o"],
        [f"-L{name}", "-c", "1"],
        [f"-l{name}", "-c", "1"],
        [f"-I{name}.d", "-v", "-c", "1"],
        [f"--{name}"],
        [f"--memory-limit={name}"],
        [f"--connect={name}"],
        [f"--config={name}", "-c", "1"],
        [f"--startup-file={name}", "-c", "1"],
        [f"--token-file={name}", "--connect=unix:x", "-c", "1"],
        [f"@{name}"],
        ["-p", name],
        [f"-std={name}", "-c", "1"],
        ["link", f"{name}.o"],
        ["link", f"{name}.cpp"],
        ["link", f"{name}"],
        ["link", f"--map={name}/x", f"{name}.o"],
        ["executor", "--listen", f"unix:{name}"],
        ["executor", "--listen", "unix:x", "--wrapper", name],
        ["executor", "--listen", "unix:x", "--token-file", f"{name}/x"],
        ["executor", name],
    ):
        result = forkrepl(*arguments)
        assert unsafe(result.stdout + result.stderr) == set(), arguments


def test_texts_in_commands(forkrepl: Run) -> None:
    name = "e\x1b[31mvil\r"
    commands = (
        "%lib",
        "%load",
        "%cd",
        "%include",
        "%std",
        "%opt",
        "%env",
        "%save",
        "%type",
        "%edit",
    )
    others = (
        "%asm",
        "%ir",
        "%run",
        "%history",
        "%timeit",
        "%undo",
        "%members",
        "?",
        "%",
        ".L",
        ".x",
    )
    lines = [f"{command} {name}" for command in (*commands, *others)]
    result = forkrepl(input="\n".join([*lines, f'#include "{name}"', f'"{name}"', ""]))
    assert unsafe(result.stdout + result.stderr) == set()
