"""How LLVM's C++ library lays out its classes, where that is not as in GNU's.

Made for version 22's (ABI version 1); versions from 14 on are read, too. All that is said of
``libstdcxx`` holds here as well; what the two have alike, or call differently, is read there.
"""

from __future__ import annotations

from repl.display.libcxx import containers, wrappers
from repl.display.libstdcxx.reader import Reader

READERS: dict[str, Reader] = {**containers.READERS, **wrappers.READERS}
