"""Which class an object really is of that is known by a base class of its.

Its first word points into the virtual table of its own class. That word is the program's, and
is not believed: it has to lead to where objects of a class that Clang has derived from the one
that is known point (Itanium C++ ABI, 2.5.2), and that class has to have the known one as its
base in this very place.
"""

from __future__ import annotations

from repl.display.memory import Unreadable
from repl.display.objects import Object
from runtime.addresses import USER_SPACE_END

_TO_TOP = -16  # from where objects point: how far the whole object is from this part
_MOST_BASES = 1000  # that are looked at


def whole_object(part: Object) -> Object | None:
    """The object of a derived class of which this is a base; None if it is none, or of a class
    that Clang does not know."""
    if not part.type.derived:
        return None
    try:
        to_top = part.at(part.word(), part.type).word(_TO_TOP)
        address = part.address + to_top - (1 << 64 if to_top >> 63 else 0)
        points_at = part.at(address, part.type).word()
    except Unreadable:
        return None
    tables: dict[int, str] = {}
    for class_ in filter(lambda each: each.vtable, part.type.derived):
        begin = points_at - class_.point
        if begin not in tables:
            is_address = 0 <= begin < USER_SPACE_END
            tables[begin] = part.symbol_at(begin) if is_address else ""
        if tables[begin] == class_.vtable:
            whole = part.at(address, class_)
            return whole if _has_base(whole, part) else None
    return None


def _has_base(whole: Object, part: Object) -> bool:
    pending, looked_at = [whole], 0
    while pending and looked_at < _MOST_BASES:
        each = pending.pop()
        looked_at += 1
        if each.type is part.type and each.address == part.address:
            return True
        for base in each.type.bases:
            try:
                pending.append(each.base(base))
            except Unreadable:
                continue
    return False
