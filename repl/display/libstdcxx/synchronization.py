"""Mutexes, threads, and a few small classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from repl.display.characters import PLAIN_CHARACTER, quote_string
from repl.display.libstdcxx.reader import Reader
from repl.display.nodes import Node, Plain, String
from repl.display.objects import Object


def _mutex(mutex: Object) -> Node:
    """The first member of a pthread_mutex_t is 0 if nobody holds it."""
    is_locked = int.from_bytes(mutex.inspector.memory.read(mutex.address, 4), "little") != 0
    return Plain("locked" if is_locked else "unlocked", is_locked)


def _thread_id(id_: Object) -> Node:
    return _numbered(id_.any("_M_thread", "__id_").word())


def _numbered(number: int) -> Node:
    return Plain(f"{number:#x}" if number else "no thread", number or None)


def _thread(thread: Object) -> Node:
    return _numbered(thread.any("_M_id", "__t_").word())


def _source_location(location: Object) -> Node:
    place = location["_M_impl"].word()
    if not place:
        return Plain("unknown", None)
    impl = location.at(place, location.type)
    file, function = (_text(impl, impl.word(offset)) for offset in (0, 8))
    numbers = impl.word(16)
    line, column = numbers & 0xFFFFFFFF, numbers >> 32
    text = f"{file}:{line}:{column}" + (f" in {function}" if function else "")
    return Plain(text, (file, line, column, function))


def _text(near: Object, address: int) -> str:
    node = near.inspector.c_string(PLAIN_CHARACTER, address) if address else None
    return quote_string(node.data, PLAIN_CHARACTER)[1:-1] if isinstance(node, String) else "?"


def _ordering(names: Mapping[int, str]) -> Callable[[Object], Node]:
    def show(ordering: Object) -> Node:
        number = ordering.any("_M_value", "__value_").integer()
        return Plain(names.get(number, f"<{number}>"), names.get(number))

    return show


def _opaque(_: Object) -> Node:
    return Plain("{...}", None)


_OPAQUE = (
    *("basic_regex", "basic_ios", "basic_istream", "basic_ostream", "basic_iostream"),
    *("basic_ifstream", "basic_ofstream", "basic_fstream", "basic_istringstream"),
    *("basic_ostringstream", "basic_stringstream", "locale", "random_device"),
)

READERS = {
    "std::mutex": Reader(_mutex),
    "std::recursive_mutex": Reader(_mutex),
    "std::timed_mutex": Reader(_mutex),
    "std::recursive_timed_mutex": Reader(_mutex),
    "std::thread": Reader(_thread),
    "std::thread::id": Reader(_thread_id),
    "std::source_location": Reader(_source_location),
    "std::strong_ordering": Reader(_ordering({-1: "less", 0: "equal", 1: "greater"})),
    "std::weak_ordering": Reader(_ordering({-1: "less", 0: "equivalent", 1: "greater"})),
    "std::partial_ordering": Reader(  # -128: since GCC 16
        _ordering({-128: "unordered", -1: "less", 0: "equivalent", 1: "greater", 2: "unordered"})
    ),
    # Whose members say nothing to those who use them.
    **{f"std::{name}": Reader(_opaque) for name in _OPAQUE},
}
