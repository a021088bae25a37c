"""Arrays that Python and the program share: how C and C++ declare them."""

from __future__ import annotations

import itertools
import math
import operator
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, SupportsIndex

from repl.errors import ShellError
from repl.input.source import Source
from runtime.memory.shared import SharedMemory

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import DTypeLike, NDArray

    from repl.session.state import SessionState
    from repl.session.survival import Survival

Shape = SupportsIndex | Iterable[SupportsIndex]

_IDENTIFIER = re.compile("[A-Za-z_][A-Za-z_0-9]*")
_TYPES = {
    "?": "\n#ifdef __cplusplus\nbool\n#else\n_Bool\n#endif\n",
    "i1": "signed char",
    "i2": "short",
    "i4": "int",
    "i8": "long",
    "u1": "unsigned char",
    "u2": "unsigned short",
    "u4": "unsigned",
    "u8": "unsigned long",
    "f4": "float",
    "f8": "double",
}
_numbers = itertools.count(1)


class ArrayDeclaration:
    """``name``: a variable's; ``symbol``: what the linker calls it, as nothing else is
    called; ``size`` in bytes; ``text``: C and C++."""

    def __init__(self, name: str, shape: Shape, dtype: DTypeLike) -> None:
        """Raises ValueError for what cannot be declared."""
        import numpy as np  # which takes 60 ms

        if not _IDENTIFIER.fullmatch(name):
            raise ValueError(f"{name!r} cannot be the name of a variable")
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        element = _element_type(self.dtype)
        self.shape = _lengths(shape)
        self.size = math.prod(self.shape) * self.dtype.itemsize
        self.symbol = f"__forkrepl_shared_{next(_numbers)}"
        lengths = "".join(f"[{length}]" for length in self.shape)
        self.text = f'extern {element} {name}{lengths} __asm__("{self.symbol}");\n'

    def array(self, memory: SharedMemory) -> NDArray[Any]:
        """A view of the memory, which keeps that alive."""
        import numpy as np

        return np.frombuffer(memory.view, self.dtype).reshape(self.shape)


class SharedArrays:
    """Those of a session. ``run``: takes an input."""

    def __init__(
        self, state: SessionState, survival: Survival, run: Callable[[Source], object]
    ) -> None:
        self._state = state
        self._survival = survival
        self._run = run

    def share(self, declaration: ArrayDeclaration) -> NDArray[Any]:
        """See ``Session.shared_array``."""
        with self._survival.using_program() as program:
            is_possible = program.can_share_memory
        if not is_possible:
            raise ShellError(
                "an array can be shared with a program on this machine only, and this one is "
                "reached by HOST:PORT: use a listener at unix:PATH, or none"
            )
        try:
            memory = SharedMemory(declaration.size)
        except (OSError, OverflowError, ValueError) as error:
            raise ShellError(
                f"no memory for an array of {declaration.size} bytes: {error}"
            ) from error
        with self._sharing(declaration.symbol, memory):
            self._run(Source(declaration.text, "shared_array"))
        return declaration.array(memory)

    @contextmanager
    def _sharing(self, symbol: str, memory: SharedMemory) -> Iterator[None]:
        """Map memory in the program for good; if the context fails it is taken away."""
        try:
            with self._survival.running_program():
                self._state.program.share(symbol, memory)
            self._survival.program_changed()  # what it goes back to has the memory, too
            yield
        except BaseException:
            self._state.program.unshare(symbol)
            memory.close()
            raise


def _element_type(dtype: np.dtype[Any]) -> str:
    code = "?" if dtype.kind == "b" else f"{dtype.kind}{dtype.itemsize}"
    if code not in _TYPES or not dtype.isnative:
        raise ValueError(
            f"no type of C's for elements of dtype {dtype}: bool, integers of 1, 2, 4 and 8 "
            "bytes, float32 and float64 can be shared"
        )
    return _TYPES[code]


def _lengths(shape: Shape) -> tuple[int, ...]:
    given = shape if isinstance(shape, Iterable) else (shape,)
    lengths = tuple(operator.index(length) for length in given)
    if any(length < 1 for length in lengths):
        raise ValueError(f"an array of C has at least one element in each dimension, not {lengths}")
    return lengths
