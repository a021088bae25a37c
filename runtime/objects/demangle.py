"""C++ names as people write them, by the C++ library's own demangler."""

from __future__ import annotations

import ctypes
import functools

from runtime.errors import printable


@functools.cache
def _libraries() -> tuple[ctypes.CDLL, ctypes.CDLL] | None:
    try:
        return ctypes.CDLL("libstdc++.so.6"), ctypes.CDLL(None)
    except OSError:
        return None


def demangle(name: str) -> str:
    """``_Z1fi`` becomes ``f(int)``; what is no C++ name stays as it is, but ``printable``."""
    return printable(_demangle(name))


def _demangle(name: str) -> str:
    libraries = _libraries() if name.startswith("_Z") else None
    if libraries is None:
        return name
    cxx, libc = libraries
    function = cxx.__cxa_demangle
    function.restype = ctypes.c_void_p
    status = ctypes.c_int()
    # A C string of its own making: it says so by being NULL when it fails.
    address = function(name.encode("utf-8", "surrogateescape"), None, None, ctypes.byref(status))
    if not address:
        return name
    try:
        return ctypes.string_at(address).decode("utf-8", "replace")
    finally:
        libc.free.argtypes = [ctypes.c_void_p]
        libc.free(address)
