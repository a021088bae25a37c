"""What a value consists of: the tree between the program's memory and the text."""

from __future__ import annotations

from msgspec import Struct

from repl.display.types import ValueType
from runtime.addresses import ExecutorAddress


class Plain(Struct, frozen=True):
    """What is shown as it is. ``value``: the same for Python; ``is_cut``: a part of it."""

    text: str
    value: object
    is_cut: bool = False


class String(Struct, frozen=True):
    """Characters, as they are in memory. ``type``: of a character; ``is_cut``: there
    are more."""

    data: bytes
    type: ValueType
    is_cut: bool = False


class Problem(Struct, frozen=True):
    """Why there is no value: shown as ``<text>``."""

    text: str


class Cut(Struct, frozen=True):
    """Something that is too deep or too much, or is shown already: ``...``."""

    note: str = ""


class Labelled(Struct, frozen=True):
    """``label(...)`` around a value: ``unexpected(5)``."""

    label: str
    node: Node


class Sequence(Struct, frozen=True):
    """Elements. ``count``: of all there are, None if nobody knows; then ``is_cut`` says
    whether there are more. ``is_tuple``: they belong together, as in a pair."""

    items: tuple[Node, ...]
    count: int | None = None
    is_cut: bool = False
    is_tuple: bool = False


class Numbers(Struct, frozen=True):
    """Numbers side by side in memory: ``data`` holds the first of them.

    ``shape``: elements by dimension, the outermost first; ``address``: where they are in the
    program.
    """

    data: bytes
    type: ValueType
    shape: tuple[int, ...]
    address: int = 0


class Mapping(Struct, frozen=True):
    """Keys and their values; ``count`` of all there are. ``is_multiple``: keys may be
    there more than once."""

    items: tuple[tuple[Node, Node], ...]
    count: int
    is_multiple: bool = False


class Enumerator(Struct, frozen=True):
    """A value of an enumeration. ``text``: its name, or names, as shown."""

    text: str
    type_name: str
    value: int


class Member(Struct, frozen=True):
    """Of a record: ``label`` is ``.name``, or ``<Base>`` for a base class."""

    label: str
    node: Node


class Record(Struct, frozen=True):
    """A class or union by its members. ``dynamic_type``: the name of the object's own
    class, where that is another; ``is_cut``: there are more members."""

    type_name: str
    members: tuple[Member, ...]
    dynamic_type: str = ""
    is_lambda: bool = False
    is_cut: bool = False


class Pointer(Struct, frozen=True):
    """``note``: what else is shown, such as the name of a function; ``target``: what it
    points at, if that is shown; ``is_owner``: as of a smart pointer, that is the value."""

    address: ExecutorAddress
    note: str = ""
    target: Node | None = None
    is_owner: bool = False


Node = (
    Plain
    | String
    | Problem
    | Cut
    | Labelled
    | Sequence
    | Numbers
    | Mapping
    | Enumerator
    | Record
    | Pointer
)
