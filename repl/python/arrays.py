"""Arrays of C++: ``double cells[2][3]`` as a variable or a member."""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Any

from repl.python.objects import CppObject
from repl.python.sites import Site, assignments

if TYPE_CHECKING:
    from collections.abc import Iterator

_LENGTHS = re.compile(r"\[(\d+)\](\[\d+\])*$")
_READ = Site("($0[$1])", observes=True)
_WRITE = Site(*assignments("$0[$1]", "$2"), is_strict=True)


def is_array(type_name: str) -> bool:
    """Whether a type is that of an array whose length is known."""
    return _LENGTHS.search(type_name) is not None


class CppArray(CppObject):
    """As a list of a fixed length: an element that is an object or an array is a proxy."""

    __slots__ = ()

    def __len__(self) -> int:
        found = _LENGTHS.search(self._cpp_type)
        return int(found[1]) if found else 0

    def _cpp_pointer_type(self) -> str:
        return _LENGTHS.sub(lambda found: f"(*){found[0]}", self._cpp_type)

    def _cpp_index(self, index: Any) -> int:
        count, position = len(self), operator.index(index)
        if not -count <= position < count:
            raise IndexError(f"index {position} of {count} elements")
        return position % count

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        if isinstance(index, tuple):
            found: Any = self
            for each in index:
                found = found[each]
            return found
        return self._cpp_bridge_.evaluate(_READ, (self, self._cpp_index(index)), self)

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, slice):
            places = range(*index.indices(len(self)))
            values = list(value)
            if len(places) != len(values):
                raise ValueError(f"{len(values)} values for {len(places)} elements")
            for place, each in zip(places, values, strict=True):
                self[place] = each
        elif isinstance(index, tuple) and index:
            self[index[:-1]][index[-1]] = value
        else:
            self._cpp_bridge_.evaluate(_WRITE, (self, self._cpp_index(index), value))

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        if isinstance(other, CppArray) and other._cpp_address == self._cpp_address:
            return True
        if isinstance(other, (CppArray, list, tuple)):
            return len(self) == len(other) and all(map(operator.eq, self, other))
        return NotImplemented

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = CppObject.__hash__

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """A numpy array: of numbers, a copy."""
        import numpy as np

        if copy is False:
            raise ValueError("the elements are in the program: a copy cannot be avoided")
        return np.array(self._cpp_bridge_.value_of(self), dtype)
