"""Numbers and other single values, from their bytes."""

from __future__ import annotations

import struct

from repl.display.characters import quote_character
from repl.display.nodes import Enumerator, Node, Plain, Problem
from repl.display.types import ValueType

SCALARS = frozenset(
    {"bool", "int", "char", "float", "bfloat", "long double", "float128", "nullptr"}
    | {"enum", "complex", "bits"}
)
"""The kinds that ``scalar`` knows."""

_FLOAT_CODES = {2: "<e", 4: "<f", 8: "<d"}
_BIT_PATTERNS = "std::byte"  # the enumeration whose values are such
HEXADECIMAL = "bit pattern"
"""The name of integers of which not the value counts, but which bits are set."""


def scalar(type_: ValueType, data: bytes) -> Node:
    """What ``data``, as many bytes as the type has, mean."""
    match type_.kind:
        case "bool":
            return Plain("true", True) if data[0] else Plain("false", False)
        case "int":
            number = integer(type_, data)
            is_pattern = type_.name == HEXADECIMAL
            return Plain(f"0x{number:0{2 * type_.size}x}" if is_pattern else str(number), number)
        case "bits":
            number = int.from_bytes(data, "little") & ((1 << type_.count) - 1)
            return Plain(f"0b{number:0{type_.count}b}", number)
        case "char":
            return _character(type_, data)
        case "enum":
            return _enumerator(type_, integer(type_, data))
        case "nullptr":
            return Plain("nullptr", None)
        case "complex":
            return _complex(type_, data)
        case _:
            return Plain(*_floating(type_, data))


def integer(type_: ValueType, data: bytes) -> int:
    """Of ``_BitInt(N)``, only N bits count (psABI, 3.1.2)."""
    number = int.from_bytes(data, "little", signed=False) & ((1 << type_.bits) - 1)
    is_negative = type_.signed and type_.bits and number >> (type_.bits - 1)
    return number - (1 << type_.bits) if is_negative else number


def _character(type_: ValueType, data: bytes) -> Node:
    code = int.from_bytes(data, "little")
    is_text = code < (0x80 if type_.size == 1 else 0x110000) and not 0xD800 <= code < 0xE000
    is_number = type_.name.split()[-2:] in (["unsigned", "char"], ["signed", "char"])
    value: object = chr(code) if is_text and not is_number else integer(type_, data)
    return Plain(quote_character(code, type_), value)


def _enumerator(type_: ValueType, number: int) -> Node:
    if type_.qualified == _BIT_PATTERNS:
        return Enumerator(f"0x{number:02x}", type_.name, number)
    for name, value in type_.enumerators:
        if value == number:
            return Enumerator(name, type_.name, number)
    return Enumerator(_flags(type_, number) or str(number), type_.name, number)


def _flags(type_: ValueType, number: int) -> str:
    """``A | B``, if all bits of a number have names."""
    names = []
    rest = number
    for name, value in type_.enumerators:
        is_single_bit = value > 0 and value & (value - 1) == 0
        if is_single_bit and rest & value:
            names.append(name)
            rest &= ~value
    return " | ".join(names) if names and rest == 0 else ""


def _complex(type_: ValueType, data: bytes) -> Node:
    element = type_.element
    if element is None or element.kind not in ("float", "int", "long double", "float128"):
        return Problem("a complex number of a kind unknown here")
    real, real_value = _part(element, data[: element.size])
    imaginary, imaginary_value = _part(element, data[element.size :][: element.size])
    sign = "-" if imaginary.startswith("-") else "+"
    text = f"{real} {sign} {imaginary.removeprefix('-')}i"
    return Plain(text, complex(float(real_value), float(imaginary_value)))


def _part(type_: ValueType, data: bytes) -> tuple[str, float]:
    if type_.kind == "int":
        number = integer(type_, data)
        return str(number), number
    return _floating(type_, data)


def _floating(type_: ValueType, data: bytes) -> tuple[str, float]:
    match type_.kind:
        case "bfloat":  # the upper half of a float
            (number,) = struct.unpack("<f", b"\0\0" + data[:2])
            return f"{number:.3g}", number
        case "long double":
            return _extended(data)
        case "float128":
            return _quadruple(data)
        case _:
            return _ieee(data)


def _ieee(data: bytes) -> tuple[str, float]:
    code = _FLOAT_CODES[len(data)]
    (number,) = struct.unpack(code, data)
    if code == "<d":
        return repr(number), number
    # The shortest decimal that means the same number in its own format.
    for digits in range(1, 10):
        text = f"{number:.{digits}g}"
        try:
            if struct.pack(code, float(text)) == data:
                return repr(float(text)), number
        except OverflowError:  # rounded up past the largest number
            continue
    return repr(number), number


def _extended(data: bytes) -> tuple[str, float]:
    import numpy as np

    number = np.frombuffer(data[:16], np.longdouble)[0]
    return str(number), float(number)


def _quadruple(data: bytes) -> tuple[str, float]:
    """IEEE binary128: 112 bits of fraction, 15 of exponent."""
    bits = int.from_bytes(data[:16], "little")
    fraction, exponent = bits & ((1 << 112) - 1), bits >> 112 & 0x7FFF
    sign = "-" if bits >> 127 else ""
    if exponent == 0x7FFF:
        text = "nan" if fraction else f"{sign}inf"
        return text, float(text)
    significand = fraction | (1 << 112 if exponent else 0)
    power = max(exponent, 1) - 16383 - 112
    text = sign + _quotient(significand << max(power, 0), 1 << max(-power, 0))
    return text, float(text)


def _quotient(numerator: int, denominator: int) -> str:
    from decimal import Context, Decimal

    if not numerator:
        return "0.0"
    context = Context(prec=34)  # what a binary128 holds for certain is 33
    quotient = context.divide(Decimal(numerator), Decimal(denominator))
    text = str(quotient.normalize(context)).lower()
    return text if "." in text or "e" in text else text + ".0"
