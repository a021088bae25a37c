"""What containers of C++ have that Python expects of its own: by the names of their members."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from repl.python.errors import CallError, UnknownNameError
from repl.python.glue import GLUE
from repl.python.sites import Site
from repl.python.spelling import HasArgument

if TYPE_CHECKING:
    from repl.python.bridge import Bridge

Methods = dict[str, Callable[..., Any]]


_SIZE = Site("$0.size()", observes=True)
_ELEMENT = Site("$0[$1]", observes=True)
_HAS_KEY = Site("$0.count($1) != 0", observes=True)
_AT_KEY = Site("$0.find($1)->second", observes=True)


def reading_sites(names: set[str]) -> Iterator[tuple[Site, tuple[Any, ...]]]:
    """What is called to read a container whose members have these names, each with arguments like
    those behind the container."""
    if "size" in names:
        yield _SIZE, ()
    if "key_type" in names:
        for key in (1, 1 << 40, "text"):
            yield _HAS_KEY, (key,)
            if "mapped_type" in names:
                yield _AT_KEY, (key,)
    elif "operator[]" in names:
        yield _ELEMENT, (1,)


def container_methods(bridge: Bridge, name: str, names: set[str]) -> Methods:
    """For a class; ``names``: of its members, those of its bases included."""
    methods: Methods = {}
    has_indices = {"size", "operator[]", "value_type"} <= names and "key_type" not in names
    contents = _Contents(bridge, name, has_indices=has_indices)
    if "size" in names:
        methods["__len__"] = _evaluating(bridge, _SIZE)
    if "operator()" in names:
        methods["__call__"] = _evaluating(bridge, Site("$0($*)"))
    if {"begin", "end"} <= names:
        methods["__iter__"] = lambda self: contents.iterate(self)
        methods["__array__"] = lambda self, dtype=None, copy=None: contents.array(self, dtype, copy)
        methods["__contains__"] = lambda self, value: contents.contains(self, value)
    if "mapped_type" in names:
        methods |= _mapping(bridge, contents)
    elif "key_type" in names:
        methods["__contains__"] = _evaluating(bridge, _HAS_KEY)
    elif "operator[]" in names:
        methods |= _sequence(bridge, has_size="size" in names)
    elif "operator()" in names:
        methods |= _matrix(bridge)
    if name.startswith(_TUPLES):
        methods |= _tuple(bridge)
    if "push_back" in names:
        methods |= _appending(bridge)
    return methods


_TUPLES = ("std::pair<", "std::tuple<", "std::__1::pair<", "std::__1::tuple<")


def _tuple(bridge: Bridge) -> Methods:
    """Values, which are copied: ``first, second = pair``."""

    def values(self: Any) -> tuple[Any, ...]:
        return tuple(bridge.value_of(self))

    return {
        "__iter__": lambda self: iter(values(self)),
        "__len__": lambda self: len(values(self)),
        "__getitem__": lambda self, index: values(self)[index],
    }


def _evaluating(bridge: Bridge, site: Site) -> Callable[..., Any]:
    def evaluate(self: Any, *arguments: Any) -> Any:
        return bridge.evaluate(site, (self, *arguments), self)

    return evaluate


def _sequence(bridge: Bridge, *, has_size: bool) -> Methods:
    read, write = _ELEMENT, Site("(void)($0[$1] = $2)", is_strict=True)

    def index_in(self: Any, index: Any) -> Any:
        if not has_size or not hasattr(index, "__index__"):
            return index
        count, position = len(self), operator.index(index)
        if not -count <= position < count:
            raise IndexError(f"index {position} of {count} elements")
        return position % count

    matrix = _matrix(bridge)

    def get(self: Any, index: Any) -> Any:
        if isinstance(index, slice) and has_size:
            return [get(self, each) for each in range(*index.indices(len(self)))]
        try:
            return bridge.evaluate(read, (self, index_in(self, index)), self)
        except CallError:
            if not isinstance(index, tuple):
                raise
        return matrix["__getitem__"](self, index)

    def set_(self: Any, index: Any, value: Any) -> None:
        try:
            bridge.evaluate(write, (self, index_in(self, index), value))
            return
        except CallError:
            if not isinstance(index, tuple):
                raise
        matrix["__setitem__"](self, index, value)

    return {"__getitem__": get, "__setitem__": set_}


def _matrix(bridge: Bridge) -> Methods:
    """``m[1, 2]``: several arguments of ``[]``, or of a ``()`` that gives a reference."""
    read = Site("$0.operator[]($*)", "*__builtin_addressof($0($*))")
    write = Site("(void)($0.operator[]($*) = $1)", "(void)(*__builtin_addressof($0($*)) = $1)")

    def get(self: Any, index: Any) -> Any:
        indices = index if isinstance(index, tuple) else (index,)
        return bridge.evaluate(read, (self, *indices), self)

    def set_(self: Any, index: Any, value: Any) -> None:
        indices = index if isinstance(index, tuple) else (index,)
        bridge.evaluate(write, (self, value, *indices))

    return {"__getitem__": get, "__setitem__": set_}


def _mapping(bridge: Bridge, contents: _Contents) -> Methods:
    has, read, erase = _HAS_KEY, _AT_KEY, Site("(void)$0.erase($1)")
    write = Site("(void)($0[$1] = $2)", is_strict=True)

    def contains(self: Any, key: Any) -> bool:
        try:
            return bool(bridge.evaluate(has, (self, key)))
        except CallError:
            return False

    def get(self: Any, key: Any) -> Any:
        if not contains(self, key):
            raise KeyError(key)
        return bridge.evaluate(read, (self, key), self)

    def delete(self: Any, key: Any) -> None:
        if not contains(self, key):
            raise KeyError(key)
        bridge.evaluate(erase, (self, key))

    def set_(self: Any, key: Any, value: Any) -> None:
        bridge.evaluate(write, (self, key, value))

    def items(self: Any) -> list[tuple[Any, Any]]:
        return list(contents.pairs(self))

    def get_or(self: Any, key: Any, default: Any = None) -> Any:
        return get(self, key) if contains(self, key) else default

    return {
        "__contains__": contains,
        "__getitem__": get,
        "__setitem__": set_,
        "__delitem__": delete,
        "__iter__": lambda self: iter([key for key, _ in items(self)]),
        "keys": lambda self: [key for key, _ in items(self)],
        "values": lambda self: [value for _, value in items(self)],
        "items": items,
        "get": get_or,
    }


def _appending(bridge: Bridge) -> Methods:
    append = Site("(void)$0.push_back($1)", is_strict=True)

    def extend(self: Any, values: Iterable[Any]) -> None:
        for each in list(values):
            bridge.evaluate(append, (self, each))

    def in_place(self: Any, values: Any) -> Any:
        if not isinstance(values, Iterable):
            return NotImplemented
        extend(self, values)
        return self

    return {
        "append": lambda self, value: bridge.evaluate(append, (self, value)),
        "extend": extend,
        "__iadd__": in_place,
    }


class _Contents:
    """The elements of the objects of a class, in order."""

    def __init__(self, bridge: Bridge, name: str, *, has_indices: bool) -> None:
        self._bridge = bridge
        self._name = name
        self._has_indices = has_indices
        self._is_plain: bool | None = None
        self._begin = Site(f"{GLUE}::cursor($0.begin())", observes=True)
        self._end = Site(f"{GLUE}::cursor($0.end())", observes=True)
        self._next = Site("(void)++$0.at", "(void)$0.at++", observes=True)
        self._element = Site("*$0.at", observes=True)
        self._differ = Site("bool($0.at != $1.at)", "!($0.at == $1.at)", observes=True)
        self._first, self._second = (
            Site("($0.first)", observes=True),
            Site("($0.second)", observes=True),
        )

    def iterate(self, owner: HasArgument) -> Iterator[Any]:
        """Values are copied all at once; of objects each is a proxy."""
        if self._has_plain_elements():
            return iter(self._bridge.value_of(owner))
        if self._has_indices:
            return self._elements(owner)
        return self._proxies(owner)

    def _elements(self, owner: HasArgument) -> Iterator[Any]:
        index = 0
        while index < self._bridge.evaluate(_SIZE, (owner,)):
            yield self._bridge.evaluate(_ELEMENT, (owner, index), owner)
            index += 1

    def array(self, owner: HasArgument, dtype: Any = None, copy: bool | None = None) -> Any:
        """A numpy array: of numbers side by side, a copy."""
        import numpy as np

        if copy is False:
            raise ValueError("the elements are in the program: a copy cannot be avoided")
        return np.array(self._bridge.value_of(owner), dtype)

    def contains(self, owner: HasArgument, value: Any) -> bool:
        """Whether an element is equal."""
        return any(each == value for each in self.iterate(owner))

    def pairs(self, owner: HasArgument) -> Iterator[tuple[Any, Any]]:
        """Of a map."""
        for pair in self._proxies(owner):
            if isinstance(pair, tuple):
                yield pair
            else:
                yield (
                    self._bridge.evaluate(self._first, (pair,), owner),
                    self._bridge.evaluate(self._second, (pair,), owner),
                )

    def _proxies(self, owner: HasArgument) -> Iterator[Any]:
        bridge = self._bridge
        place = bridge.evaluate(self._begin, (owner,), owner)
        end = bridge.evaluate(self._end, (owner,), owner)
        while bridge.evaluate(self._differ, (place, end)):
            yield bridge.evaluate(self._element, (place,), owner)
            bridge.evaluate(self._next, (place,))

    def _has_plain_elements(self) -> bool:
        if self._is_plain is None:
            try:
                self._is_plain = self._bridge.classes.is_plain(f"{self._name}::value_type")
            except UnknownNameError:
                self._is_plain = False
        return self._is_plain
