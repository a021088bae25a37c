"""numpy's types of elements in C and C++, and the program's types in numpy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from repl.display.types import ValueType

if TYPE_CHECKING:
    import numpy as np

IDENTIFIER = re.compile("[A-Za-z_][A-Za-z_0-9]*")


def _either(cxx: str, c: str) -> str:
    return f"\n#ifdef __cplusplus\n{cxx}\n#else\n{c}\n#endif\n"


_TYPES = {
    "b1": _either("bool", "_Bool"),
    "i1": "signed char",
    "i2": "short",
    "i4": "int",
    "i8": "long",
    "u1": "unsigned char",
    "u2": "unsigned short",
    "u4": "unsigned",
    "u8": "unsigned long",
    "f2": "_Float16",
    "f4": "float",
    "f8": "double",
    "f16": "long double",
    "c8": _either("std::complex<float>", "float _Complex"),
    "c16": _either("std::complex<double>", "double _Complex"),
    "c32": _either("std::complex<long double>", "long double _Complex"),
    "m8": "long",
    "M8": "long",
}
_TEXTS = {"S": ("char", 1), "U": (_either("char32_t", "__CHAR32_TYPE__"), 4), "V": ("char", 1)}

COMPLEX_HEADER = _either("#include <complex>", "")


def declared(dtype: np.dtype[Any], name: str) -> str:
    """A declaration of a variable or member, without what comes after it. Raises ValueError for
    what C has no type for."""
    if dtype.subdtype is not None:
        element, shape = dtype.subdtype
        return declared(element, name + "".join(f"[{length}]" for length in shape))
    if dtype.names is not None:
        return f"{_struct(dtype)} {name}"
    code = f"{dtype.kind}{dtype.itemsize}"
    if code in _TYPES and dtype.isnative:
        return f"{_TYPES[code]} {name}"
    if dtype.kind in _TEXTS and dtype.isnative and dtype.itemsize:
        element_type, size = _TEXTS[dtype.kind]
        return f"{element_type} {name}[{dtype.itemsize // size}]"
    raise ValueError(
        f"no type of C's for elements of dtype {dtype}: what can be shared are bool, integers, "
        "floating-point and complex numbers of this machine's byte order, texts of a fixed length, "
        "and structs of them"
    )


def has_complex(dtype: np.dtype[Any]) -> bool:
    """Whether the declaration needs ``COMPLEX_HEADER``."""
    if dtype.subdtype is not None:
        return has_complex(dtype.subdtype[0])
    if dtype.fields is not None:
        return any(has_complex(field[0]) for field in dtype.fields.values())
    return dtype.kind == "c"


def _struct(dtype: np.dtype[Any], tag: str = "") -> str:
    """With members where the dtype has them: packed only if they are not where C would align
    them."""
    assert dtype.fields is not None
    fields = sorted(((field[1], name, field[0]) for name, field in dtype.fields.items()), key=_at)
    alignment = _alignment(dtype)
    is_packed = dtype.itemsize % alignment != 0 or any(
        offset % _alignment(member) for offset, _, member in fields
    )
    members: list[str] = []
    end = 0
    for number, (offset, name, member) in enumerate(fields):
        if not IDENTIFIER.fullmatch(name):
            raise ValueError(f"{name!r} cannot be the name of a member")
        if offset < end:
            raise ValueError(f"the field {name} of dtype {dtype} overlaps another one")
        if offset > end:
            members.append(_padding(number, offset - end))
        members.append(f"{declared(member, name)};")
        end = offset + member.itemsize
    if dtype.itemsize > end:
        members.append(_padding(len(fields), dtype.itemsize - end))
    attribute = "__attribute__((packed)) " if is_packed else ""
    return f"struct {attribute}{tag} {{ {' '.join(members)} }}"


def _at(field: tuple[int, str, Any]) -> int:
    return field[0]


def _padding(number: int, size: int) -> str:
    return f"unsigned char __padding_{number}[{size}];"


def _alignment(dtype: np.dtype[Any]) -> int:
    if dtype.subdtype is not None:
        return _alignment(dtype.subdtype[0])
    if dtype.fields is not None:
        return max((_alignment(field[0]) for field in dtype.fields.values()), default=1)
    return dtype.alignment


def declared_struct(dtype: np.dtype[Any], tag: str) -> str:
    """The declaration of a struct with this layout, which Clang checks. Raises ValueError."""
    size = f'sizeof(struct {tag}) == {dtype.itemsize}, ""'
    check = _either(f"static_assert({size});", f"_Static_assert({size});")
    return f"{_struct(dtype, tag)};{check}"


def sample(type_name: str) -> str:
    """An expression of that type, of the program's: nothing of it is constructed."""
    message = '"elements of an array that Python shares must be such as memcpy can copy"'
    check = f"static_assert(__is_trivially_copyable({type_name}), {message});"
    # Whose name is told in errors, if it can be written so.
    written = f"__typeof__({type_name})" if type_name.rstrip().endswith("]") else type_name
    return (
        f"*({{{_either(check, '')} static char bytes[sizeof({type_name})] "
        f"__attribute__((aligned(64))); ({written} *)bytes; }})"
    )


