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

from repl.errors import ShellError
from repl.python.bridge import SentBytes
from repl.python.declared import Answers
from repl.python.functions import CppFunction, template_arguments
from repl.python.session import Session
from repl.workers.portable import Portable
from repl.workers.replay import replay
from runtime.errors import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from repl.python.bridge import Bridge

_MOST_SESSIONS = 8  # of one process; more are ended, and begin again when they are used
_MOST_NAME = 1 << 16  # characters


def portable_bytes(bridge: Bridge) -> bytes:
    """The session of a bridge, with all that has been called. The same object for the same session.

    Raises ShellError for what cannot travel, and what ``Session.run`` raises.
    """
    with bridge.turns.take():
        live, sent = bridge.live, bridge.sent
        if sent.is_final:
            return sent.data
        answers = bridge.declared.answers()
        wrappers = [wrapper for _, wrapper in live.wrappers.loaded()]
        state = (*live.steps, *wrappers, len(answers), live.options)
        if len(state) != len(sent.state) or not all(map(operator.is_, state, sent.state)):
            portable = Portable.of(live, msgspec.msgpack.encode(answers))
            bridge.sent = SentBytes(portable.to_bytes(), state)
        return bridge.sent.data


class SentSession(Session):
    """A session that has come as machine code. It has no Clang: what was called before it was
    sent can be called, and nothing new is compiled. It begins when it is first used, with variables
    as they begin, and ends with this process."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._beginning = threading.Lock()

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

        portable = Portable.from_bytes(self._data)
        try:
            answers = msgspec.msgpack.decode(portable.answers, type=Answers)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ShellError(f"the session that was sent makes no sense: {error}") from None
        live = replay(portable)
        self._own(live)
        self._gbl = global_scope(live, self._turns, answers)
        self._gbl._bridge.sent = SentBytes(self._data, is_final=True)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return sent_session, (self._data,)


_sessions: OrderedDict[bytes, SentSession] = OrderedDict()
"""Those of this process, by content; the one that was used last is the last."""
_lock = threading.Lock()


def sent_session(data: bytes) -> SentSession:
    """This process's session of that content."""
    if not isinstance(data, bytes):
        raise TypeError(f"a session is sent as bytes, not {type(data).__name__}")
    key = hashlib.sha256(data).digest()
    with _lock:
        session = _sessions.pop(key, None) or SentSession(data)
        _sessions[key] = session
        if len(_sessions) > _MOST_SESSIONS:
            # It ends when nobody uses it any more.
            _sessions.popitem(last=False)
    return session


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

    def __init__(self, data: bytes, name: str) -> None:
        self._data = data
        self._name = name
        self.__name__ = name.rpartition("::")[2]
        self.__qualname__ = name.lstrip(":")
        self.__cpp_name__ = name

    def __call__(self, *arguments: Any) -> Any:
        """Call it. Raises what ``CppFunction`` raises, and ShellError if the session cannot run
        here."""
        return self._found()(*arguments)

    def __getitem__(self, key: Any) -> SentFunction:
        return SentFunction(self._data, f"{self._name}<{template_arguments(key)}>")

    def _found(self) -> CppFunction:
        return CppFunction(sent_session(self._data).gbl._bridge, self._name)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return sent_function, (self._data, self._name)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SentFunction):
            return NotImplemented
        return (self._name, self._data) == (other._name, other._data)

    def __hash__(self) -> int:
        return hash((self._name, self._data))

    def __repr__(self) -> str:
        return f"<C++ function {printable(self.__qualname__)}, sent>"


def sent_function(data: bytes, name: str) -> SentFunction:
    """A function of a session that was sent. Nothing begins yet."""
    if not isinstance(data, bytes) or not isinstance(name, str) or len(name) > _MOST_NAME:
        raise TypeError("a function is sent as the bytes of its session and a name")
    return SentFunction(data, name)
