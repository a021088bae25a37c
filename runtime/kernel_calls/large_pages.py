"""A heap in pages of 2 MiB instead of 4 KiB.

The first touch of each page is an interruption by the kernel, which takes 0.5 us, and on virtual
machines 2 to 3: a link of ten megabytes has ten thousand of them, which is a third of its time.
See madvise(2), MADV_HUGEPAGE, and mallopt(3); where the kernel has no such pages, nothing changes.
"""

from __future__ import annotations

import ctypes
import mmap

_LARGE_PAGE = 2 << 20  # bytes, on x86-64 and mostly on aarch64
_MOST_AT_ONCE = 32 << 20  # bytes: a larger block never comes from the heap (mallopt(3))
_NO_SUCH_ADDRESS = ctypes.c_void_p(-1).value

# mallopt(3)
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
_NEVER = -1


def allocate_in_large_pages(size: int) -> None:
    """Let about ``size`` bytes that this process allocates next be in large pages.

    It keeps what it frees for itself from now on, so that a page is touched for the first time
    only once. For a process that soon ends.
    """
    libc = ctypes.CDLL(None)
    libc.sbrk.restype = libc.malloc.restype = ctypes.c_void_p
    libc.sbrk.argtypes = [ctypes.c_ssize_t]
    libc.malloc.argtypes = [ctypes.c_size_t]
    libc.free.argtypes = [ctypes.c_void_p]
    libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    libc.mallopt(_M_MMAP_THRESHOLD, _MOST_AT_ONCE)
    libc.mallopt(_M_TRIM_THRESHOLD, _NEVER)
    libc.mallopt(_M_TOP_PAD, min(size, (1 << 31) - 1))
    start = libc.sbrk(0)
    libc.free(libc.malloc(min(size, _MOST_AT_ONCE - _LARGE_PAGE)))  # makes the heap longer
    libc.mallopt(_M_TOP_PAD, 0)
    end = libc.sbrk(0)
    if _NO_SUCH_ADDRESS in (start, end):
        return
    first, last = -(-start // _LARGE_PAGE) * _LARGE_PAGE, end // _LARGE_PAGE * _LARGE_PAGE
    if first < last:
        libc.madvise(first, last - first, mmap.MADV_HUGEPAGE)
