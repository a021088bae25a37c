"""Shows linked symbols to the dynamic linker, for libraries that are opened later.

A shared object without code, whose dynamic symbols are absolute: once it has been
opened with ``RTLD_GLOBAL``, a plug-in binds to functions of the session as it would
to those of a program (gABI, chapter 5, "Dynamic Linking").
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from runtime.addresses import PAGE_SIZE, ExecutorAddress
from runtime.objects import elf
from runtime.objects.elf import Array

OPENERS = frozenset({"dlopen", "dlmopen", "dlsym", "dlvsym"})
"""Code that refers to one of these may want libraries to see what has been linked."""

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")  # Elf64_Ehdr
_PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")  # Elf64_Phdr
_DYNAMIC = struct.Struct("<qQ")  # Elf64_Dyn
_PT_LOAD, _PT_DYNAMIC, _PT_GNU_STACK = 1, 2, 0x6474E551
_PF_W, _PF_R = 2, 4
_DT_NULL, _DT_STRTAB, _DT_SYMTAB, _DT_STRSZ, _DT_SYMENT, _DT_SONAME = 0, 5, 6, 10, 11, 14
_DT_GNU_HASH = 0x6FFFFEF5
_SONAME = b"forkrepl-symbols"
_SYMBOLS_PER_BUCKET = 4
_BLOOM_SHIFT = 26


class ExportedSymbol(Struct, frozen=True):
    """A name that libraries may bind to; ``size`` in bytes."""

    name: str
    address: ExecutorAddress
    size: int
    is_function: bool


def shared_object(symbols: Sequence[ExportedSymbol], machine: int) -> bytes:
    """An ELF file for a machine (``e_machine``) that defines the symbols at their addresses.

    It is loaded into memory that can be written (the dynamic linker does) and not
    run, and asks for no executable stack.
    """
    names = [symbol.name.encode("utf-8", "surrogateescape") for symbol in symbols]
    hashes = _gnu_hashes(names)
    buckets = max(len(symbols) // _SYMBOLS_PER_BUCKET, 1)
    order = np.argsort(hashes % buckets, kind="stable")
    strings = b"\0" + _SONAME + b"\0" + b"".join(name + b"\0" for name in names)
    lengths = np.array([len(name) + 1 for name in names], np.int64)
    first_name = len(_SONAME) + 2
    table = np.zeros(len(symbols) + 1, elf.SYMBOL)
    rows = table[1:]
    rows["name"] = (first_name + np.cumsum(lengths) - lengths)[order]
    kinds = [elf.STT_FUNC if symbol.is_function else elf.STT_OBJECT for symbol in symbols]
    rows["info"] = np.array(kinds, np.uint8)[order] | elf.STB_GLOBAL << 4
    rows["shndx"] = elf.SHN_ABS
    rows["value"] = np.array([symbol.address for symbol in symbols], np.uint64)[order]
    rows["size"] = np.array([symbol.size for symbol in symbols], np.uint64)[order]
    return _file(machine, table.tobytes(), _gnu_hash_table(hashes[order], buckets), strings)


def _file(machine: int, symbols: bytes, hash_table: bytes, strings: bytes) -> bytes:
    tags = (_DT_SYMTAB, _DT_GNU_HASH, _DT_STRTAB)
    dynamic_size = _DYNAMIC.size * (len(tags) + 4)
    dynamic_at = _HEADER.size + 3 * _PROGRAM_HEADER.size
    places, at = [], dynamic_at + dynamic_size
    for part in (symbols, hash_table, strings):
        places.append(at)
        at += len(part) + -len(part) % 8
    entries = [
        *zip(tags, places, strict=True),
        (_DT_STRSZ, len(strings)),
        (_DT_SYMENT, elf.SYMBOL.itemsize),
        (_DT_SONAME, 1),
        (_DT_NULL, 0),
    ]
    flags = _PF_R | _PF_W
    headers = [
        (_PT_LOAD, flags, 0, 0, 0, at, at, PAGE_SIZE),
        (_PT_DYNAMIC, flags, dynamic_at, dynamic_at, dynamic_at, dynamic_size, dynamic_size, 8),
        (_PT_GNU_STACK, flags, 0, 0, 0, 0, 0, 16),
    ]
    identification = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    pieces = [
        _HEADER.pack(
            *(identification, elf.ET_DYN, machine, 1, 0, _HEADER.size, 0, 0),
            *(_HEADER.size, _PROGRAM_HEADER.size, len(headers), 0, 0, 0),
        ),
        *(_PROGRAM_HEADER.pack(*header) for header in headers),
        *(_DYNAMIC.pack(*entry) for entry in entries),
        *(part + bytes(-len(part) % 8) for part in (symbols, hash_table, strings)),
    ]
    return b"".join(pieces)


def _gnu_hashes(names: list[bytes]) -> Array:
    """Bernstein's hash of each name (uint32[n]), one position of all names at a time."""
    lengths = np.array([len(name) for name in names], np.int64)
    starts = np.cumsum(lengths) - lengths
    data = np.frombuffer(b"".join(names), np.uint8)
    hashes = np.full(len(names), 5381, np.uint32)
    active = np.arange(len(names))
    position = 0
    while True:
        active = active[lengths[active] > position]
        if not len(active):
            return hashes
        hashes[active] = hashes[active] * np.uint32(33) + data[starts[active] + position]
        position += 1


def _gnu_hash_table(hashes: Array, buckets: int) -> bytes:
    """The ``DT_GNU_HASH`` section for symbols sorted by bucket, from symbol 1 on."""
    count = len(hashes)
    words = 1
    while words * 64 < count * 8:  # bits of the Bloom filter: a power of two of words
        words *= 2
    bloom = np.zeros(words, np.uint64)
    one = np.uint64(1)
    wide = hashes.astype(np.uint64)
    mask = one << wide % 64 | one << (wide >> np.uint64(_BLOOM_SHIFT)) % 64
    np.bitwise_or.at(bloom, (hashes // 64 % words).astype(np.int64), mask)
    bucket = hashes % buckets
    first = np.zeros(buckets, np.uint32)
    # Backwards, so that of each bucket its first symbol is the last to be stored.
    first[bucket[::-1]] = np.arange(count, 0, -1)
    chain = hashes & np.uint32(0xFFFFFFFE)
    last = np.append(bucket[1:] != bucket[:-1], True)[:count]
    chain[last] |= np.uint32(1)
    head = struct.pack("<IIII", buckets, 1, words, _BLOOM_SHIFT)
    return head + bloom.tobytes() + first.tobytes() + chain.tobytes()
