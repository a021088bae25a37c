"""Functions and sessions in another process, such as a worker's: what they are pickled as.

What is unpickled costs nothing until it is used: the scheduler of a cluster has tasks go through
its hands. Then a session begins, one for each process and content.
"""

from __future__ import annotations

import hashlib
import operator
import os
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from repl.errors import ShellError
from repl.python.bridge import SentBytes
from repl.python.declared import Answers
from repl.python.functions import CppFunction, template_arguments
from repl.python.session import Session
from repl.workers.portable import Portable, PortableCalls
from repl.workers.replay import replay
from runtime.errors import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from repl.python.bridge import Bridge
    from repl.python.scopes import Scope

_MOST_SESSIONS = 8  # of one process; more are ended, and begin again when they are used
_MOST_NAME = 1 << 16  # characters


def portable_bytes(bridge: Bridge) -> tuple[bytes, bytes]:
    """The session of a bridge, and all that has been called. The same objects for the same.

    Raises ShellError for what cannot travel, and what ``Session.run`` raises.
    """
    with bridge.turns.take():
        live, sent = bridge.live, bridge.sent
        if not sent.is_final:
            inputs = (*live.steps, live.options)
            if not _are_same(inputs, sent.inputs):
                data = Portable.of(live, sent.origin).to_bytes()
                sent = bridge.sent = replace(sent, session=data, inputs=inputs, made=())
            answers = bridge.declared.answers()
            made = (*(wrapper for _, wrapper in live.extensions.wrappers.loaded()), len(answers))
            if not sent.calls or made != sent.made:
                calls = PortableCalls.of(live, msgspec.msgpack.encode(answers)).to_bytes()
                sent = bridge.sent = replace(sent, calls=calls, made=made)
        return sent.session, sent.calls


def _are_same(first: tuple[object, ...], second: tuple[object, ...]) -> bool:
    return len(first) == len(second) and all(map(operator.is_, first, second))


class SentSession(Session):
    """A session that has come as machine code. It has no Clang: what was called before it was
    sent can be called, and nothing new is compiled. It begins when it is first used, with variables
    as they begin, and ends with this process."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._beginning = threading.Lock()
        self._expected: set[bytes] = set()
        self._pending: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        # What beginning makes; all else is there, or nowhere.
        if name not in ("_live", "_turns", "_processes", "_gbl"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        with self._beginning:
            if name not in self.__dict__:
                self._begin()
        return self.__dict__[name]

    def _begin(self) -> None:
        from repl.python.scopes import global_scope

        live = replay(Portable.from_bytes(self._data))
        self._own(live)
        self._gbl = global_scope(live, self._turns)
        self._gbl._bridge.sent = SentBytes("", self._data, is_final=True)

    @property
    def gbl(self) -> Scope:
        """See ``Session``: what was used before the session was sent. Raises ShellError if what
        was sent is damaged or cannot run here."""
        scope = super().gbl
        with self._turns.take():
            while self._pending:
                self._learn(scope._bridge, self._pending[0])
                del self._pending[0]  # what is damaged stays, and is told each time
        return scope

    def expect(self, calls: bytes) -> None:
        """These can be called as well: they are looked at when ``gbl`` is used."""
        if calls not in self._expected:
            self._expected.add(calls)
            self._pending.append(calls)

    def _learn(self, bridge: Bridge, calls: bytes) -> None:
        told = PortableCalls.from_bytes(calls)
        try:
            answers = msgspec.msgpack.decode(told.answers, type=Answers)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ShellError(f"the session that was sent makes no sense: {error}") from None
        bridge.declared.tell(answers)
        bridge.live.extensions.wrappers.take_over(told.code)
        bridge.sent = replace(bridge.sent, calls=calls)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return sent_session, portable_bytes(self.gbl._bridge)


_sessions: OrderedDict[bytes, SentSession] = OrderedDict()
"""Those of this process, by content; the one that was used last is the last."""
_lock = threading.Lock()


def sent_session(data: bytes, calls: bytes) -> SentSession:
    """This process's session of that content, in which these calls are possible. Nothing begins
    yet."""
    if not isinstance(data, bytes) or not isinstance(calls, bytes):
        raise TypeError("a session is sent as bytes")
    key = hashlib.sha256(data).digest()
    with _lock:
        session = _sessions.pop(key, None) or SentSession(data)
        _sessions[key] = session
        if len(_sessions) > _MOST_SESSIONS:
            # It ends when nobody uses it any more.
            _sessions.popitem(last=False)
        session.expect(calls)
    return session


def close_sessions() -> None:
    """End the sessions that have come to this process; what uses one again begins another."""
    with _lock:
        sessions = list(_sessions.values())
        _sessions.clear()
    for session in sessions:
        if "_live" in session.__dict__:  # it has begun
            session.close()


def _forget() -> None:
    """A fork has no sessions: those of its parent stay that one's."""
    global _lock
    _lock = threading.Lock()
    _sessions.clear()


os.register_at_fork(after_in_child=_forget)


class SentFunction:
    """A function of C++ that was pickled: it is called as ``CppFunction``, in a session of this
    process. ``prepare`` it, or call it once, where Clang is, with arguments like those that it
    will be called with here."""

    def __init__(self, data: bytes, calls: bytes, name: str) -> None:
        self._data = data
        self._calls = calls
        self._name = name
        self.__name__ = name.rpartition("::")[2]
        self.__qualname__ = name.lstrip(":")
        self.__cpp_name__ = name

    def __call__(self, *arguments: Any) -> Any:
        """Call it. Raises what ``CppFunction`` raises, and ShellError if the session cannot run
        here."""
        session = sent_session(self._data, self._calls)  # which must live as long as the call
        return CppFunction(session.gbl._bridge, self._name)(*arguments)

    def __getitem__(self, key: Any) -> SentFunction:
        name = f"{self._name}<{template_arguments(key)}>"
        return SentFunction(self._data, self._calls, name)

    def _content(self) -> tuple[bytes, bytes, str]:
        return self._data, self._calls, self._name

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return sent_function, self._content()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SentFunction):
            return NotImplemented
        return self._content() == other._content()

    def __hash__(self) -> int:
        return hash(self._content())

    def __repr__(self) -> str:
        return f"<C++ function {printable(self.__qualname__)}, sent>"


def sent_function(data: bytes, calls: bytes, name: str) -> SentFunction:
    """A function of a session that was sent. Nothing begins yet."""
    is_sound = isinstance(data, bytes) and isinstance(calls, bytes) and isinstance(name, str)
    if not is_sound or len(name) > _MOST_NAME:
        raise TypeError("a function is sent as the bytes of its session and a name")
    return SentFunction(data, calls, name)
