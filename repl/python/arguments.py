"""Objects of Python's as arguments of an expression of C++: how each is written there, and how its
value gets into the frame of a call.

What is to be called is left to Clang. As some ways to write an argument fit more parameters than
others, each has several, and they are tried in this order:

0. for a function that has one declaration: a number that has to fit, or it is an OverflowError;
1. as it is: the overload is chosen as in C++;
2. objects are passed as pointers, lists are made vectors;
3. objects may be references or pointers, each as it fits, arrays are made vectors, and
   a text of one character may be that;
4. objects may be moved from.
"""

from __future__ import annotations

import array
import ctypes
import enum
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from repl.display.python_values import EnumValue
from repl.python.errors import CallError
from repl.python.frame import Frame
from repl.python.glue import GLUE
from repl.python.packing import pack_list

if TYPE_CHECKING:
    import numpy as np

    from runtime.addresses import ExecutorAddress

LEVELS = 5

Pack = Callable[[Frame, int], None]


class Argument(Struct, frozen=True):
    """``key``: what the wrapper depends on. ``spellings``: one for each level, in which ``#``
    is the number of the slot, and ``@`` that of the ``function`` of Python's that it is;
    ``pack``: writes the value into that. ``slots``: how many it takes."""

    key: Hashable
    spellings: tuple[str, ...]
    pack: Pack
    slots: int = 1
    function: Callable[..., Any] | None = None

    def spelled(self, level: int, first: int) -> str:
        """The expression. ``first``: the number of its slot."""
        return self.spellings[min(level, len(self.spellings) - 1)].replace("#", str(first))


class HasArgument:
    """An object that says itself what it is as an argument."""

    __slots__ = ()

    _cpp_type: str

    def _cpp_argument(self) -> Argument:
        raise NotImplementedError

    def _cpp_place(self) -> ExecutorAddress:
        """Where it is. Raises GoneError."""
        raise NotImplementedError


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


def _str(value: str) -> Argument:
    try:
        return _text(value.encode("utf-8", "surrogateescape"), "str")
    except UnicodeEncodeError as error:
        raise CallError(f"a str that is no text cannot be passed to C++: {error}") from None


def _bytes(value: bytes) -> Argument:
    return _text(value, "bytes")


_CHARACTERS = "__f.text(#)"
_TEXT = (_CHARACTERS, _CHARACTERS, _CHARACTERS, f"{GLUE}::Letter{{{_CHARACTERS}}}")
_LONG_TEXT = ("__f.value<const char *>(#)",)
_ANY_TEXT = ("::std::string(__f.text(#), __f.size(#))",)
_ANY_LONG_TEXT = ("::std::string(__f.value<const char *>(#), __f.size(#))",)
_SHORT = 1024  # bytes of text that always have room in a frame


def _text(data: bytes, key: str) -> Argument:
    has_zero = b"\0" in data
    if len(data) <= _SHORT:
        return Argument((key, has_zero), _ANY_TEXT if has_zero else _TEXT, _packed_text(data))

    def pack_long(frame: Frame, at: int) -> None:
        frame.put_word(at, frame.room.put(data + b"\0"), len(data))

    key = f"long {key}"
    return Argument((key, has_zero), _ANY_LONG_TEXT if has_zero else _LONG_TEXT, pack_long)


def _packed_text(data: bytes) -> Pack:
    def pack(frame: Frame, at: int) -> None:
        if not frame.put_text(at, data):
            raise CallError("the texts are too long together: pass some by variables")

    return pack


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
    return Argument(
        ("list", element), (made, made, f"::std::vector<{packed.owning}>({made})"), pack
    )


def _mapping(value: Mapping[Any, Any]) -> Argument:
    packed = pack_list(value)
    if not packed.cpp:
        return Argument("empty list", ("{}",), lambda frame, at: None)

    def pack(frame: Frame, at: int) -> None:
        frame.put_word(at, packed.place(frame), packed.count)

    return Argument(("list", packed.cpp), (f"__f.list<{packed.cpp}>(#)",), pack)


_C_NAMES: dict[type[Any], str] = {
    ctypes.c_bool: "bool",
    ctypes.c_char: "char",
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
}


def _c_variable(value: Any) -> Argument:
    """A number of ctypes': a variable, which the call may change."""
    name = _C_NAMES[type(value)]
    view = memoryview(value).cast("B")

    def pack(frame: Frame, at: int) -> None:
        frame.put_variable(at, view)

    spelled = f"__f.value<{name}>(#)"
    return Argument(("variable", name), (spelled, spelled, f"&{spelled}"), pack)


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
            copy[:] = contiguous.tobytes()
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
        (made, made, f"__f.value<{cpp} *>(#)", f"::std::vector<{cpp}>({made})"),
        pack,
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

        return _array(np.asarray(value))
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
        return _bytes(bytes(value))
    if isinstance(value, Mapping):
        return _mapping(value)
    if isinstance(value, (Sequence, range, set, frozenset)):
        return _list(list(value))
    if callable(value):
        return _function(value)
    raise CallError(f"an object of {type(value).__name__} cannot be passed to C++")


_BY_TYPE: dict[type[Any], Callable[[Any], Argument]] = {
    bool: _bool,
    int: _integer,
    float: _float,
    str: _str,
    bytes: _bytes,
    complex: _complex,
    type(None): _none,
    EnumValue: _enum_value,
    tuple: _tuple,
    list: _list,
    dict: _mapping,
}