def dtype_of(type_: ValueType) -> np.dtype[Any]:
    """Of the program's type. Raises ValueError for what numpy has none for."""
    import numpy as np

    match type_.kind:
        case "bool":
            return np.dtype("?")
        case "int" | "char" | "enum" if type_.bits == 8 * type_.size and type_.size <= 8:
            return np.dtype(f"{'i' if type_.signed else 'u'}{type_.size}")
        case "float":
            return np.dtype(f"f{type_.size}")
        case "long double":
            return np.dtype(np.longdouble)
        case "pointer" | "function pointer":
            return np.dtype("u8")  # an address in the program
        case "complex" if type_.element is not None and type_.element.kind == "float":
            return np.dtype(f"c{type_.size}")
        case "array" if type_.element is not None and type_.count > 0:
            return np.dtype((dtype_of(type_.element), (type_.count,)))
        case "record" if type_.qualified == "std::complex":
            return np.dtype(f"c{type_.size}")
        case "record" if not type_.is_union and not type_.is_dynamic:
            return _dtype_of_record(type_)
        case _:
            raise ValueError(f"numpy has no type for {type_.name}")


def _dtype_of_record(type_: ValueType) -> np.dtype[Any]:
    import numpy as np

    fields = dict(_fields_of(type_, 0))
    if not fields:
        raise ValueError(f"{type_.name} has no members that numpy could have")
    return np.dtype(
        {
            "names": list(fields),
            "formats": [dtype for dtype, _ in fields.values()],
            "offsets": [offset for _, offset in fields.values()],
            "itemsize": type_.size,
        }
    )


def _fields_of(type_: ValueType, start: int) -> list[tuple[str, tuple[np.dtype[Any], int]]]:
    """Names, types and offsets of the members, those of base classes included."""
    found: list[tuple[str, tuple[np.dtype[Any], int]]] = []
    for base in type_.bases:
        if base.vtable_offset is not None:
            raise ValueError(f"{type_.name} has a virtual base class, which numpy cannot have")
        found += _fields_of(base.type, start + base.offset)
    for field in type_.fields:
        if field.width is not None:
            raise ValueError(f"{type_.name}.{field.name} is a bit-field, which numpy cannot have")
        offset = start + field.offset // 8
        if field.name:
            found.append((field.name, (dtype_of(field.type), offset)))
        elif field.type.is_union:
            raise ValueError(f"{type_.name} has an anonymous union, which numpy cannot have")
        else:
            found += _fields_of(field.type, offset)
    names = [name for name, _ in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"{type_.name} has two members that are called {twice}")
    return found
