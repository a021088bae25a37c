"""Static libraries: GNU archives, thin ones too (ar(5), System V symbol index).

Members are pulled in by need: the archive's own index says which member defines a
symbol, so the others are never read.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Set
from pathlib import Path

from runtime.errors import ObjectFormatError, RuntimeFailure, printable
from runtime.objects.input_files import Contents, read_input_file

_MAGIC = b"!<arch>\n"
_THIN_MAGIC = b"!<thin>\n"
_HEADER = struct.Struct("16s12s6s6s8s10s2s")


def is_archive(data: bytes) -> bool:
    """Whether a file with these contents is an archive."""
    return data.startswith((_MAGIC, _THIN_MAGIC))


class Archive:
    """An archive's index and members. Offsets are those of the members' headers."""

    def __init__(self, path: Path, data: bytes) -> None:
        """Raises ObjectFormatError if it is damaged."""
        self.path = path
        self._data = data
        self._thin = data.startswith(_THIN_MAGIC)
        self._long_names = b""
        self.has_index = False
        self.index: dict[str, int] = {}
        """For each defined symbol, the member that defines it (the first that does)."""
        try:
            self._read_special_members()
        except (struct.error, ValueError, IndexError) as error:
            raise ObjectFormatError(f"{path}: damaged archive ({error})") from error

    def member(self, offset: int) -> tuple[str, Contents]:
        """Name, as ``libx.a(y.o)``, and contents of a member. Raises ObjectFormatError."""
        name, size = self._header(offset)
        readable = self._member_name(name)
        label = f"{self.path}({printable(readable)})"
        start = offset + _HEADER.size
        if not self._thin:
            return label, memoryview(self._data)[start : start + size]
        try:
            return label, read_input_file(self.path.parent / readable)
        except RuntimeFailure as error:
            raise ObjectFormatError(f"{label}: a thin archive's member: {error}") from error

    def offsets(self) -> Iterator[int]:
        """All ordinary members, in order (for ``--whole-archive``)."""
        for offset, name, _ in self._walk():
            if not _is_special(name):
                yield offset

    def only(self, labels: Set[str]) -> bytes:
        """The contents of an archive of only these members, not a thin one; nothing if it has
        none of them."""
        names, bodies, places = b"", b"", {}
        for offset in self.offsets():
            label, contents = self.member(offset)
            if label in labels:
                places[offset] = len(bodies)
                bodies += _packed(f"/{len(names)}", contents)
                names += os.fsencode(self._member_name(self._header(offset)[0])) + b"/\n"
        symbols = [(name, place) for name, place in self.index.items() if place in places]
        encoded = b"".join(name.encode("utf-8", "surrogateescape") + b"\0" for name, _ in symbols)
        table = _packed("//", names)
        # The index says where members begin, and is before them.
        head = len(_MAGIC) + len(_packed("/", bytes(4 * (len(symbols) + 1)) + encoded)) + len(table)
        offsets = [head + places[place] for _, place in symbols]
        index = struct.pack(f">I{len(symbols)}I", len(symbols), *offsets) + encoded
        return _MAGIC + _packed("/", index) + table + bodies if places else b""

    def _read_special_members(self) -> None:
        for offset, name, size in self._walk():
            start = offset + _HEADER.size
            contents = self._data[start : start + size]
            if name == "/":
                self._read_index(contents, ">I")
            elif name == "/SYM64/":
                self._read_index(contents, ">Q")
            elif name == "//":
                self._long_names = contents
            else:
                return  # they come first

    def _read_index(self, contents: bytes, word: str) -> None:
        self.has_index = True
        width = struct.calcsize(word)
        (count,) = struct.unpack_from(word, contents)
        if count > len(contents) // width:
            raise ValueError("its index is larger than the file")
        offsets = struct.unpack_from(f">{count}{word[1]}", contents, width)
        names = contents[width * (count + 1) :].split(b"\0", count)[:count]
        if len(names) < count:
            raise ValueError("its index has too few names")
        for name, offset in zip(names, offsets, strict=True):
            plain = name.partition(b"@@")[0]  # NAME@@VERSION: see elf.ObjectFile
            self.index.setdefault(plain.decode("utf-8", "surrogateescape"), offset)

    def _walk(self) -> Iterator[tuple[int, str, int]]:
        """Offset, raw name and size of every member."""
        offset = len(_MAGIC)
        while offset < len(self._data):
            name, size = self._header(offset)
            yield offset, name, size
            stored = size if not self._thin or _is_special(name) else 0
            offset += _HEADER.size + stored + (stored & 1)

    def _header(self, offset: int) -> tuple[str, int]:
        if not 0 <= offset <= len(self._data) - _HEADER.size:
            raise ObjectFormatError(f"{self.path}: damaged archive: no member at {offset}")
        name, _, _, _, _, size, end = _HEADER.unpack_from(self._data, offset)
        if end != b"`\n" or not size.strip().isdigit():
            raise ObjectFormatError(f"{self.path}: damaged archive: bad member header at {offset}")
        length = int(size)
        stored = not self._thin or _is_special(name.decode("ascii", "replace").rstrip())
        if stored and offset + _HEADER.size + length > len(self._data):
            raise ObjectFormatError(f"{self.path}: truncated archive")
        return name.decode("utf-8", "surrogateescape").rstrip(), length

    def _member_name(self, raw: str) -> str:
        if raw.startswith("/") and raw[1:].isdigit():  # an offset into the long names
            start = int(raw[1:])
            end = self._long_names.find(b"/\n", start)
            if start >= len(self._long_names) or end < 0:
                raise ObjectFormatError(
                    f"{self.path}: damaged archive: bad member name {printable(raw)}"
                )
            return os.fsdecode(self._long_names[start:end])
        return raw.rstrip("/")


def _packed(name: str, contents: Contents) -> bytes:
    """A member with its header."""
    header = _HEADER.pack(
        name.encode().ljust(16), b"0".ljust(12), *(b"0".ljust(6),) * 2, b"644".ljust(8),
        str(len(contents)).encode().ljust(10), b"`\n",
    )  # fmt: skip
    return header + bytes(contents) + b"\n" * (len(contents) & 1)


def _is_special(name: str) -> bool:
    return name in ("/", "//", "/SYM64/")
