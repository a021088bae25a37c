"""Changes to files: of bytes, of blocks, and of single fields of their structure."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

import numpy as np
from msgspec import Struct

from runtime.objects import elf
from runtime.objects.object_reader import read_object
from tests.fuzz.damage import EDGES

_ARCHIVES = (b"!<arch>\n", b"!<thin>\n")
_MEMBER_HEADER = {"name": 16, "date": 12, "owner": 6, "group": 6, "mode": 8, "size": 10, "end": 2}
_HEADER_FIELDS = {"type": 2, "machine": 2, "version": 4, "entry": 8, "phoff": 8, "shoff": 8}
_HEADER_FIELDS |= {"flags": 4, "ehsize": 2, "phentsize": 2, "phnum": 2}
_HEADER_FIELDS |= {"shentsize": 2, "shnum": 2, "shstrndx": 2}


class Field(Struct, frozen=True):
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
    for index, section in enumerate(read_object("sample.o", data).sections):
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


class SetField(Struct, frozen=True, tag=True):
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


class Replace(Struct, frozen=True, tag=True):
    """Put ``new`` in the place of ``length`` bytes: a changed byte, an insertion, a cut."""

    offset: int
    length: int
    new: bytes

    def apply(self, data: bytes) -> bytes:
        """The changed file."""
        return data[: self.offset] + self.new + data[self.offset + self.length :]


class Splice(Struct, frozen=True, tag=True):
    """Copy ``length`` bytes from one place over those at another."""

    source: int
    target: int
    length: int

    def apply(self, data: bytes) -> bytes:
        """The changed file."""
        block = data[self.source : self.source + self.length]
        return data[: self.target] + block + data[self.target + self.length :]


Mutation = SetField | Replace | Splice

_EDGES = [*EDGES, 0xFF00, 0xFFF1, 0xFFF2, 1 << 46]
_PIECES = [b"\0", b"\n", b"\xff" * 8, b"\0" * 64, b"\x7fELF\2\1\1", b"!<arch>\n", b"!<thin>\n"]
_PIECES += [b"GROUP (", b"INPUT(", b"(", b")", b"/*", b"*/", b" x.so ", b"../", b"\xed\xb3\xbf"]
_PIECES += [b".ctors.", b".init_array.x", b".eh_frame", b"__dso_handle", b"\x1b[31m"]


def some_mutation(random: Random, data: bytes, fields: dict[str, list[Field]]) -> Mutation:
    """A change of a file with these contents and fields."""
    # Mostly fields: what shifts all that follows is soon refused.
    if fields and random.randrange(4):
        kind = random.choice(sorted(fields))
        return _change_of_field(random, data, kind, fields[kind])
    offset = random.randint(0, max(len(data) - 1, 0))
    length = random.choice([1, 2, 4, 8, 24, 64, random.randint(0, len(data))])
    piece = random.choice([*_PIECES, random.randbytes(random.randint(1, 9))])
    changes: list[Mutation] = [
        Replace(offset, 1, random.randbytes(1)),
        Replace(offset, 0, piece),
        Replace(offset, length, b""),
        Replace(offset, len(data), b""),  # truncated
        Splice(offset, random.randint(0, max(len(data) - 1, 0)), length),
    ]
    return random.choice(changes)


def _change_of_field(random: Random, data: bytes, kind: str, fields: list[Field]) -> Mutation:
    size = len(data)
    where, other = random.choice(fields), random.choice(fields)
    return random.choice(
        [
            SetField(where, kind, random.choice([*_EDGES, size - 1, size, size + 1]), False),
            SetField(where, kind, random.randint(-9, 9), True),
            SetField(where, kind, _number(data[other.offset :][: other.size], other), False),
        ]
    )
