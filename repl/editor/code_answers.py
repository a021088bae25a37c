"""What is known of a place in an input that is still being typed, as the editor shows it."""

from __future__ import annotations

from msgspec import Struct


class CompletionItem(Struct, frozen=True):
    """A name that may stand at the cursor.

    ``insert``: the name, qualified where it must be; ``kind``: function, field, macro ...;
    ``type``: of the result or the variable; ``signature``: parameters and the like; ``doc``:
    the beginning of its comment; ``overloads``: how many functions have that name.
    """

    name: str
    insert: str
    kind: str = ""
    type: str = ""
    signature: str = ""
    doc: str = ""
    overloads: int = 1
    priority: int = 0
    deprecated: bool = False


class Signature(Struct, frozen=True):
    """What may be called here. ``before`` and ``after``: the text around the parameter that
    the cursor is at, ``current``; ``type``: of the result."""

    type: str = ""
    before: str = ""
    current: str = ""
    after: str = ""
    doc: str = ""


class CodeAnswer(Struct, frozen=True):
    """To either question; the items come best first."""

    items: tuple[CompletionItem, ...] = ()
    signatures: tuple[Signature, ...] = ()
