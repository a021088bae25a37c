"""How the GNU C++ library lays out its classes: what they mean, from their memory.

Made for GCC 12's, whose layout has been the same since GCC 5 (``_GLIBCXX_USE_CXX11_ABI``).
Members are found by their names in the type that the frontend describes. Only nodes of
lists, trees and hash tables are known by their place, because the types of these are
not part of the container's. A class that does not have the members is shown like any other.

Nothing read here is believed: a length or pointer that cannot be raises Corrupt.
Each module has a table ``READERS`` from qualified names to readers; start with
``sequences``.
"""

from __future__ import annotations

from repl.display.libstdcxx import (
    associative,
    errors,
    functions,
    iterators,
    ownership,
    sequences,
    strings,
    synchronization,
    times,
    wrappers,
)
from repl.display.libstdcxx.reader import Reader

READERS: dict[str, Reader] = {
    **sequences.READERS,
    **associative.READERS,
    **strings.READERS,
    **wrappers.READERS,
    **ownership.READERS,
    **times.READERS,
    **functions.READERS,
    **errors.READERS,
    **iterators.READERS,
    **synchronization.READERS,
}
