"""Arguments that a function may be called with, guessed from its parameters, so that calls can be
compiled before there is one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

_MOST = 24  # combinations of one function
_LONG = 1 << 40
_INTEGERS = {"char", "short", "int", "signed", "unsigned", "long", "size_t", "ptrdiff_t"}
_FLOATING = {"float", "double"}


def examples_for(
    function_type: str, object_of: Callable[[str], Any]
) -> Iterator[list[tuple[Any, ...]]]:
    """Tuples of arguments for a type as Clang writes it: ``double (int, const std::string &)``;
    the likeliest first. First those for all parameters, then for one fewer at a time, as if that
    had a default argument. ``object_of``: gives an object of a class, None of what is none."""
    choices = [
        [*_values(each), *_objects(each, object_of)] for each in parameters_of(function_type)
    ]
    for count in range(len(choices), -1, -1):
        yield list(itertools.islice(itertools.product(*choices[:count]), _MOST))


def parameters_of(function_type: str) -> list[str]:
    """Of the first pair of brackets that stands for parameters."""
    begin = function_type.find("(")
    if begin < 0:
        return []
    found, depth, start = [], 0, begin + 1
    for index in range(begin, len(function_type)):
        character = function_type[index]
        if character in "(<[{":
            depth += 1
        elif character in ")>]}":
            depth -= 1
        if (character == "," and depth == 1) or (character == ")" and depth == 0):
            found.append(function_type[start:index].strip())
            start = index + 1
            if depth == 0:
                break
    return [each for each in found if each not in ("", "void", "...")]


def _objects(parameter: str, object_of: Callable[[str], Any]) -> list[Any]:
    plain = parameter.removeprefix("const ").rstrip("&* ")
    found = object_of(plain) if plain and "string" not in plain.partition("<")[0] else None
    return [] if found is None else [found]


def _values(parameter: str) -> Sequence[Any]:
    words = set(parameter.replace("&", " ").replace("const ", " ").split())
    element = _element(parameter)
    if element is not None:
        return _arrays(element)
    if "*" in parameter:
        return ("text",) if words <= {"char", "*"} else ()
    if "string" in parameter and "vector" not in parameter:
        return ("text",)
    if "bool" in words:
        return (True,)
    if words & _FLOATING:
        return (1.5, 1)
    if words & _INTEGERS or any(word.endswith("int64_t") for word in words):
        is_wide = "long" in words or any(word.endswith(("64_t", "size_t")) for word in words)
        return (1, _LONG) if is_wide else (1,)
    if "int32_t" in parameter or "int16_t" in parameter:
        return (1,)
    if "complex<" in parameter:
        return (1j, 1.5)
    return ()


def _element(parameter: str) -> str | None:
    """Of numbers side by side."""
    plain = parameter.replace("const ", "").rstrip("& ")
    for name in ("vector<", "span<"):
        if plain.startswith((name, f"std::{name}")) and plain.endswith(">"):
            inside = plain.partition("<")[2][:-1].split(",")[0].strip()
            return inside if inside in _DTYPES else None
    inside = plain.removesuffix("*").strip()
    return inside if plain.endswith("*") and inside in _DTYPES and inside != "char" else None


_DTYPES = {
    "float": "f4",
    "double": "f8",
    "int": "i4",
    "long": "i8",
    "unsigned int": "u4",
    "unsigned long": "u8",
    "unsigned char": "u1",
    "short": "i2",
}


def _arrays(element: str) -> Sequence[Any]:
    import numpy as np

    array = np.zeros(1, _DTYPES[element])
    return (array, [1.5]) if element in _FLOATING else (array, [1])
