"""Arrays that Python and the program share: how C and C++ declare them."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, SupportsIndex

from repl.errors import ShellError
from repl.input.source import Source
from repl.session.array_types import (
    COMPLEX_HEADER,
    IDENTIFIER,
    declared,
    declared_struct,
    dtype_of,
    has_complex,
    sample,
)
from repl.session.values import shared_value
from runtime.addresses import ExecutorAddress
from runtime.errors import ExecutorError
from runtime.memory.shared import SharedMemory

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import DTypeLike, NDArray

    from repl.display.program_view import ProgramView
    from repl.display.types import ValueType
    from repl.program.printing import Inspect
    from repl.session.state import SessionState
    from repl.session.survival import Survival

Shape = SupportsIndex | Iterable[SupportsIndex]

_numbers = itertools.count(1)


class ArrayDeclaration:
    """``name``: a variable's; ``symbol``: what the linker calls it, as nothing else is
    called; ``size`` in bytes; ``text``: C and C++."""

    def __init__(self, name: str, shape: Shape, dtype: np.dtype[Any], type_name: str = "") -> None:
        """``type_name``: the program's type that the dtype is of; else one of C's, and for a
        structured dtype a struct is declared. Raises ValueError for what cannot be declared."""
        if not IDENTIFIER.fullmatch(name):
            raise ValueError(f"{name!r} cannot be the name of a variable")
        self.dtype = dtype
        self.shape = _lengths(shape)
        if any(length < 1 for length in self.shape) or not dtype.itemsize:
            what = self.shape if dtype.itemsize else "elements without a size"
            raise ValueError(
                f"an array of C has at least one element in each dimension, not {what}"
            )
        self.size = math.prod(self.shape) * dtype.itemsize
        self.symbol = f"__forkrepl_shared_{next(_numbers)}"
        before = COMPLEX_HEADER if not type_name and has_complex(dtype) else ""
        if dtype.names is not None and not type_name:
            type_name = f"struct {name}_t"
            before += declared_struct(dtype, f"{name}_t")
        variable = name + "".join(f"[{length}]" for length in self.shape)
        declaration = (
            f"__typeof__({type_name}) {variable}" if type_name else declared(dtype, variable)
        )
        self.text = f'{before}extern {declaration} __asm__("{self.symbol}");\n'

    def array(self, memory: SharedMemory) -> NDArray[Any]:
        """A view of the memory, which keeps that alive."""
        import numpy as np

        return np.ndarray(self.shape, self.dtype, memory.view)


class SharedArrays:
    """Those of a session. ``run``: takes an input; ``evaluate``: has a look at a value."""

    def __init__(
        self,
        state: SessionState,
        survival: Survival,
        run: Callable[[Source], object],
        evaluate: Callable[[str, Inspect[Any]], Any],
    ) -> None:
        self._state = state
        self._survival = survival
        self._run = run
        self._evaluate = evaluate

    def dtype(self, type_name: str) -> np.dtype[Any]:
        """See ``Session.dtype``."""
        type_: ValueType = self._evaluate(sample(type_name), lambda type_, *_: type_)
        return dtype_of(type_)

    def _chosen(self, dtype: DTypeLike | None, type_name: str | None) -> np.dtype[Any]:
        import numpy as np  # which takes 60 ms

        if type_name is None:
            return np.dtype(float if dtype is None else dtype)
        found = self.dtype(type_name)
        if dtype is not None and np.dtype(dtype) != found:
            raise ValueError(f"{type_name} is not {np.dtype(dtype)}, but {found}")
        return found

    def share(
        self, name: str, shape: Shape, dtype: DTypeLike | None, type_name: str | None
    ) -> NDArray[Any]:
        """See ``Session.shared_array``."""
        chosen = self._chosen(dtype, type_name)
        declaration = ArrayDeclaration(name, shape, chosen, type_name or "")
        self._check_possible()
        with _telling_shortage(declaration.size):
            memory = SharedMemory(declaration.size)
        with self._sharing(declaration.symbol, memory):
            self._run(Source(declaration.text, "shared_array"))
        return declaration.array(memory)

    def _check_possible(self) -> None:
        with self._survival.using_program() as program:
            if not program.can_share_memory:
                raise ShellError(
                    "an array can be shared with a program on this machine only, and this one is "
                    "reached by HOST:PORT: use a listener at unix:PATH, or none"
                )

    def empty(self, shape: Shape, dtype: DTypeLike | None, type_name: str | None) -> NDArray[Any]:
        """See ``Session.empty``."""
        import numpy as np

        chosen = self._chosen(dtype, type_name)
        if chosen.hasobject:
            raise ValueError(f"objects of Python's cannot be shared with a program: dtype {chosen}")
        lengths = _lengths(shape)
        if any(length < 0 for length in lengths):
            raise ValueError(f"an array cannot have {lengths} elements")
        size = math.prod(lengths) * chosen.itemsize
        program = self._state.program
        arenas = program.shared.arenas
        if (piece := arenas.allocate(size)) is None:
            self._check_possible()
            with _telling_shortage(size), self._survival.running_program(is_at_rest=True):
                arenas.add_arena(program.executor, size)
            piece = arenas.allocate(size)
        return np.ndarray(lengths, chosen, np.asarray(piece))

    def view(self, expression: str) -> Any:
        """See ``Session.view``."""

        def look(type_: ValueType, address: ExecutorAddress, view: ProgramView) -> Any:
            program = self._state.program
            shared = partial(program.shared.bytes_at, program.loaded)
            return shared_value(type_, address, view, shared)

        return self._evaluate(expression, look)

    def address_of(self, array: NDArray[Any]) -> ExecutorAddress | None:
        """Where the program has an array's first element, or a view's; None if not all of it is in
        memory that this session shares with its program."""
        first, start, end = _extent(array)
        program = self._state.program
        address = program.shared.address_of(program.loaded, start, end)
        return None if address is None else ExecutorAddress(address + first - start)

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


@contextmanager
def _telling_shortage(size: int) -> Iterator[None]:
    try:
        yield
    except (OSError, OverflowError, ValueError, ExecutorError) as error:
        raise ShellError(f"no memory for an array of {size} bytes: {error}") from error


def _lengths(shape: Shape) -> tuple[int, ...]:
    given = shape if isinstance(shape, Iterable) else (shape,)
    return tuple(operator.index(length) for length in given)


def _extent(array: NDArray[Any]) -> tuple[int, int, int]:
    """Where its first element is, and from where to where its elements are."""
    first = int(array.__array_interface__["data"][0])
    if not array.size:
        return first, first, first
    spans = [(length - 1) * step for length, step in zip(array.shape, array.strides, strict=True)]
    start = first + sum(span for span in spans if span < 0)
    return first, start, first + sum(span for span in spans if span > 0) + array.itemsize
