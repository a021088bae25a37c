"""Numbers and text as C and C++ write them."""

from __future__ import annotations

import math
from typing import NamedTuple


class Literal(NamedTuple):
    """``type``: the one that the text has in C++."""

    type: str
    text: str


def integer_literal(value: int) -> Literal:
    """Raises ValueError if it fits no type of C's."""
    if -(2**31) < value < 2**31:
        return Literal("int", str(value))
    if -(2**63) < value < 2**63:
        return Literal("long", f"{value}L")
    if value == -(2**63):  # in C its digits are a number, and the sign an operator
        return Literal("long", f"({value + 1}L - 1)")
    if 0 < value < 2**64:
        return Literal("unsigned long", f"{value}UL")
    raise ValueError(f"the integer {str(value)[:30]} fits no type of C's")


def float_literal(value: float) -> str:
    """Also of what is no number."""
    if math.isnan(value):
        return '__builtin_nan("")'
    if math.isinf(value):
        return f"{'-' if value < 0 else ''}__builtin_inf()"
    return repr(value)


def string_literal(data: bytes) -> str:
    """Octal where it is not plain, as that ends after three digits."""
    plain = b" !#$%&'()*+,-./:;<=>@[]^_`{|}~"
    text = "".join(
        chr(byte) if byte < 128 and (chr(byte).isalnum() or byte in plain) else f"\\{byte:03o}"
        for byte in data
    )
    return f'"{text}"'
