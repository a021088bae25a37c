"""Files that say how a session is to be: settings, a project's, options in a file, history."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from pathlib import Path
from random import Random

from repl.clang.options.compilation_database import read_database
from repl.clang.options.project import options_of_project
from repl.command_line.arguments import parse
from repl.configuration.settings_file import load_settings
from repl.configuration.settings_text import print_config
from repl.editor.history import load_history
from runtime.errors import ForkreplError
from tests.fuzz.cases import Case, Target
from tests.fuzz.damage import damaged

_SETTINGS = b"""\
# mine
std = "c++20"
include = ["inc", "/usr/include"]
define = ["A=1", "B"]
flags = ["-Wall", "-fno-rtti"]
sanitize = "address,undefined"
libraries = ["m"]
optimisation = 2
redefine = false
parse_timeout = 1.5
memory_limit = "2G"
color = "no"
theme = "dark"
history = "project"
history_file = "~/h"
most_elements = 7
indent = 8
"""
_COMMANDS = b"""\
[{"directory": "/tmp", "command": "cc -Iinc -DA=\\"x\\" -c a.c -o a.o", "file": "a.c"},
 {"directory": "/tmp/b", "arguments": ["c++", "-std=c++17", "-I", "x", "b.cpp"], "file": "b.cpp"}]
"""
_WORDS = b"-Iinc -DX=\"1 2\" -std=c++20\n-O2 'a b' \\\n-Wl,-rpath,x -L lib -lm @more -include x.h\n"
_FLAGS = b"-Iinc\n-DX=1\n-isystem\n/usr\n"
_HISTORY = b"\n# 2026-01-01 10:00:00\n+int x = 1;\n+x\n\n# 2026-01-01 10:01:00\n+x + 1\n"
_PIECES = [b"\0", b"\xff", b'"', b"'", b"[", b"[[", b"{", b"]", b"\\", b"\n", b"=", b"1e999"]
_PIECES += [b'"""', b"\x1b[31m", b"-", b"@", b"\xed\xa0\x80", b"nan", b"9" * 5000, b"[" * 2000]
_PIECES += ["\u2028".encode(), b"\r", b"true", b"-1", b"-Xclang ", b"-x ", b"--", b"-O", b"x" * 300]


class ConfigurationWorld:
    """A case is the kind of file, and its lines."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kinds: dict[bytes, tuple[str, bytes, Callable[[Path], object]]] = {
            b"settings": ("config.toml", _SETTINGS, _read_settings),
            b"commands": ("compile_commands.json", _COMMANDS, _read_project),
            b"flags": ("compile_flags.txt", _FLAGS, _read_project),
            b"words": ("words", _WORDS, _read_words),
            b"history": ("history", _HISTORY, load_history),
        }

    def make(self, random: Random) -> Case:
        """A good file with some damage."""
        kind = random.choice(sorted(self._kinds))
        text = self._kinds[kind][1]
        for _ in range(random.randint(1, 4)):
            text = damaged(random, text, _PIECES)
        return [kind, *text.splitlines(keepends=True)]

    def try_case(self, case: Case) -> str:
        """Read it."""
        if case[0] not in self._kinds:
            return "nothing"
        name, _, read = self._kinds[case[0]]
        path = self._folder / name
        path.write_bytes(b"".join(case[1:]))
        try:
            read(path)
            return f"{case[0].decode()} read"
        except ForkreplError as failure:
            _judge(str(failure))
            return f"{case[0].decode()} refused"

    def close(self) -> None:
        """Nothing is open."""


def _read_settings(path: Path) -> None:
    loaded = load_settings(str(path))
    for problem in loaded.problems:
        _judge(problem)
        assert str(path) in problem, problem
    text = print_config(loaded)
    assert text.replace("\n", "").isprintable(), f"control characters: {text!r}"
    again = path.with_name("again.toml")
    again.write_text(text)
    assert load_settings(str(again)).settings == loaded.settings, "settings are not as printed"


def _read_project(path: Path) -> None:
    read_database(path)
    for is_c in (True, False):
        options_of_project(str(path), None, None, is_c=is_c)


def _read_words(path: Path) -> None:
    errors = io.StringIO()
    try:
        with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(errors):
            parse([f"@{path}"], lambda _: "")
    except SystemExit:
        told = errors.getvalue()
        plain = told.replace("\n", "").replace("\t", "")
        assert plain.isprintable(), f"control characters: {told!r}"


def _judge(message: str) -> None:
    assert message.strip(), "no message"
    assert message.replace("\t", "").isprintable(), f"control characters: {message!r}"
    assert len(message) < 2000, f"a message of {len(message)} characters"


TARGET = Target("configuration", "settings, project, options, history", ConfigurationWorld, 10)
