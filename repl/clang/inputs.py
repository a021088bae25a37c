"""What the controller knows of an input once Clang has parsed it."""

from __future__ import annotations

from msgspec import Struct

from repl.clang.protocol import HandedOver, HiddenDeclaration


class AcceptedInput(Struct, frozen=True, eq=False):
    """An input as Clang got it, and what had to be hidden for it.

    ``variables``: if it has includes, the names of the variables that its code defines.
    ``defined``: see ``Frontend.note_defined``; None until that is known.
    """

    text: bytes
    hides: tuple[HiddenDeclaration, ...] = ()
    variables: tuple[str, ...] = ()
    defined: tuple[str, ...] | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AcceptedInput):
            return NotImplemented
        return (self.text, self.hides) == (other.text, other.hides)

    def __hash__(self) -> int:
        return hash((self.text, self.hides))


class ParsedInput(Struct, frozen=True):
    """What Clang made of an input.

    ``bitcode`` is empty if there is nothing to compile. ``value``: that the input hands over,
    or None; ``warnings``: Clang's rendering; ``declares``: there is more in it than statements;
    ``joins``: see ``Parsed``.
    """

    bitcode: bytes
    value: HandedOver | None
    warnings: str
    declares: bool
    joins: bool = False

    @property
    def value_symbol(self) -> str:
        """By which the next inputs will refer to the value as ``_``; "" without a value."""
        return self.value.symbol if self.value else ""


class FrontendState(Struct, frozen=True):
    """All that is needed to come back: the inputs in force, with what they hide."""

    inputs: tuple[AcceptedInput, ...]
