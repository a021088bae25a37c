"""Pointers to what is no object of a class: numbers, pointers, functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from repl.python.errors import GoneError
from repl.python.sites import Site, assignments
from repl.python.spelling import Argument, HasArgument

if TYPE_CHECKING:
    from repl.python.bridge import Bridge
    from runtime.addresses import ExecutorAddress


class CppPointer(HasArgument):
    """``p[i]`` reads, and ``p[i] = value`` writes, what it points at, as in C++: nothing says how
    much is there. ``int(p)``: the address."""

    __slots__ = ("_address", "_birth", "_bridge", "_cpp_type", "_keeps")

    def __init__(
        self, bridge: Bridge, address: ExecutorAddress, type_name: str, birth: int, keeps: Any
    ) -> None:
        """``keeps``: what must live as long as this."""
        self._keeps = keeps
        self._bridge = bridge
        self._address = address
        self._cpp_type = type_name
        self._birth = birth

    def _cpp_place(self) -> ExecutorAddress:
        if not self._bridge.live.extensions.wrappers.is_there(self._birth):
            raise GoneError(f"this {self._cpp_type} * is gone: the program is as it was before it")
        return self._address

    def _cpp_owner(self) -> Any:
        return self._keeps

    def _cpp_argument(self) -> Argument:
        address, spelled = self._cpp_place(), f"__f.value<{self._pointer_type()}>(#)"
        return Argument(
            ("pointer", self._cpp_type), (spelled,), lambda frame, at: frame.put_word(at, address)
        )

    def _pointer_type(self) -> str:
        return f"__forkrepl_glue::PointerTo<{self._cpp_type}>::Type"

    def cpp_advance(self, count: int) -> CppPointer:
        """The pointer to so many elements further."""
        return self._bridge.evaluate(_ADVANCE, (self, count))  # type: ignore[no-any-return]

    def __getitem__(self, index: int) -> Any:
        return self._bridge.evaluate(_READ, (self, index))

    def __setitem__(self, index: int, value: Any) -> None:
        self._bridge.evaluate(_WRITE, (self, index, value))

    def __call__(self, *arguments: Any) -> Any:
        return self._bridge.evaluate(_CALL, (self, *arguments))

    def __int__(self) -> int:
        return self._address

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CppPointer) and (self._address, self._cpp_type) == (
            other._address,
            other._cpp_type,
        )

    def __hash__(self) -> int:
        return hash((self._address, self._cpp_type))

    def __repr__(self) -> str:
        return f"({self._cpp_type} *) {self._address:#x}"


_READ = Site("($0[$1])", observes=True)
_WRITE = Site(*assignments("$0[$1]", "$2"), is_strict=True)
_ADVANCE = Site("$0 + $1", observes=True)
_CALL = Site("$0($*)")
