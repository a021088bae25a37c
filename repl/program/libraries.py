"""The libraries of a program: which are open, and as their files were then."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from repl.caching.stamps import Stamp, stamp
from repl.configuration.session_options import SessionOptions
from repl.errors import ShellError
from repl.program.library_hints import How, library_hints
from runtime.errors import ExecutorDied, ExecutorError, LinkError, RuntimeFailure, printable
from runtime.objects.archive import Archive
from runtime.objects.input_files import absolute_path, read_input_file
from runtime.objects.libraries import LibraryKind, find_library, kind_of
from runtime.objects.library_folders import environment_folders

if TYPE_CHECKING:
    from runtime.units.execution_session import ExecutionSession
    from runtime.units.static_libraries import StaticLibraries, StaticState


class LibraryState(Struct, frozen=True):
    """What can be gone back to. ``added``: paths of those that came after the options';
    ``opened``: all, with what their files were; ``static``: archives, and what came of them."""

    added: tuple[str, ...]
    opened: dict[str, Stamp | None]
    static: StaticState


class ProgramLibraries:
    """Those of the options, and those that are opened later, which outlive the process."""

    def __init__(self, options: SessionOptions) -> None:
        self.folders = list(options.library_folders)
        self._names = options.libraries
        self._carried = options.carried
        self._added: list[str] = []
        self._opened: dict[str, Stamp | None] = {}
        self._problems: list[RuntimeFailure | ShellError] = []
        self._execution: ExecutionSession | None = None
        self._static: StaticLibraries | None = None

    def begin(self, execution: ExecutionSession) -> None:
        """There is a fresh process: open all. A library that has gone meanwhile does not keep
        it from running: see ``check`` and ``take_problems``."""
        from runtime.units.static_libraries import StaticLibraries

        self._execution, self._static = execution, StaticLibraries(execution)
        self._opened, self._problems = {}, []
        # Objects may need all libraries, and one another.
        objects = [(each.name, each.contents) for each in self._carried if not each.is_archive]
        for each in self._carried:
            if each.is_archive:
                with self._noting_problem():
                    self.static.add_archive(Archive(Path(each.name), each.contents))
        for name in [*self._names, *self._added]:
            with self._noting_problem():
                paths = [absolute_path(path) for path in find_library(name, self.folders)]
                for path in paths:
                    if kind_of(path) == LibraryKind.OBJECT:
                        objects.append((path, read_input_file(Path(path))))
                    else:
                        self._open(path)
        if objects:
            with self._noting_problem():
                self.static.load_objects(objects)

    @contextmanager
    def _noting_problem(self) -> Iterator[None]:
        try:
            yield
        except ExecutorDied:
            raise
        except (RuntimeFailure, ShellError) as error:
            self._problems.append(error)

    @property
    def static(self) -> StaticLibraries:
        """The archives that inputs may need."""
        assert self._static is not None
        return self._static

    @property
    def state(self) -> LibraryState:
        """As it is now."""
        return LibraryState(tuple(self._added), dict(self._opened), self.static.state)

    @state.setter
    def state(self, state: LibraryState) -> None:
        self._added, self._opened = list(state.added), dict(state.opened)
        self.static.state = state.static

    def forget(self) -> None:
        """The next process has only the options'."""
        self._added.clear()

    def check(self) -> None:
        """Raise what one could not be opened for; the others are open."""
        if self._problems:
            raise self._problems.pop()

    def take_problems(self) -> list[str]:
        """What could not be opened since this was last called: the program runs without it."""
        problems, self._problems = self._problems, []
        return list(map(str, problems))

    def find(self, name: str) -> list[str]:
        """The files of a library: ``m``, ``libm.so.6`` or a path. Raises RuntimeFailure."""
        found = find_library(name, self.folders, looks_here=True)
        return [absolute_path(path) for path in found]

    def hints(self, symbols: Iterable[str], how: How = "%lib ") -> list[str]:
        """Lines that say which libraries have these symbols, which nothing defines."""
        return library_hints(symbols, self.folders, how)

    def open_one(self, path: str) -> None:
        """Open a shared library, or have an archive at hand.

        Raises RuntimeFailure; ShellError if the program has an older one of that path.
        """
        self._check_is_current(path)
        self._open(path)
        if path not in self._added:
            self._added.append(path)

    def _check_is_current(self, path: str) -> None:
        """A shared library is opened once, and what is linked stays."""
        if path not in self._opened or self._opened[path] == stamp(path):
            return
        if kind_of(path) == LibraryKind.ARCHIVE and not self.static.is_linked(path):
            return
        raise ShellError(
            f"{path} has changed since it was loaded, and the program goes on with what it has: "
            "%restart takes the new one"
        )

    def _open(self, path: str) -> None:
        was = stamp(path)
        kind = kind_of(path)
        if kind == LibraryKind.OBJECT:
            raise ShellError(f"{path}: an object is no library: %lib {path} loads it")
        if kind == LibraryKind.ARCHIVE:
            self.static.add(path)
        else:
            assert self._execution is not None
            load_shared(self._execution.load_library, path, self.folders)
        self._opened[path] = was


def load_shared(load: Callable[[str], None], path: str, folders: Sequence[str]) -> None:
    """Open a shared library by ``load``.

    The dynamic linker knows its own folders and those that a library names. What it needs and
    does not find there is looked for where the user says that libraries are. Raises
    RuntimeFailure.
    """
    tried: set[str] = set()
    while True:
        try:
            return load(path)
        except ExecutorError as error:
            needs = re.match(_NEEDS, str(error))
            name = needs["name"] if needs is not None else ""
            if not name or name in tried or not _load_needed(load, name, folders):
                raise _explained(path, error, name) from None
            tried.add(name)


def _load_needed(load: Callable[[str], None], name: str, folders: Sequence[str]) -> bool:
    for folder in [*folders, *environment_folders()]:
        place = absolute_path(os.path.join(folder, name))
        if os.path.isfile(place):
            with suppress(ExecutorError):
                load(place)
                return True
    return False


# What the dynamic linker says of a library that another one needs.
_NEEDS = r"(?P<name>[^/:]+): cannot open shared object file: No such file"


_UNDEFINED = r": undefined symbol: (?P<symbol>[^\s,]+)"


def _explained(path: str, error: ExecutorError, needs: str) -> RuntimeFailure:
    if needs:
        return RuntimeFailure(
            f"{path} needs {needs}, which is not found (-L DIR or LD_LIBRARY_PATH says where to "
            "look)"
        )
    text = str(error)
    text = text if text.startswith(printable(path)) else f"{path}: {text}"
    undefined = re.search(_UNDEFINED, text)
    if undefined is None:
        return RuntimeFailure(text)
    from runtime.objects.demangle import demangle

    symbol = undefined["symbol"]
    return LinkError(f"{text[: undefined.start('symbol')]}{demangle(symbol)}")
