"""Changes to files: of bytes, of blocks, and of single fields of their structure."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

from runtime.objects import elf

_ARCHIVES = (b"!<arch>\n", b"!<thin>\n")
_MEMBER_HEADER = {"name": 16, "date": 12, "owner": 6, "group": 6, "mode": 8, "size": 10, "end": 2}
_HEADER_FIELDS = {"type": 2, "machine": 2, "version": 4, "entry": 8, "phoff": 8, "shoff": 8}
_HEADER_FIELDS |= {"flags": 4, "ehsize": 2, "phentsize": 2, "phnum": 2}
_HEADER_FIELDS |= {"shentsize": 2, "shnum": 2, "shstrndx": 2}


@dataclass(frozen=True, slots=True)
class Field:
    """A number of the file format: little-endian, big-endian, or as decimal text."""

    offset: int
    size: int
    form: str = "little"


@dataclass(slots=True)
class Structure:
    """The fields of a file by kind, such as ``section.size``."""

    fields: dict[str, list[Field]] = field(default_factory=dict)

    def add(self, kind: str, offset: int, size: int, form: str = "little") -> None:
        """One more field of this kind."""
        self.fields.setdefault(kind, []).append(Field(offset, size, form))


def structure(data: bytes) -> Structure:
    """Find the fields of an undamaged file; a text has none."""
    found = Structure()
    if data.startswith(_ARCHIVES):
        _archive_fields(found, data)
    elif data.startswith(b"\x7fELF") and len(data) > 64 and data[16] == elf.ET_REL:
        _object_fields(found, data, 0)
    return found


def _object_fields(found: Structure, data: bytes, base: int) -> None:
    """``base``: where the object starts in the file that is changed."""
    for offset in range(16):
        found.add("header.ident", base + offset, 1)
    place = base + 16
    for name, size in _HEADER_FIELDS.items():
        found.add(f"header.{name}", place, size)
        place += size
    table = elf.EHDR.unpack_from(data)[6]
    for index, section in enumerate(elf.read_object("sample.o", data).sections):
        _row(found, "section", elf.SECTION, base + table + index * elf.SECTION.itemsize)
        start, size = base + int(section["offset"]), int(section["size"])
        if section["type"] == elf.SHT_SYMTAB:
            for row in range(start, start + size, elf.SYMBOL.itemsize):
                _row(found, "symbol", elf.SYMBOL, row)
        elif section["type"] == elf.SHT_RELA:
            for row in range(start, start + size, elf.RELA.itemsize):
                _row(found, "relocation", elf.RELA, row)
        elif section["type"] in (elf.SHT_GROUP, elf.SHT_SYMTAB_SHNDX):
            for word in range(start, start + size, 4):
                found.add("group or index", word, 4)


def _row(found: Structure, kind: str, dtype: np.dtype[np.void], start: int) -> None:
    for name in dtype.names or ():
        field_type = dtype[name]
        found.add(f"{kind}.{name}", start, field_type.itemsize)
        start += field_type.itemsize


def _archive_fields(found: Structure, data: bytes) -> None:
    place = 8
    thin = data.startswith(_ARCHIVES[1])
    while place < len(data):
        offset = place
        for kind, width in _MEMBER_HEADER.items():
            found.add(f"member.{kind}", offset, width, "text")
            offset += width
        name, size = data[place : place + 16].rstrip(), int(data[place + 48 : place + 58])
        stored = size if not thin or name in (b"/", b"//", b"/SYM64/") else 0
        start = place + 60
        if name in (b"/", b"/SYM64/"):
            width = 4 if name == b"/" else 8
            count = int.from_bytes(data[start : start + width], "big")
            for word in range(count + 1):
                found.add("index", start + width * word, width, "big")
        elif name != b"//" and stored:
            _object_fields(found, data[start : start + size], start)
        place += 60 + stored + stored % 2


@dataclass(frozen=True, slots=True)
class SetField:
    """Give a field a value: ``value`` itself, or with ``relative`` its old one plus it."""

    where: Field
    kind: str
    value: int
    relative: bool

    def apply(self, data: bytes) -> bytes:
        """The changed file."""
        where = self.where
        old = data[where.offset : where.offset + where.size]
        if len(old) < where.size:
            return data
        value = self.value + (_number(old, where) if self.relative else 0)
        if where.form == "text":
            new = str(value).encode().ljust(where.size)[: where.size]
        else:
            wrapped = value % (1 << 8 * where.size)
            new = wrapped.to_bytes(where.size, "big" if where.form == "big" else "little")
        return data[: where.offset] + new + data[where.offset + where.size :]


def _number(text: bytes, where: Field) -> int:
    if where.form == "text":
        return int(text) if text.strip().isdigit() else 0
    return int.from_bytes(text, "big" if where.form == "big" else "little")


@dataclass(frozen=True, slots=True)
class Replace:
    """Put ``new`` in the place of ``length`` bytes: a changed byte, an insertion, a cut."""

    offset: int
    length: int
    new: bytes

    def apply(self, data: bytes) -> bytes:
        """The changed file."""
        return data[: self.offset] + self.new + data[self.offset + self.length :]


@dataclass(frozen=True, slots=True)
class Splice:
    """Copy ``length`` bytes from one place over those at another."""

    source: int
    target: int
    length: int

    def apply(self, data: bytes) -> bytes:
        """The changed file."""
        block = data[self.source : self.source + self.length]
        return data[: self.target] + block + data[self.target + self.length :]


Mutation = SetField | Replace | Splice

_EDGES = [0, 1, 2, 3, 7, 8, 9, 0x7F, 0x80, 0xFF, 0x100, 0xFFF, 0x1000, 0x7FFF, 0xFF00, 0xFFF1]
_EDGES += [0xFFF2, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 32, 1 << 46, 1 << 47]
_EDGES += [(1 << 63) - 1, 1 << 63, (1 << 64) - 4096, (1 << 64) - 8, (1 << 64) - 1]
_PIECES = [b"\0", b"\n", b"\xff" * 8, b"\0" * 64, b"\x7fELF\2\1\1", b"!<arch>\n", b"!<thin>\n"]
_PIECES += [b"GROUP (", b"INPUT(", b"(", b")", b"/*", b"*/", b" x.so ", b"../", b"\xed\xb3\xbf"]
_PIECES += [b".ctors.", b".init_array.x", b".eh_frame", b"__dso_handle", b"\x1b[31m"]


def mutations(data: bytes, fields: dict[str, list[Field]]) -> st.SearchStrategy[Mutation]:
    """A change of a file with these contents and fields."""
    offsets = st.integers(0, max(len(data) - 1, 0))
    lengths = st.sampled_from([1, 2, 4, 8, 24, 64]) | st.integers(0, len(data))
    pieces = st.sampled_from(_PIECES) | st.binary(min_size=1, max_size=9)
    simple: list[st.SearchStrategy[Mutation]] = [
        st.builds(Replace, offsets, st.just(1), st.binary(min_size=1, max_size=1)),
        st.builds(Replace, offsets, st.just(0), pieces),
        st.builds(Replace, offsets, lengths, st.just(b"")),
        st.builds(Replace, offsets, st.just(len(data)), st.just(b"")),  # truncated
        st.builds(Splice, offsets, offsets, lengths),
    ]
    if not fields:
        return st.one_of(simple)
    structured = st.sampled_from(sorted(fields)).flatmap(
        lambda kind: _field_mutations(data, kind, fields[kind])
    )
    # Mostly fields: what shifts all that follows is soon refused.
    return st.one_of(*[structured] * 3 * len(simple), *simple)


def _field_mutations(data: bytes, kind: str, fields: list[Field]) -> st.SearchStrategy[Mutation]:
    size = len(data)
    others = [_number(data[other.offset : other.offset + other.size], other) for other in fields]
    edges = st.sampled_from([*_EDGES, size - 1, size, size + 1])
    where = st.sampled_from(fields)
    name = st.just(kind)
    return st.one_of(
        st.builds(SetField, where, name, edges, st.just(False)),
        st.builds(SetField, where, name, st.integers(-9, 9), st.just(True)),
        st.builds(SetField, where, name, st.sampled_from(others), st.just(False)),
    )
