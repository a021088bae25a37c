"""Importing msgspec without what it can do without: imported before it by the programs that are
all ours, the command and the code generator.

Where typing_extensions is installed, as it is beside a Jupyter, msgspec imports it, for names that
Python's own typing has since 3.11: that takes an eighth of the code generator's start, and a
fortieth of the command's. For a moment there is none, and msgspec takes the others. Who uses the
library may need it in msgspec, so this is nothing for them.
"""

from __future__ import annotations

import sys
from typing import Any

_NOT_NEEDED = "typing_extensions"

if _NOT_NEEDED not in sys.modules and "msgspec" not in sys.modules:
    modules: dict[str, Any] = sys.modules
    modules[_NOT_NEEDED] = None  # which makes importing it an ImportError
    try:
        import msgspec  # noqa: F401
    finally:
        del modules[_NOT_NEEDED]
