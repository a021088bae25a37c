"""Memory that this process and the program both read and write: a file in memory.

It has no name that others could open, and is gone with the last process that maps it.
"""

from __future__ import annotations

import ctypes
import mmap
import os

from runtime.kernel_calls.memory_files import create_shared_memory


class SharedMemory:
    """``view``: of all of it, zero at first. ``descriptor``: to map it elsewhere, until
    ``close``; the view stays as long as somebody uses it."""

    def __init__(self, size: int) -> None:
        """``size`` in bytes, not 0. Raises OSError, and OverflowError for what no address
        space holds."""
        self.size = size
        self.descriptor = create_shared_memory("forkrepl-shared", size)
        try:
            self.view = mmap.mmap(self.descriptor, size, mmap.MAP_SHARED)
        except BaseException:
            self.close()
            raise

    @property
    def start(self) -> int:
        """The address of the view."""
        return ctypes.addressof(ctypes.c_char.from_buffer(self.view))

    def close(self) -> None:
        """It will not be mapped again; nothing happens the second time."""
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)
