"""What is the user's: folders, and the terminal."""

from __future__ import annotations

import locale
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from repl.caching.folder import cache_folder
from repl.configuration.user_folders import config_folder, state_folder
from repl.doctor.findings import Finding, lacking, well
from repl.private_folders import is_private_folder
from repl.terminal.terminal import can_redraw, use_colour

_LEAST_SPACE = 200 << 20  # bytes: of precompiled headers
_LEAST_WIDTH = 40
_NO_HOME = "set HOME to a folder of yours"


def check_folders() -> Iterator[Finding]:
    """Those of caches, of the history, of the configuration; for temporary files."""
    cache = cache_folder()
    slow = "standard headers are parsed by each session, for up to a second"
    yield _writable("caches", cache, slow)
    if cache is not None and os.path.lexists(cache) and not is_private_folder(cache):
        yield lacking(
            f"{cache} is not yours alone, or a symbolic link",
            slow,
            f"chmod go-w {cache}, or remove it as its owner",
        )
    if cache is not None and (space := _space(cache)) is not None and space < _LEAST_SPACE:
        yield lacking(
            f"{cache} has {space >> 20} MiB of space", slow, "make room, or set XDG_CACHE_HOME"
        )
    yield _writable("the history", state_folder(), "the history is not kept")
    yield _readable("the configuration", config_folder())
    yield _temporary()


def check_folder_of_work() -> Iterator[Finding]:
    """The current one."""
    try:
        folder = os.getcwd()
    except OSError as error:
        yield lacking(
            f"the current folder is not there ({error.strerror})",
            "names of files are not found",
            "cd to another",
        )
        return
    if os.access(folder, os.R_OK | os.X_OK):
        yield well(f"current folder: {folder}")
    else:
        yield lacking(
            f"the current folder {folder} cannot be searched",
            "names of files are not found",
            "cd to another",
        )


def _writable(purpose: str, folder: Path | None, cost: str) -> Finding:
    if folder is None:
        return lacking(f"there is no folder for {purpose}", cost, _NO_HOME)
    nearest = _nearest(folder)
    if os.access(nearest, os.R_OK | os.W_OK | os.X_OK) and nearest.is_dir():
        return well(f"folder for {purpose}: {folder}{'' if nearest == folder else ', to be made'}")
    return lacking(
        f"the folder for {purpose} cannot be used: you may not write to {nearest}",
        cost,
        f"make it yours (chown -R {os.getuid()} {nearest}), or set HOME",
    )


def _readable(purpose: str, folder: Path | None) -> Finding:
    if folder is None:
        return lacking(f"there is no folder for {purpose}", "it has no effect", _NO_HOME)
    nearest = _nearest(folder)
    if os.access(nearest, os.R_OK | os.X_OK):
        absent = "" if nearest == folder else ", which is not there"
        return well(f"folder for {purpose}: {folder}{absent}")
    return lacking(
        f"the folder for {purpose} cannot be used: you may not read {nearest}",
        "it has no effect",
        f"make it yours (chown -R {os.getuid()} {nearest})",
    )


def _temporary() -> Finding:
    import tempfile  # takes time to import

    try:
        with tempfile.TemporaryFile():
            return well(f"temporary files: {tempfile.gettempdir()}")
    except OSError as error:
        return lacking(
            f"temporary files cannot be made ({error.strerror})",
            "%edit and %debug do not work",
            "set TMPDIR to a folder of yours",
        )


def _nearest(folder: Path) -> Path:
    """The folder, or the one above it in which it would be made."""
    for candidate in (folder, *folder.parents):
        if os.path.lexists(candidate):  # also a link to nowhere: it is in the way
            return candidate
    return folder


def _space(folder: Path) -> int | None:
    try:
        status = os.statvfs(_nearest(folder))
    except OSError:
        return None
    return status.f_bavail * status.f_frsize


def check_terminal() -> Iterator[Finding]:
    """What it can show."""
    encoding = locale.getpreferredencoding(False)
    if encoding.upper().replace("-", "") != "UTF8":
        yield lacking(
            f"the locale's character set is {encoding}",
            "letters outside of it are shown as escapes",
            "set LC_ALL=C.UTF-8",
        )
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        yield well("terminal: this is none, so there is nothing to look at")
        return
    kind = os.environ.get("TERM", "")
    if not can_redraw(sys.stdout):
        yield lacking(
            f"TERM is {kind or 'not set'}",
            "lines are not edited with colours and completion below them",
            "set TERM to what the terminal is, as xterm-256color",
        )
    width = shutil.get_terminal_size().columns
    if width < _LEAST_WIDTH:
        yield lacking(f"the terminal is {width} columns wide", "lines are wrapped", "make it wider")
    colour = "colours" if use_colour("auto", sys.stdout) else "no colours (NO_COLOR, TERM)"
    yield well(f"terminal: {kind or 'unknown'}, {width} columns, {encoding}, {colour}")
