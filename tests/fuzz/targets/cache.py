"""Files of the cache, damaged in any way: what runs is the same, or is made anew."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from random import Random

from tests.fuzz.cases import Case, Target
from tests.fuzz.damage import damaged
from tests.support.cache import make_cache
from tests.support.program import PROGRAM, user_environment

_PROGRAM = """\
#include <cstdio>
#include <string>
int main(int count, char **) { std::string s = "program"; printf("%s %d\\n", s.c_str(), count); }
"""
_SCRIPT = """\
#include <vector>
std::vector<int> v{1, 2, 3};
v
v.size()
"""
_COMMANDS = {
    b"program": ["program.cpp"],
    b"script": ["script.cpp"],
    b"session": ["-q"],
}
_KINDS = [b"change", b"cut", b"empty", b"gone", b"folder", b"link", b"pipe", b"huge", b"closed"]
_KINDS += [b"other", b"mode", b"text"]


class CacheWorld:
    """A case is what runs, and damage: its kind, the number of the file, a seed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._environment = user_environment(folder)
        self._good = folder / "good"
        self._used = folder / "used"
        self._environment["XDG_CACHE_HOME"] = str(self._used)
        for name, text in (("program.cpp", _PROGRAM), ("script.cpp", _SCRIPT)):
            (folder / name).write_text(text)
            os.utime(folder / name, (1, 1))
        make_cache(self._used, [["vector"]])
        self._expected = {name: self._run(name) for name in _COMMANDS}
        assert self._expected == {name: self._run(name) for name in _COMMANDS}
        assert all(status == 0 for _, _, status in self._expected.values()), self._expected
        self._used.rename(self._good)
        names = (path.relative_to(self._good) for path in self._good.rglob("*"))
        self._files = sorted(os.fsencode(name) for name in names)

    def make(self, random: Random) -> Case:
        """Up to three files damaged."""
        which = random.choice(sorted(_COMMANDS))
        harm = [
            b" ".join([random.choice(_KINDS), b"%d" % random.randrange(10**6),
                       random.choice(self._files)])
            for _ in range(random.randint(1, 3))
        ]  # fmt: skip
        return [which, *harm]

    def try_case(self, case: Case) -> str:
        """What runs gives what it gives without a cache, also the second time."""
        which, *harm = case
        if which not in _COMMANDS:
            return "nothing"
        shutil.copytree(self._good, self._used, copy_function=os.link)
        try:
            for each in harm:
                kind, number, name = each.split(b" ", 2)
                self._damage(kind, Random(int(number)), self._used / os.fsdecode(name))
            for _ in range(2):
                got = self._run(which)
                assert got == self._expected[which], f"{harm}: {got}"
        finally:
            subprocess.run(["chmod", "-R", "u+rwx", self._used], check=True)
            subprocess.run(["rm", "-rf", self._used], check=True)
        return which.decode()

    def close(self) -> None:
        """Nothing is open."""

    def _damage(self, kind: bytes, random: Random, path: Path) -> None:
        if path.is_symlink():  # what it leads to is not the cache's
            return
        if path.is_file():
            contents = path.read_bytes()
            path.unlink()  # it has another name in the good cache
            path.write_bytes(contents)
        if kind == b"mode":
            path.chmod(random.choice([0, 0o400, 0o777, 0o1777, 0o222])) if path.exists() else None
            return
        if not path.is_file():
            return
        if kind == b"closed":
            path.chmod(0)
        elif kind in (b"change", b"cut", b"empty", b"text", b"other"):
            if kind == b"other":
                files = [other for other in path.parent.iterdir() if other.is_file()]
                contents = random.choice(sorted(files)).read_bytes()
            new = {
                b"change": damaged(random, contents),
                b"empty": b"",
                b"text": b"nonsense\n",
                b"cut": contents[: random.randint(0, len(contents))],
                b"other": contents,
            }
            path.write_bytes(new[kind])
        elif kind == b"huge":
            os.truncate(path, 1 << 42)
        else:
            path.unlink()
            if kind == b"folder":
                path.mkdir()
            elif kind == b"link":
                path.symlink_to(random.choice(["nowhere", path.name, "/dev/zero", "/"]))
            elif kind == b"pipe":
                os.mkfifo(path)

    def _run(self, which: bytes) -> tuple[bytes, bytes, int]:
        """Output, errors, status."""
        with subprocess.Popen(
            [PROGRAM, *_COMMANDS[which]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self._folder,
            env=self._environment,
            start_new_session=True,
        ) as process:
            try:
                output, errors = process.communicate(_SCRIPT.encode(), 60)
            except BaseException:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                raise
        return output, errors, process.returncode


TARGET = Target("cache", "damaged files of the cache", CacheWorld, 300)
