"""Functions of C++ for each element of numpy arrays: the loop is in C++."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from repl.python.arguments import DTYPES
from repl.python.declared import is_single_function
from repl.python.errors import CallError
from repl.python.frame import Frame
from repl.python.glue import GLUE
from repl.python.results import BOOL, COMPLEX, FLOATING, SIGNED, UNSIGNED
from repl.python.sites import Site
from repl.python.spelling import Argument, HasArgument

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from repl.python.bridge import Bridge

_KINDS = {BOOL: "b", SIGNED: "i", UNSIGNED: "u", FLOATING: "f", COMPLEX: "c"}


class Vectorized:
    """A function for arrays, as numpy's own: arguments are broadcast, the result has their shape.
    Arrays that are shared are not copied."""

    def __init__(self, bridge: Bridge, name: str) -> None:
        self._bridge = bridge
        self._name = name
        is_strict = is_single_function(bridge.declared.find(name.lstrip(":").partition("<")[0]))
        self._site = Site(f"((void)$0, {name}($*))", is_strict=is_strict, form="loop", most=1)
        self._dtypes: dict[tuple[str, ...], np.dtype[Any]] = {}

    def __call__(self, *arguments: Any, out: NDArray[Any] | None = None) -> Any:
        """The result for each element; ``out``: where it is to be put, an array of the shape and
        dtype. Raises what ``Session.run`` raises: then ``out`` is as it was."""
        if not arguments:
            raise CallError("vectorize needs a function with arguments")
        arrays = [np.asarray(each) for each in arguments]
        shape = np.broadcast_shapes(*(array.shape for array in arrays))
        elements = [_Elements(array, shape) for array in arrays]
        key = tuple(array.dtype.char for array in arrays)
        with self._bridge.turns.take():
            if key not in self._dtypes:
                self._dtypes[key] = self._dtype(elements)
            dtype = self._dtypes[key]
            # Not an array that the program shares: new ones cost more than the copy, as theirs is
            # memory that the machine has to clear.
            results = np.empty(shape, dtype) if out is None else out
            loop = _Loop(shape, dtype, results)
            self._bridge.evaluate(self._site, (loop, *elements))
        return results if shape or out is not None else results[()]

    def _dtype(self, elements: list[_Elements]) -> np.dtype[Any]:
        told = self._bridge.evaluate(self._site, (_Loop((), None), *elements))
        kind, size = divmod(told, 256)
        return np.dtype(f"{_KINDS[kind]}{size}")

    def __repr__(self) -> str:
        return f"<C++ function {self._name.lstrip(':')} for arrays>"


class _Loop(HasArgument):
    """The shape of the results, and where they go when all are there. Without a dtype only that
    is asked."""

    def __init__(
        self,
        shape: tuple[int, ...],
        dtype: np.dtype[Any] | None,
        results: NDArray[Any] | None = None,
    ) -> None:
        self._shape = shape
        self._dtype = dtype
        self._results = results

    def _cpp_argument(self) -> Argument:
        return Argument("loop", ("0",), self._pack, slots=0)

    def _pack(self, frame: Frame, _: int) -> None:
        dtype, results = self._dtype, self._results
        if dtype is None or results is None:
            frame.put_head(0, 0)
            return
        count = int(np.prod(self._shape))
        address, view = frame.room.lend(max(1, count * dtype.itemsize))
        frame.put_head(count, address)

        def take() -> None:
            results[...] = np.frombuffer(view, dtype, count).reshape(self._shape)

        frame.after.append(take)


class _Elements(HasArgument):
    """One of the arrays."""

    def __init__(self, array: NDArray[Any], shape: tuple[int, ...]) -> None:
        cpp = DTYPES.get(array.dtype.char)
        if cpp is None or not array.dtype.isnative:
            raise CallError(f"an array of dtype {array.dtype} cannot be passed to C++")
        self._cpp = cpp
        is_one = array.size == 1
        self._stride = 0 if is_one else 1
        self._array = array if is_one else np.ascontiguousarray(np.broadcast_to(array, shape))

    def _cpp_argument(self) -> Argument:
        cpp = self._cpp
        element = f"static_cast<const {cpp} &>(__f.value<{cpp} *>(#)[__k * __f.size(#)])"
        is_integer = self._array.dtype.kind in "iu"
        checked = f"{GLUE}::Integer<{cpp}>{{{element}}}" if is_integer else element
        return Argument(("elements", cpp), (checked, element), self._pack)

    def _pack(self, frame: Frame, at: int) -> None:
        address = frame.room.address_of(self._array)
        if address is None:
            address, view = frame.room.lend(max(1, self._array.nbytes))
            copy = np.frombuffer(view, self._array.dtype, self._array.size)
            copy[:] = self._array.ravel()
        frame.put_word(at, address, self._stride)
