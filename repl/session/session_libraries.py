"""What inputs and commands do with libraries, as the session sees it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from repl.clang.pipeline import CompiledInput
from repl.clang.protocol import ClingPragma
from repl.configuration.session_options import SessionOptions
from repl.errors import ProgramCrashed, ShellError
from repl.input.source import Source
from repl.session.state import SessionState
from repl.session.survival import Survival
from repl.session.waiting import Loaded
from runtime.errors import ExecutorDied, RuntimeFailure, printable
from runtime.objects.input_files import absolute_path, read_input_file
from runtime.objects.libraries import LibraryKind, kind_of


def existing_folder(name: str) -> str:
    """Its absolute name. Raises ShellError if there is none."""
    path = absolute_path(name)
    if not os.path.isdir(path):
        raise ShellError(f"{printable(name)} is no folder")
    return path


def with_include_folder(options: SessionOptions, name: str) -> SessionOptions:
    """Headers are looked for there, too. Raises ShellError if there is no such folder."""
    path = existing_folder(name)
    if path in options.include_folders:
        return options
    return replace(options, include_folders=[*options.include_folders, path])


class SessionLibraries:
    """Those of the program in a session: ``ProgramLibraries``, while the program may end."""

    def __init__(self, state: SessionState, survival: Survival) -> None:
        self._state = state
        self._survival = survival

    def check(self) -> None:
        """Open the libraries of the options before there is an input that could fail for one.
        Raises RuntimeFailure or ShellError for one that cannot be opened."""
        if self._state.options.libraries:
            self._survival.attend()
            with self._survival.running_program():
                self._state.program.libraries.check()

    def open(self, name: str, *, takes_objects: bool = False) -> list[str]:
        """Open a library, or have an archive at hand. Returns the objects that there are instead
        of a library; without ``takes_objects`` they are refused.

        Raises RuntimeFailure, ShellError, and what an input raises that ends the program.
        """
        self._survival.attend()
        with self._survival.running_program():
            libraries = self._state.program.libraries
            paths = libraries.find(name)
            objects = [path for path in paths if kind_of(path) == LibraryKind.OBJECT]
            if not takes_objects or len(objects) < len(paths):
                for path in paths:
                    libraries.open_one(path)
                self._survival.program_changed()
        return objects

    def object_input(self, path: str) -> tuple[Source, CompiledInput]:
        """A file of machine code as an input without text. Raises RuntimeFailure."""
        contents = read_input_file(Path(path))
        source = Source(f"// {path}\n", path, line=0)
        compiled = self._state.compiler.compile(source)
        parsed = replace(compiled.parsed, declares=True)
        return source, replace(compiled, parsed=parsed, machine_code=contents)

    def add_folder(self, folder: str) -> None:
        """Look for libraries there, too. Raises ShellError if there is no such folder."""
        state = self._state
        path = existing_folder(folder)
        folders = state.program.libraries.folders
        if path not in folders:
            folders.append(path)
            state.options = replace(state.options, library_folders=tuple(folders))

    def obey(self, pragmas: Sequence[ClingPragma]) -> None:
        """What an input asks for itself. It stays, as after the commands for it."""
        for pragma in pragmas:
            try:
                if pragma.kind == "load":
                    self.open(pragma.argument)
                else:
                    self.add_folder(pragma.argument)
            except (RuntimeFailure, ShellError) as error:
                if not isinstance(error, ExecutorDied | ProgramCrashed):
                    raise ShellError(f"#pragma cling {pragma.kind}: {error}") from None
                raise

    def with_hints(self, loaded: Loaded) -> str:
        """What an input waits for. Who types it may have forgotten a library."""
        if not loaded.waits_for or not self._state.options.interactive:
            return loaded.waits_for
        needs = sorted(loaded.waiting[-1].needs)
        return "; ".join([loaded.waits_for, *self._state.program.libraries.hints(needs)])
