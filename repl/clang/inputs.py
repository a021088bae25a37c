"""What the controller knows of an input once Clang has parsed it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from repl.clang.diagnostics import Messages
from repl.clang.protocol import ClingPragma, FileRead, HandedOver, HiddenDeclaration
from repl.input.seen_file import SeenFile


class AcceptedInput(Struct, frozen=True, eq=False):
    """An input as Clang got it, and what had to be hidden for it.

    ``variables``: if it has includes, the names of the variables that its code defines.
    ``defined``: see ``Frontend.note_defined``; None until that is known. ``read``: the files
    that were first read by it, as they were.
    """

    text: bytes
    hides: tuple[HiddenDeclaration, ...] = ()
    variables: tuple[str, ...] = ()
    defined: tuple[str, ...] | None = None
    read: tuple[SeenFile, ...] = ()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AcceptedInput):
            return NotImplemented
        mine, theirs = ((i.text, i.hides, i.read) for i in (self, other))
        return mine == theirs

    def __hash__(self) -> int:
        return hash((self.text, self.hides))


def told_of(files: Sequence[SeenFile]) -> tuple[FileRead, ...]:
    """What a request says of them, beside their texts."""
    return tuple(FileRead(f.path, len(f.text), *f.stamp[1:]) for f in files)


def texts_of(files: Sequence[SeenFile]) -> bytes:
    """What belongs at the end of the bytes beside that request."""
    return b"".join(f.text for f in files)


def take_files(told: Sequence[FileRead], blob: bytes) -> tuple[tuple[SeenFile, ...], bytes]:
    """The files that an answer tells of, and what is before their texts."""
    at = first = len(blob) - sum(each.size for each in told)
    files = []
    for each in told:
        stamp = (each.size, each.time, each.device, each.inode)
        files.append(SeenFile(each.path, stamp, blob[at : at + each.size]))
        at += each.size
    return tuple(files), blob[:first]


class ParsedInput(Struct, frozen=True):
    """What Clang made of an input.

    ``bitcode`` is empty if there is nothing to compile. ``value``: that the input hands over,
    or None; ``warnings``: Clang's; ``declares``: there is more in it than statements;
    ``joins`` and ``pragmas``: see ``Parsed``.
    """

    bitcode: bytes
    value: HandedOver | None
    warnings: Messages
    declares: bool
    joins: int = 0
    pragmas: tuple[ClingPragma, ...] = ()

    @property
    def value_symbol(self) -> str:
        """By which the next inputs will refer to the value as ``_``; "" without a value."""
        return self.value.symbol if self.value else ""


class FrontendState(Struct, frozen=True):
    """All that is needed to come back: the inputs in force, with what they hide."""

    inputs: tuple[AcceptedInput, ...]


class JoinedInput(Struct, frozen=True):
    """One of a batch. ``name``: of the unit that it would be by itself; ``priority``: of its
    initializers, which no other one has."""

    name: str
    bitcode: bytes
    priority: int
