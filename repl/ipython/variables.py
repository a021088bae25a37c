"""``-i`` and ``-o``: variables that go into the program, and come out of it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from repl.clang.flags import is_c
from repl.errors import ShellError, did_you_mean
from repl.input.source import Source
from repl.ipython.declarations import declare
from repl.python.session import Session

if TYPE_CHECKING:
    from numpy.typing import NDArray


class _Shared(Struct):
    """An array that the program knows by a name. ``address``: where it has it."""

    array: NDArray[Any]
    address: int


class Variables:
    """Copies them. An array of numpy's becomes an array of C, in memory that the program shares
    with Python, so it is copied once and parsed never."""

    def __init__(self) -> None:
        self._shared: dict[str, _Shared] = {}

    def put(self, session: Session, names: Sequence[str], known: Mapping[str, Any]) -> None:
        """Declare variables of Python's in the program. Raises ShellError if one is not there or
        cannot be copied; then none of them is declared."""
        in_c = is_c(session.options.compiler_flags)
        texts: list[str] = []
        arrays: dict[str, NDArray[Any]] = {}
        for name in names:
            if name not in known:
                raise ShellError(f"-i {name}: Python has no such name{did_you_mean(name, known)}")
            value = _without_numpy(known[name])
            if _is_array(value):
                _check(name, value)
                arrays[name] = value
            else:
                texts.append(declare(name, value, is_c=in_c))
        if texts:
            session.run(Source("\n".join(texts), "-i"))
        for name, array in arrays.items():
            self._share(session, name, array)

    def take(self, session: Session, names: Sequence[str], known: MutableMapping[str, Any]) -> None:
        """Give variables of the program's to Python. Raises ShellError if one cannot be read."""
        for name in names:
            try:
                value = session.value(name)
                known[name] = value.copy() if _is_array(value) else value  # to be written to
            except ValueError as error:
                raise ShellError(f"-o {name}: {error}") from None

    def _share(self, session: Session, name: str, array: NDArray[Any]) -> None:
        shared = self._shared.get(name)
        is_same = (
            shared is not None
            and (shared.array.shape, shared.array.dtype) == (array.shape, array.dtype)
            and _address(session, name) == shared.address
        )
        if shared is None or not is_same:
            try:
                new = session.shared_array(name, array.shape, array.dtype)
            except ValueError as error:
                raise ShellError(f"-i {name}: {error}") from None
            address = _address(session, name)
            assert address is not None
            self._shared[name] = shared = _Shared(new, address)
        shared.array[...] = array


def _address(session: Session, name: str) -> int | None:
    """Where the program has a variable; None if it has none."""
    try:
        return int(session.value(f"(unsigned long)(void *)&{name}"))
    except (ShellError, ValueError):
        return None


def _is_array(value: object) -> bool:
    numpy = sys.modules.get("numpy")  # or there are none
    return numpy is not None and isinstance(value, numpy.ndarray)


def _without_numpy(value: Any) -> Any:
    """What is no array, but numpy's."""
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, numpy.ndarray | numpy.generic) or value.ndim:
        return value
    return value.item()


def _check(name: str, array: NDArray[Any]) -> None:
    if 0 in array.shape:
        raise ShellError(f"-i {name}: an array without elements; C and C++ have no such arrays")
