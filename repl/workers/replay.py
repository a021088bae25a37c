"""A session made of what has been sent: its inputs run once more, and nothing is compiled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NoReturn

from repl.clang.inputs import FrontendState, JoinedInput
from repl.clang.pipeline import CompiledInput
from repl.configuration.session_options import SessionOptions
from repl.errors import ShellError
from repl.input.source import Source
from repl.session.live_session import LiveSession
from repl.session.state import NO_CLANG
from repl.workers.libraries import find_here
from repl.workers.needs import check_needs
from repl.workers.portable import Portable
from runtime.errors import RuntimeFailure
from runtime.executor_client.memory_limit import machine_memory


class NoCompiler:
    """An ``InputCompiler`` that refuses."""

    def compile(self, source: Source, upcoming: Sequence[Source] = ()) -> CompiledInput:
        """Raises ShellError."""
        raise ShellError(NO_CLANG)

    def rollback(self, length: int) -> None:
        """There is no Clang that could forget something."""

    def snapshot(self, length: int | None = None) -> FrontendState:
        """There is no Clang that could go back."""
        return FrontendState(())

    def restore(self, state: FrontendState) -> None:
        """See ``snapshot``."""

    def note_defined(self, index: int, symbols: tuple[str, ...]) -> None:
        """Nothing is compiled that could use them."""

    def separate(self, joined: Sequence[JoinedInput]) -> Iterator[tuple[str, bytes]]:
        """Raises ShellError."""
        raise ShellError(NO_CLANG)

    def prepare(self) -> None:
        """It is ready."""

    def wait_until_ready(self) -> None:
        """It is ready."""


def replay(portable: Portable) -> LiveSession:
    """A session of this process's own, in which the inputs that declare something have run.

    Raises ShellError if this machine is no place for it, or an input fails here; and
    SetupError.
    """
    check_needs(portable.needs)
    session = LiveSession(_options(portable), played=NoCompiler())
    session.extensions.wrappers.take_over(())
    try:
        session.take_over([each.step() for each in portable.inputs])
        _check(session.take_warnings())
        session.open_libraries()
    except BaseException as error:
        session.close()
        if isinstance(error, RuntimeFailure):
            _refuse([str(error)])
        raise
    return session


def _options(portable: Portable) -> SessionOptions:
    folders = portable.library_folders
    limit = portable.memory_limit
    return SessionOptions(
        libraries=tuple(find_here(each, folders) for each in portable.libraries),
        library_folders=folders,
        carried=portable.carried,
        arguments=portable.arguments,
        private_input=True,
        # A part of another machine's memory may be all of this one's.
        memory_limit=None if limit is None else min(limit, machine_memory() // 2),
        recover=portable.recover,
        redefinition=portable.redefinition,
        raises_interrupts=True,
        survives_exit=True,  # a task that ends the program does not end it for the next one
    )


def _check(problems: Sequence[str]) -> None:
    if problems:
        _refuse(problems)


def _refuse(problems: Sequence[str]) -> NoReturn:
    lines = [each.removeprefix("warning: ") for each in problems]
    raise ShellError("\n  ".join(["the session cannot run in this process:", *lines]))
