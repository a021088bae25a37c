"""What travels to another process: the machine code of the inputs in force, and what it needs.

The bytes are checked before anything of them is used: their beginning, their version, a digest,
and by msgspec the type of each part. They are machine code that is going to be run, in the
executor: whoever can send them to a worker can run what he likes there, as by a pickle.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence, Set
from typing import TypeVar

import msgspec
from msgspec import Struct

from repl.configuration.session_options import CarriedFile
from repl.errors import ShellError
from repl.input.source import Source
from repl.session.live_session import LiveSession
from repl.session.object_symbols import symbols_of
from repl.session.steps import Step
from repl.session.wrappers import SentCode, Wrappers
from repl.workers.features import features_of
from repl.workers.libraries import PortableLibrary, carried_files, portable_libraries
from repl.workers.needs import Needs, needs_here

FORMAT = 1  # of the bytes: to be changed with what is in them
_MAGIC = b"forkrepl portable session\n"
_HEAD = struct.Struct("<I32s")  # format, digest of the rest
_MOST_BYTES = 1 << 30


class PortableInput(Struct, frozen=True):
    """An input in force; see ``Step``. ``line``: where it begins in the file ``name``."""

    name: str
    line: int
    text: str
    machine_code: bytes
    declares: bool
    value_symbol: str

    @staticmethod
    def of(step: Step) -> PortableInput:
        """An object of the user's (line 0) becomes an input: its file is not there."""
        source = step.source
        return PortableInput(
            source.unit_name,
            max(source.line, 1),
            source.text,
            step.machine_code,
            step.declares,
            step.value_symbol,
        )

    def step(self) -> Step:
        """For a session in which it has not run yet."""
        return Step(
            source=Source(self.text, self.name, self.line),
            machine_code=self.machine_code,
            declares=self.declares,
            value_symbol=self.value_symbol,
            unit=None,
            bitcode=b"",
            level=0,
            waiting=(),
        )


class PortableCalls(Struct, frozen=True):
    """What can be called in a session that was sent. ``code``: compiled calls, in order;
    ``answers``: what Clang has said of names, for who has asked."""

    code: tuple[SentCode, ...]
    answers: bytes = b""

    @staticmethod
    def of(live: LiveSession, answers: bytes = b"") -> PortableCalls:
        """Those that have been compiled, and count as things are declared now."""
        return PortableCalls(_code_beside(live.extensions.wrappers), answers)

    def to_bytes(self) -> bytes:
        """As for ``Portable``."""
        return _packed(self)

    @staticmethod
    def from_bytes(data: bytes) -> PortableCalls:
        """As for ``Portable``."""
        return _unpacked(data, PortableCalls)


class Portable(Struct, frozen=True):
    """A session without its state: variables have the values that they begin with.

    ``origin``: differs between sessions that were sent, though all else were the same, as do the
    calls that are compiled for them. ``memory_limit``: see ``SessionOptions``, as are
    ``arguments``, ``library_folders``, ``redefinition`` and ``recover``.
    """

    needs: Needs
    origin: str
    inputs: tuple[PortableInput, ...]
    libraries: tuple[PortableLibrary, ...]
    library_folders: tuple[str, ...]
    carried: tuple[CarriedFile, ...]
    arguments: tuple[str, ...]
    memory_limit: int | None
    redefinition: bool
    recover: bool

    @staticmethod
    def of(live: LiveSession, origin: str = "") -> Portable:
        """The session as it is now, to begin anew elsewhere.

        Raises ShellError for what cannot travel, and what ``LiveSession.run`` raises.
        """
        _check_can_travel(live)
        options, steps = live.options, live.steps
        with live.using_program() as program:
            _check_shares_nothing(steps, program.shared_symbols)
            libraries = portable_libraries(program)
            carried = carried_files(program, options.libraries)
        return Portable(
            needs=needs_here(features_of(live, steps)),
            origin=origin,
            inputs=tuple(map(PortableInput.of, steps)),
            libraries=libraries,
            library_folders=tuple(options.library_folders),
            carried=carried,
            arguments=tuple(options.arguments),
            memory_limit=options.memory_limit,
            redefinition=options.redefinition,
            recover=options.recover,
        )

    def to_bytes(self) -> bytes:
        """Raises ShellError if that is more than a worker takes, or a text is none."""
        return _packed(self)

    @staticmethod
    def from_bytes(data: bytes) -> Portable:
        """Raises ShellError for what is damaged, or made by another version of ours."""
        return _unpacked(data, Portable)


S = TypeVar("S", Portable, PortableCalls)


def _packed(part: Struct) -> bytes:
    try:
        body = msgspec.msgpack.encode(part)
    except UnicodeEncodeError as error:
        raise ShellError(
            f"a session with texts that are not UTF-8 cannot be sent: {error}"
        ) from None
    if len(body) > _MOST_BYTES:
        raise ShellError(f"a session of {len(body) >> 20} MiB of code is too large to be sent")
    return _MAGIC + _HEAD.pack(FORMAT, _digest(body)) + body


def _unpacked(data: bytes, type_: type[S]) -> S:
    start = len(_MAGIC) + _HEAD.size
    if not isinstance(data, bytes) or not data.startswith(_MAGIC) or len(data) < start:
        raise ShellError("this is no session that was sent: it does not begin like one")
    format_, digest = _HEAD.unpack_from(data, len(_MAGIC))
    if format_ != FORMAT:
        raise ShellError(
            f"the session was sent by another version of forkrepl (format {format_}, here "
            f"{FORMAT}): install the same version on both sides"
        )
    body = memoryview(data)[start:]
    if len(body) > _MOST_BYTES or _digest(body) != digest:
        raise ShellError("the session that was sent is damaged: send it again")
    try:
        return msgspec.msgpack.decode(body, type=type_)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ShellError(f"the session that was sent makes no sense: {error}") from None


def _code_beside(wrappers: Wrappers) -> tuple[SentCode, ...]:
    """What can be called as things are declared now, and what that needs of the rest."""
    found: list[SentCode] = []
    needs: set[str] = set()
    for key, wrapper in reversed(wrappers.loaded()):
        symbol, code = wrapper.symbol, wrapper.machine_code
        symbols = symbols_of(symbol, code)
        is_current = wrappers.is_current(wrapper)
        if is_current or not needs.isdisjoint(symbols.defined):
            needs |= symbols.needs
            found.append(SentCode(key if is_current else b"", symbol, code))
    return tuple(reversed(found))


def _digest(body: bytes | memoryview) -> bytes:
    return hashlib.sha256(body).digest()


def _check_can_travel(live: LiveSession) -> None:
    """Raises ShellError."""
    if live.options.sanitizers is not None:
        raise ShellError(
            "a session with -fsanitize cannot be sent to workers: its program needs the "
            "sanitizer's runtime from its start; send one without"
        )


def _check_shares_nothing(steps: Sequence[Step], shared: Set[str]) -> None:
    """Raises ShellError if an input uses memory that is this process's."""
    for step in steps:
        if not shared.isdisjoint(symbols_of(step.source.unit_name, step.machine_code).needs):
            raise ShellError(
                f"{step.source.unit_name} uses an array that it shares with this process, and "
                "another process has none: pass it as an argument, or do not use it"
            )
