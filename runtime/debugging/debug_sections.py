"""Debug information of linked objects and of shared libraries, by pyelftools.

The only module that knows it; the others are handed its line tables.
"""

from __future__ import annotations

import functools
import io
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from runtime.addresses import PAGE_SIZE
from runtime.errors import RuntimeFailure, printable

if TYPE_CHECKING:
    from runtime.objects.placed_object import PlacedObject  # which needs numpy

_DEBUG_FILES = Path("/usr/lib/debug/.build-id")

# What pyelftools' DWARFInfo needs, and what it may also have.
_SECTIONS = (
    "debug_info",
    "debug_abbrev",
    "debug_line",
    "debug_line_str",
    "debug_str",
    "debug_str_offsets",
    "debug_addr",
    "debug_loclists",
    "debug_ranges",
    "debug_rnglists",
)
_OTHER_SECTIONS = (
    "debug_aranges",
    "debug_frame",
    "eh_frame",
    "debug_loc",
    "debug_pubtypes",
    "debug_pubnames",
    "debug_sup",
    "gnu_debugaltlink",
    "debug_types",
)


@functools.lru_cache(maxsize=4)
def debug_information(placed: PlacedObject) -> Any:
    """pyelftools' ``DWARFInfo`` of an object, or None. Its own reading of ELF files takes
    seconds where an object has thousands of sections."""
    from elftools.dwarf.dwarfinfo import DebugSectionDescriptor, DwarfConfig, DWARFInfo

    sections: dict[str, Any] = {f"{name}_sec": None for name in _SECTIONS + _OTHER_SECTIONS}
    for name in _SECTIONS:
        contents = placed.debug_section("." + name)
        if contents:
            size = len(contents)
            descriptor = DebugSectionDescriptor(io.BytesIO(contents), "." + name, 0, size, 0)
            sections[f"{name}_sec"] = descriptor
    if not sections["debug_info_sec"] or not sections["debug_line_sec"]:
        return None
    config = DwarfConfig(little_endian=True, machine_arch="x64", default_address_size=8)
    return DWARFInfo(config, **sections)


def lowest_address_with_lines(file: IO[bytes]) -> int | None:
    """The address that a shared library's file begins at, if it has debug information, or says
    where that is; None for whatever else it is."""
    from elftools.elf.elffile import ELFFile

    try:
        library = ELFFile(file)
        if not _has_lines(library):
            return None
        loaded = [segment["p_vaddr"] for segment in library.iter_segments("PT_LOAD")]
        return int(min(loaded, default=0)) // PAGE_SIZE * PAGE_SIZE
    except Exception:  # no ELF file, or a damaged one
        return None


def soname_of(path: str) -> str:
    """What a shared library calls itself; "" if nothing. Raises RuntimeFailure if it cannot be
    read."""
    from elftools.elf.dynamic import DynamicSegment
    from elftools.elf.elffile import ELFFile

    try:
        with open(path, "rb") as file:
            for segment in ELFFile(file).iter_segments("PT_DYNAMIC"):
                assert isinstance(segment, DynamicSegment)
                for tag in segment.iter_tags("DT_SONAME"):
                    return str(getattr(tag, "soname", ""))  # by the tag's name
    except OSError as error:
        raise RuntimeFailure(f"cannot read {printable(path)}: {error.strerror}") from None
    except Exception:  # no ELF file, or a damaged one
        raise RuntimeFailure(f"{printable(path)}: no shared library") from None
    return ""


def _has_lines(library: Any) -> bool:
    if any(map(library.get_section_by_name, (".debug_line", ".zdebug_line", ".gnu_debuglink"))):
        return True
    section = library.get_section_by_name(".note.gnu.build-id")
    notes = section.iter_notes() if section is not None else ()
    ids = [note["n_desc"] for note in notes if note["n_type"] == "NT_GNU_BUILD_ID"]
    return any((_DEBUG_FILES / each[:2] / f"{each[2:]}.debug").is_file() for each in ids)
