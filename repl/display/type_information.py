"""Types as the running program describes them: ``std::type_info`` objects.

Itanium C++ ABI, 2.9: a virtual table has the address of its class's type_info before
its address point; a type_info has its virtual table, then its mangled name.
"""

from __future__ import annotations

from repl.display.memory import Memory, Unreadable
from repl.display.objects import Object
from runtime.objects.demangle import demangle

_MOST_NAME = 4096  # bytes
_MOST_BASES = 16
_SINGLE_BASE = b"N10__cxxabiv120__si_class_type_infoE"


def dynamic_type(record: Object) -> str:
    """The demangled name of the class of a polymorphic object; empty if it has none,
    as under ``-fno-rtti`` or where its memory holds something else."""
    memory = record.inspector.memory
    try:
        return type_name(memory, class_of(memory, record.address))
    except Unreadable:
        return ""


def class_of(memory: Memory, address: int) -> int:
    """Where the type_info of a polymorphic object is. Raises Unreadable."""
    return _word(memory, _word(memory, address) - 8)


def type_name(memory: Memory, information: int) -> str:
    """The demangled name of a type; empty if this is no type_info. Raises Unreadable."""
    mangled = mangled_name(memory, information)
    prefix = "typeinfo for "
    text = demangle("_ZTI" + mangled.decode("ascii", "replace"))
    return text.removeprefix(prefix) if text.startswith(prefix) else ""


def mangled_name(memory: Memory, information: int) -> bytes:
    """As in the Itanium C++ ABI. Raises Unreadable."""
    name = memory.read_some(_word(memory, information + 8), _MOST_NAME)
    # A star means: compare addresses, not names.
    return name.partition(b"\0")[0].removeprefix(b"*")


def class_and_bases(memory: Memory, information: int) -> list[bytes]:
    """The mangled names of a class and, as long as each has a single one, of its bases.
    Raises Unreadable."""
    names: list[bytes] = []
    while len(names) < _MOST_BASES:
        names.append(mangled_name(memory, information))
        if mangled_name(memory, class_of(memory, information)) != _SINGLE_BASE:
            break
        information = _word(memory, information + 16)
    return names


def _word(memory: Memory, address: int) -> int:
    return int.from_bytes(memory.read(address, 8), "little")
