"""An exception that nobody expects, in any command or in anything around an input, is told in a
line, and the session goes on."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from repl.commands.catalogue import BY_ALIAS, COMMANDS
from tests.support.editor import EditorTerminal
from tests.support.mishaps import Mishaps
from tests.support.program import PROGRAM, TIMEOUT, OpenShell

COMMAND = "repl.commands.command:Command.implementation"
BUG = "(this is a bug; FORKREPL_DEBUG=1 shows where)"

EXCEPTIONS = {
    "OSError(36, 'File name too long', 'name')": "File name too long: name",
    "PermissionError(13, 'Permission denied')": "Permission denied",
    "OSError()": f"internal error: OSError {BUG}",
    "UnicodeEncodeError('ascii', 'x', 0, 1, 'no')": "internal error: UnicodeEncodeError: 'ascii'",
    "ValueError('embedded null byte')": f"internal error: ValueError: embedded null byte {BUG}",
    "RecursionError('too deep')": f"internal error: RecursionError: too deep {BUG}",
    "MemoryError()": "out of memory",
    "EOFError()": f"internal error: EOFError {BUG}",
    "StopIteration()": f"internal error: StopIteration {BUG}",
    "KeyError(b'x')": f"internal error: KeyError: b'x' {BUG}",
    "Exception('\\x1b[31m\\n' + 1000 * '.')": "internal error: Exception: \\x1b[31m\\n....",
    "BrokenPipeError(32, 'Broken pipe')": "Broken pipe",
    "KeyboardInterrupt()": "interrupted",
}


def _line(name: str) -> str:
    """A use of a command, by its name or an alias."""
    command = COMMANDS.get(name) or BY_ALIAS[name]
    if name in "!?":
        return f"{name}ls"
    return f"{name} 1" if command.operands else name


def test_in_every_command(open_shell: OpenShell, tmp_path: Path) -> None:
    mishaps = Mishaps(tmp_path, [COMMAND])
    shell = open_shell("--quiet", **mishaps.environment)
    shell.run("int kept = 5;")
    mishaps.begin(COMMAND, "ValueError('odd')")
    for name in [*COMMANDS, *BY_ALIAS]:
        printed = shell.run(_line(name))
        assert printed.endswith(f"internal error: ValueError: odd {BUG}\n")
        assert printed.count("\n") == 1
    mishaps.end()
    assert shell.run("kept") == "(int) 5\n"
    assert shell.leave() == 0


def test_of_every_kind(open_shell: OpenShell, tmp_path: Path) -> None:
    mishaps = Mishaps(tmp_path, [COMMAND])
    shell = open_shell("--quiet", **mishaps.environment)
    for exception, message in EXCEPTIONS.items():
        mishaps.begin(COMMAND, exception)
        for line in ("%pwd", "%quit"):
            printed = shell.run(line)
            assert message in printed
            assert len(printed) < 500
            assert printed.count("\n") == 1
        mishaps.end()
        assert shell.run("%pwd") == f"{tmp_path}\n"
    assert shell.leave() == 0


def test_in_scripts(environment: dict[str, str], tmp_path: Path) -> None:
    mishaps = Mishaps(tmp_path, [COMMAND])
    told = {e: m for e, m in EXCEPTIONS.items() if e[:2] not in ("Br", "Ke")}
    text = "int kept = 5;\n" + "%pwd\n" * len(told) + "kept\n"
    for options, raised, output in [([], told, "(int) 5\n"), (["script.cpp"], ["EOFError()"], "")]:
        mishaps.begin(COMMAND, *raised)
        (tmp_path / "script.cpp").write_text(text)
        done = subprocess.run(
            [PROGRAM, *options],
            input=text,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment | mishaps.environment,
            timeout=TIMEOUT,
            check=False,
        )
        assert (done.returncode, done.stdout) == (1, output)
        lines = done.stderr.splitlines()
        assert len(lines) == len(raised)
        for line, exception in zip(lines, raised, strict=True):
            assert line.startswith(f"%pwd: {EXCEPTIONS[exception]}")


@pytest.mark.parametrize("exception", ["OSError(11, 'Try again')", "KeyboardInterrupt()"])
def test_while_the_program_is_made_anew(
    open_shell: OpenShell, tmp_path: Path, exception: str
) -> None:
    """That the old one has ended is no reason to leave."""
    place = "repl.program.program:Program._start_executor"
    mishaps = Mishaps(tmp_path, [place])
    shell = open_shell("--quiet", **mishaps.environment)
    shell.run("int kept = 5;")
    mishaps.begin(place, exception)
    told = EXCEPTIONS.get(exception, "Try again")  # and what may be the limit
    assert told in shell.run("%restart")
    assert told in shell.run("kept")
    mishaps.end()
    assert shell.run("kept") == "(int) 5\n"
    mishaps.begin(place, exception)
    assert told in shell.run("%reset")
    assert told in shell.run("1 + 1")
    mishaps.end()
    assert shell.run("kept") == (
        "%reset was not finished: now the session has begun anew, and this is not run\n"
    )
    assert "undeclared identifier" in shell.run("kept")
    assert shell.run("1 + 1") == "(int) 2\n"
    assert shell.leave() == 0


AROUND = [
    "repl.shell.prompt_loop:tell_edits",
    "repl.shell.prompt_loop:_print_warning",
    "repl.shell.prompt_loop:split_at_commands",
    "repl.shell.prompt_loop:begin_line",
    "repl.shell.prompt_loop:StartupFile.attend",
    "repl.shell.prompt_loop:CodeQuestions.stop",
    "repl.shell.run_input:is_command",
    "repl.session.live_session:LiveSession.run",
    "repl.session.live_session:LiveSession.prepare",
    "repl.session.live_session:LiveSession.take_warnings",
    "repl.editor.history:FileInputHistory.store_string",
    "repl.editor.prompt:PastedInputs.inputs_in",
    "repl.editor.keys:EditingKeys._is_complete",
    "repl.clang.code_questions:CodeQuestions.is_complete",
    "repl.clang.code_questions:CodeQuestions._ask_ends",
    "repl.clang.frontend:Frontend.parse",
    "repl.clang.code_generator:CodeGenerator.begin",
    "repl.program.program:Program.execution",
]


def _wait_for_mishap(terminal: EditorTerminal, mishaps: Mishaps, what: str) -> None:
    """Afterwards all is well again, and nothing is typed at the prompt."""
    terminal.wait_until(mishaps.has_happened, what)
    terminal.wait_until(lambda: "In[" in terminal.line, "a prompt")
    mishaps.end()
    terminal.key("ctrl-C")


@pytest.mark.parametrize("exception", ["ValueError('odd')", "KeyboardInterrupt()"])
def test_around_an_input(environment: dict[str, str], tmp_path: Path, exception: str) -> None:
    """What is done with an input may be lost, the session never."""
    mishaps = Mishaps(tmp_path, AROUND)
    (tmp_path / "prelude.cpp").write_text("int kept = 5;\n")
    environment = environment | mishaps.environment
    with EditorTerminal(environment, tmp_path, "--startup-file=prelude.cpp") as terminal:
        terminal.wait_for_prompt(1)
        for number, place in enumerate(AROUND, 1):
            mishaps.begin(place, exception)
            for text in ("1 + 1", "%pwd"):
                terminal.type(f"{text}\r")
            _wait_for_mishap(terminal, mishaps, f"{exception} in {place}")
            terminal.type(f"\x0ckept + {1000 * number}\r")
            terminal.wait_for(f"(int) {1000 * number + 5}")
            assert "Traceback" not in terminal.text
        terminal.key("ctrl-D")
        assert terminal.wait_for_end() == 0


def test_keys_behind_one_that_was_interrupted(environment: dict[str, str], tmp_path: Path) -> None:
    """More than prompt_toolkit reads at once: the rest comes when the prompt is ending."""
    place = "repl.editor.keys:EditingKeys._is_complete"
    mishaps = Mishaps(tmp_path, [place])
    environment = environment | mishaps.environment
    with EditorTerminal(environment, tmp_path) as terminal:
        terminal.wait_for_prompt(1)
        for number in range(1, 9):
            mishaps.begin(place, "KeyboardInterrupt()")
            terminal.type("1 + 1\r" + 2000 * "\x01")  # Ctrl-A, which shows nothing
            _wait_for_mishap(terminal, mishaps, "the interrupt")
            terminal.type(f"\x0c{number} + 1000\r")
            terminal.wait_for(f"(int) {number + 1000}")
            assert "internal error" not in terminal.text
        terminal.key("ctrl-D")
        assert terminal.wait_for_end() == 0


TYPING = [
    "repl.editor.completion:InputCompleter._complete",
    "repl.editor.highlighting:InputLexer.lex_document",
    "repl.editor.suggestions:HistorySuggestions.get_suggestion",
    "repl.editor.signature:SignatureHelp.follow",
    "repl.editor.keys:EditingKeys._insert_closing_brace",
    "repl.editor.fragments:LongLines.apply_transformation",
]


def test_while_somebody_types(environment: dict[str, str], tmp_path: Path) -> None:
    mishaps = Mishaps(tmp_path, TYPING)
    with EditorTerminal(environment | mishaps.environment, tmp_path) as terminal:
        terminal.wait_for_prompt(1)
        for number, place in enumerate(TYPING):
            mishaps.begin(place, f"ValueError('odd {number}')")
            terminal.type(f"int odd{number}{{5}}")  # no colours of before
            terminal.key("tab")
            terminal.wait_for(f"internal error: ValueError: odd {number} {BUG}"[:70])
            mishaps.end()
            assert "Press ENTER" not in terminal.text
            assert "Traceback" not in terminal.text
            assert terminal.text.count("internal error") == 1
            terminal.key("ctrl-C")
            terminal.type(f"\x0c{1000 * number} + 5\r")
            terminal.wait_for(f"(int) {1000 * number + 5}")
            terminal.type("\x0c")
        terminal.key("ctrl-D")
        assert terminal.wait_for_end() == 0
