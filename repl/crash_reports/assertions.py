"""What an assertion of the C++ library's says, in words: ``index 10 of a vector of 3``."""

from __future__ import annotations

import re

from runtime.errors import told

# Of a function as __PRETTY_FUNCTION__ has it: `reference std::vector<int>::at(size_type)
# [_Tp = int, ...]`, the name of the class without its arguments, and that of the member.
_WITH = r"\s\[(?:with )?\w+ = .*\]$"
_MEMBER = r"(\w+)::(operator\s*\S+?|~?\w+)\($"
_INDEX = r"__(?:n|idx|i|pos) <=? (?:this->)?(?:size\(\)|_M_len)"
_NOT_EMPTY = r"!(?:this->)?empty\(\)|(?:this->)?size\(\) (?:>|!=) 0"
_NOT_NULL = r"(?:get|_M_get)\(\) != (?:pointer\(\)|nullptr)"
_HAS_VALUE = r"(?:this->)?(?:_M_is_engaged|has_value|_M_has_value|_M_engaged)\b.*"
_PARTS_OF_NAMES = ("basic_", "_base_impl", "_access")  # of what users know by another name
_NUMBERS = 1 << 64
_LONGEST_LINE = 1000  # characters
TRAP_MESSAGE = "__clang_trap_msg$"
"""Of functions that are none, but say why there is a trap."""
_LIBCXX = r".*: libc\+\+ Hardening assertion (.*?) failed: (.*?)(?:\\n)?"


def describe_assertion(told: str) -> str:
    """``told``: see ``CrashReport.assertion``."""
    condition, function, file, line, *numbers = [*_printable_lines(told), "", "", ""][:6]
    class_name, member = _names(function)
    if re.fullmatch(_INDEX, condition):
        return _describe_index(class_name, numbers)
    if re.fullmatch(_NOT_EMPTY, condition):
        return f"{member}() of {_article('empty ' + class_name)}"
    if re.fullmatch(_NOT_NULL, condition):
        return f"{member} of {_article('null ' + class_name)}"
    if re.fullmatch(_HAS_VALUE, condition):
        return f"the value of {_article(class_name)} that has none"
    where = f"{class_name}::{member}" if class_name else member
    place = f" ({file.rpartition('/')[2]}:{line})" if file else ""
    return f"an assertion of the C++ library failed in {where}: {condition}{place}"


def describe_trap(function: str) -> str:
    """What ``__builtin_verbose_trap`` says. ``function``: as debug information has that, CATEGORY
    and REASON after ``TRAP_MESSAGE``."""
    category, _, reason = function.removeprefix(TRAP_MESSAGE).partition("$")
    found = re.fullmatch(_LIBCXX, reason)
    return f"{found[2]} ({found[1]})" if found else f"{category}: {reason}".strip(": ")


def _printable_lines(text: str) -> list[str]:
    """The lines of what the program has told."""
    return [told(line, _LONGEST_LINE) for line in text.split("\n")]


def _describe_index(class_name: str, numbers: list[str]) -> str:
    if len(numbers) == 2 and all(number.isdecimal() for number in numbers):
        index, size = (int(number) % _NUMBERS for number in numbers)
        if index >= _NUMBERS // 2:  # it was a negative number
            index -= _NUMBERS
        return f"index {index} of {_article(class_name)} of {size}"
    return f"an index beyond the end of {_article(class_name)}"


def _names(function: str) -> tuple[str, str]:
    """Of the class, without arguments, and of the member."""
    plain = _without_arguments(re.sub(_WITH, "", function))
    found = re.search(_MEMBER, plain)
    if found is None:
        return "", plain.rpartition(" ")[2].rstrip("(") or "a function"
    class_name = found[1]
    for part in _PARTS_OF_NAMES:
        class_name = class_name.replace(part, "")
    return class_name.lower().strip("_"), found[2]


def _without_arguments(function: str) -> str:
    """Without what is in angle brackets, up to the bracket of the parameters."""
    text, depth = "", 0
    for part in re.split(r"(operator(?:<<|>>|->\*?|<=>|[<>]=?)|[<>(])", function):
        if part == "<":
            depth += 1
        elif part == ">":
            depth -= 1
        elif depth == 0:
            text += part
            if part == "(" and not text.endswith("operator("):
                return text
    return text


def _article(class_name: str) -> str:
    name = class_name.strip() or "object"
    return f"{'an' if name[0] in 'aeio' else 'a'} {name}"
