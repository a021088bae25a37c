"""Objects of Python's as arguments of an expression of C++: see ``spelling.py``."""

from __future__ import annotations

import array
import ctypes
import enum
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from repl.display.python_values import EnumValue
from repl.python.errors import CallError
from repl.python.frame import Frame
from repl.python.glue import GLUE
from repl.python.packing import pack_list
from repl.python.spelling import LEVELS, Argument, HasArgument
from repl.python.texts import bytes_argument, str_argument

if TYPE_CHECKING:
    import numpy as np


def argument_of(value: Any) -> Argument:
    """Raises CallError for what C++ has nothing for, and OverflowError."""
    convert = _BY_TYPE.get(type(value))
    if convert is not None:
        return convert(value)
    return _other(value)


def type_names(values: Sequence[Any]) -> str:
    """For messages: ``int, str``."""
    return ", ".join(type(value).__name__ for value in values)


def _plain(cpp: str) -> tuple[str, str]:
    """The two ways to write an integer."""
    value = f"__f.value<{cpp}>(#)"
    return f"{GLUE}::Integer<{cpp}>{{{value}}}", f"static_cast<{cpp}>({value})"


_INT, _LONG, _UNSIGNED_LONG = map(_plain, ("int", "long", "unsigned long"))


def _integer(value: int) -> Argument:
    if -0x80000000 <= value < 0x80000000:
        return Argument("int", _INT, lambda frame, at: frame.put_integer(at, value))
    if -(1 << 63) <= value < 1 << 63:
        return Argument("long", _LONG, lambda frame, at: frame.put_integer(at, value))
    if 0 <= value < 1 << 64:
        return Argument("ulong", _UNSIGNED_LONG, lambda frame, at: frame.put_word(at, value))
    raise OverflowError(f"{value} does not fit into 64 bits")


_BOOL = ("static_cast<bool>(__f.value<bool>(#))",)
_DOUBLE = (
    f"{GLUE}::Floating{{__f.value<double>(#)}}",
    "static_cast<double>(__f.value<double>(#))",
)


def _bool(value: bool) -> Argument:
    return Argument("bool", _BOOL, lambda frame, at: frame.put_integer(at, int(value)))


def _float(value: float) -> Argument:
    return Argument("double", _DOUBLE, lambda frame, at: frame.put_float(at, value))


def _complex(value: complex) -> Argument:
    def pack(frame: Frame, at: int) -> None:
        frame.put_float(at, value.real)
        frame.put_float_beside(at, value.imag)

    return Argument(
        "complex", ("::std::complex<double>(__f.value<::std::complex<double>>(#))",), pack
    )


def _none(_: None) -> Argument:
    return Argument("none", ("nullptr",), lambda frame, at: None)


def _enum_value(value: EnumValue) -> Argument:
    spelled = (f"static_cast<{value.type_name}>(__f.value<long>(#))",)
    return Argument(
        ("enum", value.type_name),
        spelled,
        lambda frame, at: frame.put_word(at, value.value % 2**64),
    )


def _tuple(value: tuple[Any, ...]) -> Argument:
    parts = [argument_of(each) for each in value]

    def pack(frame: Frame, at: int) -> None:
        for part in parts:
            part.pack(frame, at)
            at += part.slots

    def spelling(level: int) -> str:
        at = 0
        inner = []
        for part in parts:
            text = part.spellings[min(level, len(part.spellings) - 1)]
            inner.append(text.replace("#", f"#+{at}"))
            at += part.slots
        return f"{{{', '.join(inner)}}}"

    return Argument(
        ("tuple", *(part.key for part in parts)),
        tuple(spelling(level) for level in range(LEVELS)),
        pack,
        max(1, sum(part.slots for part in parts)),
    )


def _list(value: Sequence[Any]) -> Argument:
    packed = pack_list(value)
    if not packed.cpp:
        return Argument("empty list", ("{}",), lambda frame, at: None)
    element, count = packed.cpp, packed.count

    def pack(frame: Frame, at: int) -> None:
        frame.put_word(at, packed.place(frame), count)

    made = f"__f.list<{element}>(#)"
    vector = f"::std::vector<{packed.owning}>({made})"
    return Argument(("list", element), (made, made, vector, *_in_braces(element)), pack, typed=2)


def _in_braces(element: str) -> tuple[str, str]:
    """What else a list may be, by the type of its elements."""
    braces = f"{GLUE}::Braces<{element}>(__f.list<{element}>(#))"
    words = element.replace("const char *", f"{GLUE}::Word")
    return braces, braces if words == element else f"__f.list<{words}>(#)"


def _mapping(value: Mapping[Any, Any]) -> Argument:
    packed = pack_list(value)
    if not packed.cpp:
        return Argument("empty list", ("{}",), lambda frame, at: None)

    def pack(frame: Frame, at: int) -> None:
        frame.put_word(at, packed.place(frame), packed.count)

    made = f"__f.list<{packed.cpp}>(#)"
    return Argument(("list", packed.cpp), (made, made, made, *_in_braces(packed.cpp)), pack)


