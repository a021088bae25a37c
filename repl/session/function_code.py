"""What the functions of an object do, to be compared: their code apart from where things are."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtime.objects.elf import ObjectFile

_CONSTANT = 64  # bytes of a constant that are compared


def function_code(name: str, machine_code: bytes) -> dict[str, bytes]:
    """A digest for each global function. ``name``: of the object's unit."""
    if not machine_code:
        return {}
    from hashlib import blake2b  # slow to import

    from runtime.objects import elf  # needs numpy
    from runtime.objects.object_reader import read_object

    read = read_object(name, machine_code)
    references = _references(read)
    found = {}
    is_function = read.symbols["info"] & 0xF == elf.STT_FUNC
    is_global = read.symbols["info"] >> 4 != elf.STB_LOCAL
    for index in (is_function & is_global & (read.symbol_sections >= 0)).nonzero()[0].tolist():
        section, symbol = int(read.symbol_sections[index]), read.symbols[index]
        start, size = int(symbol["value"]), int(symbol["size"])
        digest = blake2b(_contents(read, section, start, size), digest_size=16)
        known = references.get(section, [])
        for offset, kind, target in known[bisect_left(known, (start,)) :]:
            if offset >= start + size:
                break
            digest.update(b"%d %d " % (offset - start, kind) + target)
        found[read.symbol_name(index)] = digest.digest()
    return found


def _contents(read: ObjectFile, section: int, start: int, size: int) -> bytes:
    first = int(read.sections[section]["offset"]) + start
    return bytes(memoryview(read.data)[first : first + size])


def _references(read: ObjectFile) -> dict[int, list[tuple[int, int, bytes]]]:
    """Of each section the relocations in order: offset, kind, and what they refer to."""
    import numpy as np

    from runtime.objects import elf

    found: dict[int, list[tuple[int, int, bytes]]] = {}
    for index in np.flatnonzero(read.sections["type"] == elf.SHT_RELA).tolist():
        target = int(read.sections[index]["info"])
        if not read.sections[target]["flags"] & elf.SHF_EXECINSTR:
            continue
        entries = np.frombuffer(read.relocations(index), elf.RELA)
        found[target] = sorted(
            (int(e["offset"]), int(e["type"]), _target(read, int(e["symbol"]), int(e["addend"])))
            for e in entries
        )
    return found


def _target(read: ObjectFile, symbol: int, addend: int) -> bytes:
    """The name with the offset, or of what has none, as a string, the contents."""
    from runtime.objects import elf

    entry, section = read.symbols[symbol], int(read.symbol_sections[symbol])
    if entry["info"] >> 4 != elf.STB_LOCAL or section < 0:
        return f"{read.symbol_name(symbol)}+{addend}".encode("utf-8", "surrogateescape")
    flags = read.sections[section]["flags"]
    if flags & (elf.SHF_WRITE | elf.SHF_EXECINSTR) or read.sections[section]["type"] == (
        elf.SHT_NOBITS
    ):
        return read.section_names[section].encode("utf-8", "surrogateescape")
    at = int(entry["value"]) + addend + 4  # the field is relative to its own end
    return _contents(read, section, max(at, 0), _CONSTANT).partition(b"\0")[0]
