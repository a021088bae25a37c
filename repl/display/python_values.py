"""Nodes as Python objects."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from repl.display.characters import decode
from repl.display.nodes import (
    Cut,
    Enumerator,
    Labelled,
    Node,
    Numbers,
    Plain,
    Pointer,
    Problem,
    Record,
    Sequence,
    String,
)
from repl.display.nodes import Mapping as MappingNode


class EnumValue(Struct, frozen=True):
    """A value of an enumeration; ``name`` as C++ writes it, the number if it has none."""

    type_name: str
    name: str
    value: int

    def __int__(self) -> int:
        return self.value

    def __repr__(self) -> str:
        name = "" if self.name == str(self.value) else f"{self.name}: "
        type_name = "" if name.startswith(f"{self.type_name}::") else f"{self.type_name} "
        return f"<{type_name}{name}{self.value}>"


class RecordValue(Mapping[str, Any]):
    """A struct, class or union: a read-only mapping from names of members to their values,
    those of base classes included; members are attributes, too."""

    def __init__(self, type_name: str, members: dict[str, Any]) -> None:
        self.__type_name = type_name  # not `_type_name`, which a member may be called
        self.__members = members

    @property
    def type_name(self) -> str:
        """The type's name, as C++ writes it."""
        return self.__type_name

    def __getitem__(self, name: str) -> Any:
        return self.__members[name]

    def __getattr__(self, name: str) -> Any:
        members = self.__dict__.get("_RecordValue__members", {})  # copies are asked before
        if name not in members:
            type_name = self.__dict__.get("_RecordValue__type_name")
            raise AttributeError(f"{type_name} has no member {name}")
        return members[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.__members)

    def __len__(self) -> int:
        return len(self.__members)

    def __repr__(self) -> str:
        members = ", ".join(f"{name}={value!r}" for name, value in self.__members.items())
        return f"{self.__type_name}({members})"

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *filter(str.isidentifier, self.__members)})

    def __eq__(self, other: object) -> bool:
        if isinstance(other, RecordValue) and other.type_name != self.type_name:
            return False
        if not isinstance(other, Mapping):
            return NotImplemented
        return _is_same(self.__members, dict(other))

    __hash__ = None  # type: ignore[assignment]  # as of a dict: there are lists in it


def _is_same(one: Any, other: Any) -> bool:
    """``==``, which of arrays is an array."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and type(one) is type(other):
        return len(one) == len(other) and all(map(_is_same, one, other))
    if hasattr(one, "dtype") or hasattr(other, "dtype"):
        import numpy as np

        return np.array_equal(one, other)
    return bool(one == other)


def to_python(node: Node) -> Any:
    """The value: numbers, ``bool``, ``str`` for text (``bytes`` if it is not UTF-8), None
    for null and for what is empty, ``list``, ``tuple`` for pairs and tuples, ``dict``,
    ``complex``, ``timedelta`` and ``datetime``, EnumValue, RecordValue; an integer for a
    pointer, what it points at for a smart pointer. Numbers side by side become a numpy
    array, multi-dimensional for nested arrays; ``vector<char>`` becomes bytes.

    A map whose keys Python cannot use, or has twice, becomes a list of pairs. Raises
    ValueError if the node is not complete (see ``limits.COMPLETE``) or not readable.
    """
    match node:
        case Plain():
            _check_complete(node.is_cut)
            return node.value
        case String():
            return _string(node)
        case Problem(text):
            raise ValueError(text)
        case Cut():
            raise ValueError("the value is nested too deeply, or holds itself")
        case Labelled(_, inner):
            return to_python(inner)
        case Sequence():
            return _sequence(node)
        case Numbers():
            return _numbers(node)
        case MappingNode():
            return _mapping(node)
        case Enumerator():
            return EnumValue(node.type_name, node.text, node.value)
        case Record():
            return _record(node)
        case Pointer():
            return _pointer(node)


def _string(node: String) -> str | bytes:
    _check_complete(node.is_cut)
    if node.type.name.split()[-2:] in (["unsigned", "char"], ["signed", "char"]):
        return node.data
    text = decode(node.data, node.type)
    is_text = not any("\udc80" <= character <= "\udcff" for character in text)
    return text if is_text else node.data


def _sequence(node: Sequence) -> list[Any] | tuple[Any, ...]:
    _check_complete(node.is_cut)
    values = [to_python(item) for item in node.items]
    return tuple(values) if node.is_tuple else values


_DTYPES = {"bool": "?", "float": "f"}


def dtype_of_numbers(node: Numbers) -> str:
    """numpy's type of the elements."""
    type_ = node.type
    code = _DTYPES.get(type_.kind, "i" if type_.signed else "u")
    return f"<{code}{type_.size}" if code != "?" else "?"


def _numbers(node: Numbers) -> Any:
    import numpy as np

    type_ = node.type
    array = np.frombuffer(node.data, dtype_of_numbers(node))
    _check_complete(len(array) < math.prod(node.shape))
    if type_.kind == "char" and type_.name.removeprefix("const ") == "char":
        return node.data
    return array.reshape(node.shape)


def _mapping(node: MappingNode) -> dict[Any, Any] | list[tuple[Any, Any]]:
    _check_complete(node.count > len(node.items))
    pairs = [(to_python(key), to_python(value)) for key, value in node.items]
    if node.is_multiple:
        return pairs
    try:
        found = dict(pairs)
    except TypeError:  # a list as a key
        return pairs
    return found if len(found) == len(pairs) else pairs


def _record(node: Record) -> RecordValue:
    _check_complete(node.is_cut)
    members: dict[str, Any] = {}
    for member in node.members:
        value = to_python(member.node)
        if member.label.startswith("<") and isinstance(value, RecordValue):
            members |= value
        else:
            members[member.label.strip(".<>")] = value
    return RecordValue(node.type_name, members)


def _pointer(node: Pointer) -> Any:
    if not node.address:
        return None
    return to_python(node.target) if node.is_owner and node.target is not None else node.address


def _check_complete(is_cut: bool) -> None:
    if is_cut:
        raise ValueError("only a part of the value has been read")
