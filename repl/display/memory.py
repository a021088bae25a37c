"""The program's memory, read page by page and kept while one value is shown."""

from __future__ import annotations

from collections.abc import Callable

from runtime.addresses import PAGE_SIZE, USER_SPACE_END, ExecutorAddress

ReadMemory = Callable[[ExecutorAddress, int], bytes]
"""Up to so many bytes; fewer where memory cannot be read, or is not known."""

_LARGE = 1 << 16  # bytes: read at once and not kept
_PIECE = 1 << 24  # bytes in one request


class Unreadable(Exception):
    """Some bytes cannot be read; ``address`` is where that began."""

    def __init__(self, address: int) -> None:
        super().__init__(f"cannot read memory at {address:#x}")
        self.address = address


class Memory:
    """One value's view of memory. Asking for the next element costs no round trip to the
    program if it is on a page that has been read. ``known``: what has come without one."""

    def __init__(self, read: ReadMemory, known: ReadMemory) -> None:
        self._read = read
        self._known = known
        self._pages: dict[int, bytes] = {}

    def read(self, address: int, size: int) -> bytes:
        """Exactly ``size`` bytes. Raises Unreadable."""
        data = self.read_some(address, size)
        if len(data) < size:
            raise Unreadable(address + len(data))
        return data

    def read_some(self, address: int, size: int) -> bytes:
        """Up to ``size`` bytes, fewer where memory cannot be read."""
        if address < 0 or address >= USER_SPACE_END:
            return b""
        size = min(size, USER_SPACE_END - address)
        if known := self._known(ExecutorAddress(address), size):
            return known
        if size > _LARGE:
            return self._read_pieces(address, size)
        pieces = []
        while size > 0:
            start = address % PAGE_SIZE
            piece = self._page(address - start)[start : start + size]
            if not piece:
                break
            pieces.append(piece)
            address += len(piece)
            size -= len(piece)
        return b"".join(pieces)

    def _page(self, address: int) -> bytes:
        if address not in self._pages:
            self._pages[address] = self._read(ExecutorAddress(address), PAGE_SIZE)
        return self._pages[address]

    def _read_pieces(self, address: int, size: int) -> bytes:
        pieces = []
        while size > 0:
            wanted = min(size, _PIECE)
            piece = self._read(ExecutorAddress(address), wanted)
            pieces.append(piece)
            if len(piece) < wanted:
                break
            address += wanted
            size -= wanted
        return b"".join(pieces)
