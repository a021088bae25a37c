"""What is imported for a script of one line, and in which order: the start is Python's imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
from msgspec import Struct

# The command as ever; each process that it starts notes which modules there were by then.
RECORDER = """
import json, os, subprocess, sys
place, sys.argv = sys.argv[-1], ["forkrepl", *sys.argv[1:-1]]
started = []
class Noted(subprocess.Popen):
    def __init__(self, command, *arguments, **named):
        started.append(([os.fspath(word) for word in command], sorted(sys.modules)))
        super().__init__(command, *arguments, **named)
def leave(status, end=os._exit):
    with open(place, "w") as file:
        json.dump({"started": started, "end": sorted(sys.modules)}, file)
    end(status)
subprocess.Popen, os._exit = Noted, leave
from repl.cli import main
main()
"""

UNNEEDED = [
    "pygments",
    "prompt_toolkit",
    "sortedcontainers",
    "shutil",
    "tempfile",
    "typing_extensions",
    "numpy.typing",
    "repl.clang.header_cache.builder",
    "repl.clang.options.project",
    "repl.commands.inspection",
    "repl.commands.members",
    "repl.display.libcxx",
    "repl.display.libstdcxx",
    "repl.session.again",
    "repl.session.captured",
    "repl.session.debugging",
    "repl.session.kept_scripts",
    "repl.session.program_file",
    "repl.session.reload",
    "repl.session.shared_arrays",
    "repl.session.wrappers",
    "repl.shell.whole_file",
    "repl.terminal.early_prompt",
]
"""What takes a while, and is for other scripts."""


class Start(Struct):
    """``started``: words of command lines, each with the modules that there were by then."""

    started: list[tuple[list[str], set[str]]]
    end: set[str]

    def before(self, word: str) -> set[str]:
        """The modules that were imported before a process began whose command line has this."""
        return next(modules for words, modules in self.started if word in " ".join(words))


def start(folder: Path, *arguments: str, typed: bytes = b"") -> Start:
    place = folder / "imports"
    command = [sys.executable, "-c", RECORDER, *arguments, str(place)]
    subprocess.run(command, check=True, capture_output=True, input=typed)
    return msgspec.json.decode(place.read_bytes(), type=Start)


def test_a_line_imports_no_more_than_it_needs(tmp_path: Path) -> None:
    assert start(tmp_path, "-c", "1+1").end.isdisjoint(UNNEEDED)


def test_what_is_left_for_later_is_there_when_it_is_wanted(tmp_path: Path) -> None:
    code = "#include <string>\nstd::string(3, 'x')\n%type 1\n"
    assert start(tmp_path, "-c", code).end >= {
        "repl.commands.inspection",
        "repl.display.libstdcxx",
    }


def test_nothing_is_left_for_when_checkpoints_have_taken_all_descriptors(tmp_path: Path) -> None:
    assert "repl.display.libstdcxx" in start(tmp_path, typed=b"1\n").end


def test_the_compilers_start_before_the_rest_of_a_session_is_imported(tmp_path: Path) -> None:
    found = start(tmp_path, "-c", "1+1")
    late = {"repl.session.live_session", "repl.commands", "repl.program.program", "numpy"}
    assert found.before("forkrepl-frontend").isdisjoint(late)
    assert found.before("code_generator").isdisjoint({*late, "repl.clang.frontend"})
    assert found.end >= late


def test_clang_starts_before_what_runs_a_program_is_imported(tmp_path: Path) -> None:
    (tmp_path / "program.cpp").write_text("int main() { return 0; }\n")
    found = start(tmp_path, "--no-cache", str(tmp_path / "program.cpp"))
    late = {"repl.session.program_run", "repl.crash_reports", "repl.commands", "numpy"}
    assert found.before("--program").isdisjoint(late)
    assert found.end.isdisjoint({"repl.commands", "repl.session.live_session"})
