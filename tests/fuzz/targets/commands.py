"""All commands, with arguments that nobody would give them."""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from random import Random

from repl.commands.catalogue import COMMANDS
from tests.fuzz.cases import Case, Target
from tests.fuzz.damage import some_bytes
from tests.support.program import PROGRAM, user_environment

_LIMIT = 60.0
"""Seconds that a line may take before Ctrl-C, and after it."""

_WORLD = b"""\
int n = 5;
struct Point { int x, y; } point{1, 2};
int twice(int i) { return 2 * i; }
#define MACRO 1
"""
_FILES = {
    "good.cpp": b"int loaded = 1;\nloaded\n",
    "bad.cpp": b"int loaded = ;\n",
    "binary": bytes(range(256)) * 20,
    "deep.cpp": b'#include "deep.cpp"\n',
    "loads.cpp": b"%load loads.cpp\n",
    "empty": b"",
}
_WORDS = [
    *("n", "point", "twice", "MACRO", "std", "_", "Out[1]", "nothing", "0", "1", "2", "-1", "1-2"),
    *("99999999999999999999", "1.5", "nan", "1e9", "+", "-", "--", "-h", "--help", "*", "~", "~x"),
    *("", " ", '"', "'", '"a', "a b", "$HOME", "$(x)", "`x`", "\\", "|", ";", "{", "}", "(", ")"),
    *(".", "folder/..", "/dev/null", "/dev/full", "/dev/zero", "/proc/self/mem", "/root/none/x"),
    *("x" * 300, "x/" * 3000, "\x1b[31m", "\x7f", "\xa0", "\u2028", "\U0001f600", "é", "\udcff"),
    *("PATH", "PATH=", "=", "=x", "A=B=C", "LD_PRELOAD=x", "c++20", "c99", "m", "c", "libm.so.6"),
    *("int", "n + 1", "n;", "throw 1;", "int m = 1;", "point.x", "#include <vector>", "//", "/*"),
    *_FILES,
    *("pipe", "folder", "linked", "closed"),
]
_NOT = ("%quit", "!", "%debug", "%edit", "%run")
"""Those that end the session, and those that run any program. Of folders, no word leads out of that
of the case: what is saved there goes with it."""


class CommandsWorld:
    """A case is lines that are piped into a session, which goes on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names = [name.encode() for name in COMMANDS if name not in _NOT]
        environment = user_environment(folder)
        self._cwd = folder / "cwd"
        self._cwd.mkdir()
        for name, contents in _FILES.items():
            (self._cwd / name).write_bytes(contents)
        (self._cwd / "folder").mkdir()
        os.mkfifo(self._cwd / "pipe")
        (self._cwd / "linked").symlink_to("linked")
        (self._cwd / "closed").write_bytes(b"1\n")
        (self._cwd / "closed").chmod(0)
        self._errors = folder / "errors"
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [PROGRAM, "-q", "--no-cache", "--memory-limit=1G"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=self._cwd,
                env=environment,
                start_new_session=True,
            )
        self._number = 0
        self._told = 0
        self._output = b""
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._process.stdout, selectors.EVENT_READ)
        self._send(_WORLD)

    def make(self, random: Random) -> Case:
        """Some lines."""
        return [self._some_line(random) for _ in range(random.randint(1, 3))]

    def try_case(self, case: Case) -> str:
        """The session goes on, and no message is an internal one."""
        self._number += 1
        marker = f"done {self._number}\n".encode()
        self._send(b"".join(line.replace(b"\n", b" ") + b"\n" for line in case))
        # Whatever is open is closed: a comment, a text, brackets.
        self._send(b"%cd " + os.fsencode(self._cwd) + b"\n")
        self._send(f'extern "C" int printf(const char *, ...); printf("done {self._number}\\n");'
                   "\n".encode())  # fmt: skip
        interrupted = not self._wait_for(marker)
        if interrupted:
            os.killpg(self._process.pid, signal.SIGINT)
            assert self._wait_for(marker), "no end, not by Ctrl-C either"
        told = self._errors.read_bytes()[self._told :]
        self._told += len(told)
        assert not re.search(rb"Traceback|internal error", told), _text(told)
        assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", told), f"control characters: {told!r}"
        return "interrupted" if interrupted else "told of errors" if told else "done"

    def close(self) -> None:
        """End the session."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()
        self._selector.close()

    def _some_line(self, random: Random) -> bytes:
        name = random.choice(self._names)
        words = [_some_word(random) for _ in range(random.choice([0, 1, 1, 1, 2, 3]))]
        return name + random.choice([b" ", b" ", b" ", b"", b"\t"]) + b" ".join(words)

    def _send(self, data: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(data)
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._ended() from None

    def _wait_for(self, marker: bytes) -> bool:
        deadline = time.monotonic() + _LIMIT
        assert self._process.stdout is not None
        while marker not in self._output:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            if self._selector.select(left):
                piece = os.read(self._process.stdout.fileno(), 1 << 16)
                if not piece:
                    raise self._ended()
                self._output = (self._output + piece)[-(1 << 17) :]
        self._output = self._output.partition(marker)[2]
        return True

    def _ended(self) -> AssertionError:
        status = self._process.wait(10)
        told = _text(self._errors.read_bytes()[-2000:])
        return AssertionError(f"{told}\nthe session ended with {status}")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _some_word(random: Random) -> bytes:
    if random.random() < 0.1:
        return some_bytes(random, 30).replace(b"!", b"")
    return random.choice(_WORDS).encode("utf-8", "surrogateescape")


TARGET = Target("commands", "commands with odd arguments", CommandsWorld, 300, remembers=True)