_C_NAMES: dict[type[Any], str] = {
    ctypes.c_bool: "bool",
    ctypes.c_char: "char",
    ctypes.c_wchar: "wchar_t",
    ctypes.c_byte: "signed char",
    ctypes.c_ubyte: "unsigned char",
    ctypes.c_short: "short",
    ctypes.c_ushort: "unsigned short",
    ctypes.c_int: "int",
    ctypes.c_uint: "unsigned int",
    ctypes.c_long: "long",
    ctypes.c_ulong: "unsigned long",
    ctypes.c_float: "float",
    ctypes.c_double: "double",
    ctypes.c_longdouble: "long double",
}


def _c_variable(value: Any) -> Argument:
    """A number of ctypes': a variable, which the call may change."""
    name = _C_NAMES[type(value)]
    view = memoryview(value).cast("B")

    def pack(frame: Frame, at: int) -> None:
        frame.put_variable(at, view)

    spelled = f"__f.value<{name}>(#)"
    same = f"{GLUE}::variable({spelled})"
    return Argument(("variable", name), (spelled, spelled, f"&{spelled}", same), pack)


DTYPES = {
    "?": "bool",
    "b": "signed char",
    "B": "unsigned char",
    "h": "short",
    "H": "unsigned short",
    "i": "int",
    "I": "unsigned int",
    "l": "long",
    "L": "unsigned long",
    "q": "long long",
    "Q": "unsigned long long",
    "f": "float",
    "d": "double",
    "F": "::std::complex<float>",
    "D": "::std::complex<double>",
}


def _array(value: np.ndarray[Any, Any]) -> Argument:
    """A numpy array: the same memory where the program has it, else a copy that is copied back."""
    import numpy as np

    cpp = DTYPES.get(value.dtype.char)
    if cpp is None or not value.dtype.isnative:
        raise CallError(f"an array of dtype {value.dtype} cannot be passed to C++")

    def pack(frame: Frame, at: int) -> None:
        there = frame.room.address_of(value)
        if there is None:
            contiguous = np.ascontiguousarray(value)
            there, copy = frame.room.lend(contiguous.nbytes)
            np.frombuffer(copy, value.dtype)[:] = contiguous.ravel()
            if value.flags.writeable:

                def copy_back() -> None:
                    changed = np.frombuffer(copy, value.dtype).reshape(value.shape)
                    if not np.array_equal(changed, contiguous):
                        value[...] = changed

                frame.after.append(copy_back)
        frame.put_word(at, there, value.size)

    made = f"__f.array<{cpp}>(#)"
    return Argument(
        ("array", cpp),
        (
            made,
            made,
            f"__f.value<{cpp} *>(#)",
            f"::std::vector<{cpp}>({made})",
            f"{GLUE}::Braces<{cpp}>({made})",
        ),
        pack,
        typed=2,
    )


def _is_array(value: Any) -> bool:
    """Whether it is memory with numbers in it that is none of numpy's."""
    if isinstance(value, memoryview):
        return value.format not in ("B", "b", "c")
    return isinstance(value, (array.array, ctypes.Array))


def _function(value: Callable[..., Any]) -> Argument:
    made = f"{GLUE}::Callable{{__f.value<unsigned long>(#)}}"
    return Argument(
        "function",
        (made, made, f"{GLUE}::Function<@>{{}}"),
        lambda frame, at: frame.put_word(at, frame.number_of(value)),
        function=value,
    )


def _other(value: Any) -> Argument:
    """What is not of one of the types themselves, but of a class derived from them or alike."""
    if isinstance(value, HasArgument):
        return value._cpp_argument()
    if type(value) in _C_NAMES:
        return _c_variable(value)
    if _is_array(value):
        import numpy as np

        try:
            return _array(np.asarray(value))
        except ValueError as error:  # what ctypes says of its pointers
            raise CallError(f"an array of {type(value).__name__}: {error}") from None
    module = type(value).__module__
    if module == "numpy" or hasattr(type(value), "__array_interface__"):
        import numpy as np

        if isinstance(value, np.ndarray):
            return _array(value)
        if isinstance(value, np.generic):
            return argument_of(value.item())
    if isinstance(value, enum.Enum):
        return argument_of(value.value)
    for type_, convert in _BY_TYPE.items():
        if isinstance(value, type_):
            return convert(value)
    if isinstance(value, (bytearray, memoryview)):
        return bytes_argument(bytes(value))
    if isinstance(value, Mapping):
        return _mapping(value)
    if isinstance(value, (Sequence, range, set, frozenset, Iterator)):
        return _list(list(value))
    if callable(value):
        return _function(value)
    raise CallError(f"an object of {type(value).__name__} cannot be passed to C++")


_BY_TYPE: dict[type[Any], Callable[[Any], Argument]] = {
    bool: _bool,
    int: _integer,
    float: _float,
    str: str_argument,
    bytes: bytes_argument,
    complex: _complex,
    type(None): _none,
    EnumValue: _enum_value,
    tuple: _tuple,
    list: _list,
    dict: _mapping,
}
