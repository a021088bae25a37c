"""How the files of a project are compiled: ``compile_commands.json``, ``compile_flags.txt``."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from repl.clang.options.gathering import is_wanted
from repl.clang.options.reading import Option, is_option, take_option
from repl.clang.options.response_files import Words, split_words
from repl.errors import ShellError
from runtime.errors import printable
from runtime.objects.input_files import read_input_file

_COMMANDS, _FLAGS = "compile_commands.json", "compile_flags.txt"
_BUILD_FOLDER = "build"
# Their values are paths, which begin where the compiler was run.
_FOLDERS = (
    *("-I", "-F", "-B", "-isystem", "-iquote", "-idirafter", "-isysroot", "-iframework"),
    *("-cxx-isystem", "-isystem-after", "-stdlib++-isystem", "--sysroot=", "-resource-dir"),
    *("--gcc-toolchain=", "--gcc-install-dir=", "-fmodule-map-file=", "-ivfsoverlay"),
)
_HEADERS = ("-include", "--include", "-imacros", "--imacros")
_STRICT = ("-Werror", "-pedantic-errors")  # what is tried out may have a warning


class CompileCommand(Struct, frozen=True):
    """How a file is compiled. ``file``: absolute, or empty if that is so for all files.
    ``options``: those that matter here, with absolute paths; ``dropped``: those that are not
    Clang's."""

    file: str
    options: tuple[Option, ...]
    dropped: tuple[str, ...]


class _Entry(Struct):
    """Of ``compile_commands.json``."""

    file: str
    directory: str = ""
    command: str = ""
    arguments: list[str] = []


def find_database(place: str) -> Path:
    """The file that says how a project is compiled: ``place``, or one in that folder or in one
    above it. Raises ShellError if there is none."""
    try:
        status = os.stat(place)
        path = Path(os.path.realpath(place))
    except FileNotFoundError:
        raise ShellError(f"-p {printable(place)}: no such file or folder") from None
    except OSError as error:
        raise ShellError(f"-p {printable(place)}: {error.strerror}") from None
    if not stat.S_ISDIR(status.st_mode):
        return Path(place)
    for folder in (path, *path.parents):
        for name in (_COMMANDS, f"{_BUILD_FOLDER}/{_COMMANDS}", _FLAGS):
            if os.path.isfile(folder / name):
                return folder / name
    raise ShellError(
        f"-p {printable(place)}: there is no {_COMMANDS} or {_FLAGS} in it or above it "
        "(cmake -DCMAKE_EXPORT_COMPILE_COMMANDS=ON writes one)"
    )


def read_database(path: Path) -> list[CompileCommand]:
    """What it says. Raises ShellError or RuntimeFailure if it cannot be read."""
    contents = read_input_file(path)
    folder = os.path.dirname(os.path.realpath(path))
    if path.suffix == ".txt":
        lines = contents.decode("utf-8-sig", "surrogateescape").splitlines()
        words = [line.strip() for line in lines if line.strip()]
        return [_read_command("", words, folder)]
    try:
        entries = msgspec.json.decode(contents.removeprefix(b"\xef\xbb\xbf"), type=list[_Entry])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ShellError(f"{printable(str(path))} is no compilation database: {error}") from error
    commands = [_read_entry(folder, entry) for entry in entries]
    if not commands:
        raise ShellError(f"{printable(str(path))}: there are no commands in it")
    return commands


def _read_entry(place: str, entry: _Entry) -> CompileCommand:
    """``place``: the folder of the database, from which relative names begin."""
    folder = os.path.join(place, entry.directory)
    words = entry.arguments or split_words(entry.command)
    # The compiler, perhaps after a program that starts it, as ccache does.
    first = next((n for n, word in enumerate(words) if word[:1] in ("-", "@")), len(words))
    return _read_command(os.path.join(folder, entry.file), words[first:], folder)


def _read_command(file: str, words: list[str], folder: str) -> CompileCommand:
    options: list[Option] = []
    dropped: list[str] = []
    remaining = Words(words, folder).expanded()
    for word in remaining:
        if word == "--":
            break
        if not is_option(word):
            continue
        option = take_option(word, remaining)
        if option is None:
            dropped.append(word)
        elif option.name == "-Xclang" and option.value == "-include-pch":
            next(remaining, None), next(remaining, None)  # it is another compiler's
        elif is_wanted(option) and not option.words[0].startswith(_STRICT):
            options.append(_absolute(option, folder))
    return CompileCommand(os.path.normpath(file) if file else "", tuple(options), tuple(dropped))


def _absolute(option: Option, folder: str) -> Option:
    value = option.value
    path = os.path.normpath(os.path.join(folder, value))
    if option.name not in (*_FOLDERS, *_HEADERS) or value.startswith(("=", "$")):
        return option
    if option.name in _HEADERS and not os.path.exists(path):
        return option  # it is looked for as other headers are
    words = (option.name + path,) if option.name.endswith("=") else (option.name, path)
    return replace(option, values=(path,), words=words)
