"""The history of inputs: a file that may fail at any time, and that several sessions append to.

The format is prompt_toolkit's: a comment with the time, then the lines of the input, each
after a `+`.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from prompt_toolkit.history import History, InMemoryHistory

from repl.editor.options import PromptOptions
from repl.private_folders import make_private_folder

_MOST_READ = 2 << 20  # bytes, from the end: what does not fit is too old to be missed
_PROJECT_MARKS = (".git", ".hg", ".svn", "compile_commands.json", "CMakeLists.txt")


def load_history(path: Path) -> list[str]:
    """The inputs that a history file has, oldest first; of a huge one the newest.

    Bytes that are no UTF-8 are replaced. Raises OSError.
    """
    with open(_open_history(path, os.O_RDONLY), "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - _MOST_READ, 0))
        text = file.read().decode("utf-8", "replace")
    inputs: list[str] = []
    lines: list[str] = []
    if size > _MOST_READ:  # begins in the middle of an input
        text = text[text.find("\n# ") + 1 :]
    for line in [*text.split("\n"), ""]:
        if line.startswith("+"):
            lines.append(line[1:])
        elif lines:
            inputs.append("\n".join(lines))
            lines = []
    return inputs


def history_path(options: PromptOptions) -> Path | None:
    """Where the history is kept: for a project in a folder beside the common file."""
    path = options.history_file
    if path is None or not options.per_project_history:
        return path
    try:
        root = _project_root(Path.cwd())
    except OSError:  # the current folder has no name any more
        return path
    digest = hashlib.sha256(os.fsencode(root)).hexdigest()[:12]
    return path.parent / "projects" / f"{root.name or 'root'}-{digest}"


def _project_root(folder: Path) -> Path:
    """The nearest folder upwards that looks like the top of a project, or this one."""
    for candidate in (folder, *folder.parents):
        if any(os.path.exists(candidate / mark) for mark in _PROJECT_MARKS):
            return candidate
    return folder


class InputHistory(InMemoryHistory):
    """Keeps inputs in memory only. One that begins with a blank is not kept."""

    def append_string(self, string: str) -> None:
        """Add the newest input."""
        if string.strip() and not string[0].isspace():
            super().append_string(string)

    @property
    def newest_first(self) -> list[str]:
        """What has been loaded. Not to be changed."""
        return self._loaded_strings


class FileInputHistory(InputHistory):
    """Keeps them in a file, too.

    The file may fail at any time (disk full, folder gone): ``on_error`` is told, and inputs
    go on being kept in memory.
    """

    def __init__(self, path: Path, on_error: Callable[[OSError], None]) -> None:
        super().__init__()
        self._path = path
        self._on_error = on_error

    def load_history_strings(self) -> Iterable[str]:
        """The inputs of the file, newest first."""
        try:
            return load_history(self._path)[::-1]
        except OSError as error:
            self._on_error(error)
            return []

    def store_string(self, string: str) -> None:
        """Append an input to the file."""
        lines = "".join(f"+{line}\n" for line in string.split("\n"))
        entry = f"\n# {datetime.now()}\n{lines}".encode("utf-8", "replace")
        try:
            descriptor = _open_history(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            try:
                # One write: inputs of several sessions are not mixed up.
                os.write(descriptor, entry)
            finally:
                os.close(descriptor)
        except OSError as error:
            self._on_error(error)


def open_history(path: Path | None, on_error: Callable[[OSError], None]) -> History:
    """The history of a file, which becomes its owner's alone if it is new; None: of no file."""
    if path is None:
        return InputHistory()
    try:
        make_private_folder(path.parent)
        os.close(_open_history(path, os.O_RDWR | os.O_APPEND | os.O_CREAT))
    except OSError as error:
        on_error(error)
        return InputHistory()
    return FileInputHistory(path, on_error)


def _open_history(path: Path, flags: int) -> int:
    """Raises OSError, also for what is no file: reading a pipe would not end."""
    descriptor = os.open(path, flags | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "not a regular file")
    return descriptor
