"""From an address in linked code to the function and the line of its source.

Functions come from the symbol table; lines, and functions that were inlined, from the
debug sections (DWARF 5, chapters 3.3.8 and 6.2), read by pyelftools. That takes
milliseconds for a snippet, and is done only when something has crashed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from runtime.debugging.debug_sections import debug_information
from runtime.errors import printable
from runtime.objects import elf
from runtime.objects.demangle import demangle
from runtime.objects.placed_object import PlacedObject

_MOST_DIE_BYTES = 1 << 18  # of .debug_info: half a second


class Place(Struct, frozen=True):
    """Where an instruction comes from.

    ``unit``: the object's name, for a snippet the input's; ``function``: demangled,
    and ``symbol``: as in the symbol table (of inlined functions the same), both empty
    where unknown; ``file``, ``line`` and ``column``: empty and 0 where unknown.
    """

    unit: str
    function: str = ""
    symbol: str = ""
    file: str = ""
    line: int = 0
    column: int = 0


def describe(placed: PlacedObject, address: int) -> list[Place]:
    """The function that holds an address, after those that are inlined there, the
    innermost first. Whatever the object's debug information looks like."""
    found = placed.symbol_at(address, elf.STT_FUNC)
    symbol = found[0] if found else ""
    place = Place(printable(placed.name), demangle(symbol), symbol)
    try:
        return _with_lines(place, debug_information(placed), address)
    except Exception:  # somebody else's object, or a form that pyelftools does not know
        return [place]


def line_programs(placed: PlacedObject) -> list[Any]:
    """pyelftools' line tables of an object, as far as it understands them."""
    try:
        dwarf = debug_information(placed)
        programs = map(dwarf.line_program_for_CU, dwarf.iter_CUs()) if dwarf is not None else ()
        return [program for program in programs if program is not None]
    except Exception:  # see describe
        return []


def _with_lines(place: Place, dwarf: Any, address: int) -> list[Place]:
    """``place`` with its line, after the functions inlined there."""
    for unit in dwarf.iter_CUs() if dwarf is not None else ():
        program = dwarf.line_program_for_CU(unit)
        row = _row_at(program, address) if program is not None else None
        if row is not None:
            inner = _located(place, program, row.file, row.line, row.column)
            return _with_inlined(inner, unit, program, address)
    return [place]


def _row_at(program: Any, address: int) -> Any:
    """The row of the line table that covers an address, or None."""
    previous = None
    for entry in program.get_entries():
        state = entry.state
        if state is None:
            continue
        if previous is not None and previous.address <= address < state.address:
            return previous
        previous = None if state.end_sequence else state
    return None


def _located(place: Place, program: Any, number: int, line: int, column: int) -> Place:
    # Line 0: the compiler made it, from no line.
    return replace(place, file=_file_name(program, number), line=line, column=column)


def _file_name(program: Any, number: int) -> str:
    """As the compiler was told; relative to where it ran."""
    header = program.header
    first = 0 if header.version >= 5 else 1
    if not 0 <= number - first < len(header.file_entry):
        return ""
    entry = header.file_entry[number - first]
    name = _text(entry.name)
    # Directory 0 is where the compiler ran.
    if entry.dir_index == 0 or name.startswith("/"):
        return name
    return f"{_text(header.include_directory[entry.dir_index - 1 + (first == 0)])}/{name}"


def _text(name: bytes) -> str:
    return printable(name.decode("utf-8", "surrogateescape"))


def _with_inlined(outer: Place, unit: Any, program: Any, address: int) -> list[Place]:
    """``outer`` has the line of the instruction, which is that of the innermost function;
    each function around it has the line of the call that was inlined."""
    places = [outer]
    if unit.size > _MOST_DIE_BYTES:
        return places
    for call in _inlined_at(unit.get_top_DIE(), address):
        inner = replace(places[0], function=_name_of(call))
        line, column = _number(call, "DW_AT_call_line"), _number(call, "DW_AT_call_column")
        file = _number(call, "DW_AT_call_file")
        places[0] = _located(places[0], program, file, line, column)
        places.insert(0, inner)
    return places


def _inlined_at(die: Any, address: int) -> Iterator[Any]:
    """The inlined calls around an address, the outermost first."""
    for child in die.iter_children():
        if child.tag in ("DW_TAG_namespace", "DW_TAG_module"):
            yield from _inlined_at(child, address)
        elif _covers(child, address):
            if child.tag == "DW_TAG_inlined_subroutine":
                yield child
            yield from _inlined_at(child, address)
            return


def _covers(die: Any, address: int) -> bool:
    ranges = die.attributes.get("DW_AT_ranges")
    if ranges is not None:
        lists = die.dwarfinfo.range_lists()
        entries = lists.get_range_list_at_offset(ranges.value, die.cu)
        base = _number(die.cu.get_top_DIE(), "DW_AT_low_pc")
        return any(start <= address < end for start, end in _absolute_ranges(entries, base))
    low, high = die.attributes.get("DW_AT_low_pc"), die.attributes.get("DW_AT_high_pc")
    if low is None or high is None:
        return False
    is_length = not high.form.startswith("DW_FORM_addr")
    return bool(low.value <= address < high.value + low.value * is_length)


def _absolute_ranges(entries: list[Any], base: int) -> Iterator[tuple[int, int]]:
    for entry in entries:
        if hasattr(entry, "base_address"):
            base = entry.base_address
        elif entry.is_absolute:
            yield entry.begin_offset, entry.end_offset
        else:
            yield base + entry.begin_offset, base + entry.end_offset


def _number(die: Any, attribute: str) -> int:
    found = die.attributes.get(attribute)
    return int(found.value) if found is not None else 0


def _name_of(die: Any) -> str:
    """Of an inlined function, by way of the entry that describes it."""
    for _ in range(4):
        attributes = die.attributes
        if "DW_AT_linkage_name" in attributes:
            return demangle(_text(attributes["DW_AT_linkage_name"].value))
        if "DW_AT_name" in attributes:
            return _text(attributes["DW_AT_name"].value)
        for link in ("DW_AT_abstract_origin", "DW_AT_specification"):
            if link in attributes:
                die = die.get_DIE_from_attribute(link)
                break
    return ""
