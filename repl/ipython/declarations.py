"""Python's values as declarations of C++ and C: ``long n = 5;``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from repl.errors import ShellError
from repl.jupyter.literals import Literal, float_literal, integer_literal, string_literal

_MOST = 100_000  # elements: as code for Clang; arrays of numpy's have no limit
_HEADERS = {
    "std::string": "string",
    "std::vector": "vector",
    "std::map": "map",
    "std::tuple": "tuple",
    "std::complex": "complex",
}


def declare(name: str, value: object, *, is_c: bool) -> str:
    """An input that declares a variable with this value. Raises ShellError if it is none that
    can be copied."""
    try:
        return _declare_in_c(name, value) if is_c else _declare(name, value)
    except _NoType as error:
        hint = f"; numbers, text, {'' if is_c else 'containers of them '}and numpy's arrays can be"
        raise ShellError(f"-i {name}: {error}{hint}") from None


class _NoType(Exception):
    """The message says of what."""


def _declare(name: str, value: object) -> str:
    found = _literal(value, [_MOST])
    headers = [
        f"#include <{header}>\n" for type_, header in _HEADERS.items() if type_ in found.type
    ]
    return f"{''.join(headers)}{found.type} {name} = {found.text};"


def _declare_in_c(name: str, value: object) -> str:
    if isinstance(value, bool):
        return f"_Bool {name} = {int(value)};"
    if isinstance(value, str | bytes):
        data = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
        return f"char {name}[] = {string_literal(data)};"
    if isinstance(value, complex):
        real, imaginary = float_literal(value.real), float_literal(value.imag)
        return f"double _Complex {name} = __builtin_complex({real}, {imaginary});"
    if isinstance(value, int | float):
        return f"{_literal(value, [1]).type} {name} = {_literal(value, [1]).text};"
    raise _NoType(f"a {type(value).__name__} cannot be copied into C")


def _literal(value: object, left: list[int]) -> Literal:
    """``left``: how many elements there may be yet."""
    match value:
        case bool():
            return Literal("bool", "true" if value else "false")
        case int():
            return _integer(value)
        case float():
            return Literal("double", float_literal(value))
        case complex():
            return Literal(
                "std::complex<double>",
                _braced([float_literal(value.real), float_literal(value.imag)]),
            )
        case str():
            return _string(value.encode("utf-8", "surrogateescape"))
        case bytes() | bytearray():
            return _string(bytes(value))
        case tuple():
            found = [_literal(each, left) for each in _counted(value, left)]
            return Literal(
                f"std::tuple<{', '.join(e.type for e in found)}>", _braced(e.text for e in found)
            )
        case list():
            element, texts = _common([_literal(each, left) for each in _counted(value, left)])
            return Literal(f"std::vector<{element}>", _braced(texts))
        case dict():
            key, keys = _common([_literal(each, left) for each in _counted(value, left)])
            of, values = _common([_literal(each, left) for each in value.values()])
            pairs = map(_braced, zip(keys, values, strict=True))
            return Literal(f"std::map<{key}, {of}>", _braced(pairs))
    raise _NoType(f"a {type(value).__name__} cannot be copied into C++")


def _counted(values: Sequence[object] | dict[object, object], left: list[int]) -> Iterable[object]:
    left[0] -= len(values)
    if left[0] < 0:
        raise _NoType(
            f"more than {_MOST:,} elements are too many for code: use an array of numpy's"
        )
    return values


def _common(found: Sequence[Literal]) -> tuple[str, list[str]]:
    """The type that all have, and their texts."""
    if not found:
        raise _NoType("what is empty says nothing of its elements: declare it in C++")
    types = list(dict.fromkeys(each.type for each in found))
    numbers = ["int", "long", "unsigned long", "double"]
    if len(types) > 1 and all(each in numbers for each in types):
        if {"int", "long"} & set(types) and "unsigned long" in types and "double" not in types:
            if any(each.text.startswith("-") for each in found):
                raise _NoType("these integers fit no type of C++")
            return "unsigned long", [each.text for each in found]
        types = [max(types, key=numbers.index)]
    if len(types) > 1:
        raise _NoType(f"elements of several types ({types[0]}, {types[1]})")
    is_real = types[0] == "double"
    return types[0], [
        f"double({e.text})" if is_real and e.type != "double" else e.text for e in found
    ]


def _braced(texts: Iterable[str]) -> str:
    return f"{{{', '.join(texts)}}}"


def _integer(value: int) -> Literal:
    try:
        return integer_literal(value)
    except ValueError as error:
        raise _NoType(str(error)) from None


def _string(data: bytes) -> Literal:
    return Literal("std::string", f"std::string({string_literal(data)}, {len(data)})")
