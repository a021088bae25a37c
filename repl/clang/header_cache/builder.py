"""Making precompiled headers: at once for ``--build-cache``, else by a process behind the
prompt (``repl.header_builder_process``)."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from repl.clang.clang_run import memory_file
from repl.clang.header_cache.instances import InstanceCache, ProgramText
from repl.clang.header_cache.storage import HeaderCache, drop
from repl.errors import SetupError
from repl.private_folders import is_private_folder, make_private_folder

_MOST_BYTES = 256 << 20  # of all entries
_TEMPORARY = "making-"
_NAME = re.compile(r"[0-9a-f]{32}\.pch")


class BuildFailed(Exception):
    """A header could not be made or stored, and why."""


def build(
    cache: HeaderCache,
    wanted: Sequence[Sequence[str]],
    report: Callable[[str], None],
    program: ProgramText | None = None,
) -> None:
    """Make the entries that are not there or not valid; ``report`` hears what is made.
    ``program``: one that begins with them, whose instances are to be kept.

    Returns at once if another process is at it. Raises BuildFailed, and SetupError if Clang
    does not start.
    """
    try:
        with _locked(cache.folder) as mine:
            if not mine:
                report("another process is preparing the headers")
                return
            _remove_temporary(cache.folder)
            for headers in wanted:
                if cache.find(headers) is None:
                    report(f"preparing {' '.join(f'<{header}>' for header in headers)}")
                    _make(cache, headers)
                if program is not None:
                    InstanceCache(cache, headers).add_from(program)
            _limit_size(cache.folder)
    except OSError as error:
        raise BuildFailed(f"{error.filename or cache.folder}: {error.strerror}") from error


class BackgroundBuild:
    """A process that makes entries. A context manager: leaving it ends the process.
    ``outlives``: it goes on when this process ends, but not for long. ``program``: one whose
    instances are to be kept, which begins with the (only) headers that are wanted."""

    def __init__(
        self,
        cache: HeaderCache,
        wanted: Sequence[Sequence[str]],
        *,
        outlives: bool = False,
        program: ProgramText | None = None,
    ) -> None:
        task = {
            "parent": 0 if outlives else os.getpid(),
            "folder": str(cache.folder),
            "program": str(cache.program),
            "flags": cache.flags,
            "for_programs": cache.for_programs,
            "wanted": [list(headers) for headers in wanted],
            "instances_of": program and [program.name, *program.flags],
        }
        import json  # not in the way of a start: there is hardly ever something to be made

        try:
            with memory_file("text", program.text if program else b"") as text:
                self._process = subprocess.Popen(
                    # -P: a file of the user's in the current directory is no module of ours.
                    [sys.executable, "-P", "-m", "repl.header_builder_process", json.dumps(task)],
                    stdin=text,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,  # Ctrl-C is not for it
                )
        except OSError as error:
            raise SetupError(f"cannot start {sys.executable}: {error.strerror}") from error

    @property
    def is_running(self) -> bool:
        """Whether there is still something to make."""
        return self._process.poll() is None

    def close(self) -> None:
        """End it, whatever it is doing."""
        self._process.kill()
        self._process.wait()


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Whether the folder, which is made, is ours alone to write to. Raises OSError."""
    make_private_folder(folder)
    if not is_private_folder(folder):
        reason = "others can write to it, it is not yours, or it is a symbolic link"
        raise PermissionError(errno.EPERM, reason, str(folder))
    # Both ways: a pipe of that name would be waited for.
    flags = os.O_RDWR | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC
    with open(os.open(folder / "lock", flags, 0o600), "rb", buffering=0) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _make(cache: HeaderCache, headers: Sequence[str]) -> None:
    made = cache.folder / f"{_TEMPORARY}{os.getpid()}.pch"
    text = "".join(f"#include <{header}>\n" for header in headers)
    mode = "--precompile-for-programs" if cache.for_programs else "--precompile"
    command = [str(cache.program), mode, str(os.getpid()), str(made), *cache.flags]
    try:
        done = subprocess.run(
            command,
            input=f'#line 1 "/<precompiled>"\n{text}',
            capture_output=True,
            encoding="utf-8",
            errors="replace",
        )
        if done.returncode:
            reason = done.stderr.strip() or f"Clang ended with status {done.returncode}"
            raise BuildFailed(f"cannot prepare {text.strip()}: {reason.splitlines()[0]}")
        cache.store(headers, made, done.stdout)
    finally:
        _remove_temporary(cache.folder, os.getpid())


def _remove_temporary(folder: Path, pid: int | str = "") -> None:
    """Ours and Clang's own; without ``pid`` those of processes that were killed."""
    for left in folder.glob(f"{_TEMPORARY}{pid or '[0-9]'}*"):
        left.unlink(missing_ok=True)


def _limit_size(folder: Path) -> None:
    """Remove the entries that have not been used for the longest time."""
    used: list[tuple[float, Path]] = []
    for path in folder.glob("*.pch"):
        if not _NAME.fullmatch(path.name):  # not ours
            continue
        description = path.with_suffix(".json")
        used.append((description.stat().st_mtime if description.exists() else 0, path))
    room = _MOST_BYTES
    for _, path in sorted(used, reverse=True):
        room -= path.stat().st_size
        if room < 0:
            drop(path)
