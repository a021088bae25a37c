"""Names of types as users write them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from repl.display.brackets import with_depth
from repl.display.redefined_names import as_written

_CHARACTERS = {"char": "", "wchar_t": "w", "char8_t": "u8", "char16_t": "u16", "char32_t": "u32"}
# What Clang, and the demangler with its default arguments, call a string.
_STRING = re.compile(
    r"\bstd::(?:__cxx11::)?(pmr::)?basic_(string(?:_view)?)<(char|wchar_t|char8_t|char16_t|char32_t)"
    r"(?:, ?std::char_traits<\3>)?(?:, ?std::allocator<\3>)? ?>"
)
_INTERNAL = re.compile(r"\b(std::(?:\w+::)*)__(?:cxx11|1|debug|exception_ptr)::")
_CLOSURE = re.compile(r"(?:\b__lambda::)?\{lambda\(.*?\)#\d+\}")  # as the demangler has it
_ALLOCATOR = ("std::allocator<",)
_ORDERED = ("std::less<", *_ALLOCATOR)
_HASHED = ("std::hash<", "std::equal_to<", *_ALLOCATOR)
# Default arguments of containers; of other templates these types may be arguments proper.
_DEFAULTS = {
    **dict.fromkeys(("vector", "list", "deque", "forward_list"), _ALLOCATOR),
    **dict.fromkeys(("map", "multimap", "set", "multiset"), _ORDERED),
    **dict.fromkeys(("unordered_map", "unordered_multimap"), _HASHED),
    **dict.fromkeys(("unordered_set", "unordered_multiset"), _HASHED),
}
_LONGEST = 80  # characters: of a type before its value
_TEMPLATE = re.compile(r"\bstd::(\w+)$")


def as_users_write(name: str) -> str:
    """``std::basic_string<char>`` is ``std::string``; default arguments, ABI tags, and
    brackets around a whole name are left out."""
    name = _STRING.sub(_short_string, _INTERNAL.sub(r"\1", as_written(name)))
    name = _CLOSURE.sub("lambda", name)
    name = _without_defaults(name.replace("> >", ">>"))
    if name.startswith("(") and name.endswith(")") and name.count("(") == 1:
        return name[1:-1]  # (lambda at In[3]:1:9)
    return name


def shortened_type(name: str) -> str:
    """A name that is not long: arguments of templates are left out, those inside of others
    first, so that of an expression template its name remains."""
    if len(name) <= _LONGEST:
        return name
    pieces = [(piece, depth) for _, piece, depth in with_depth(name)]
    deepest = max(depth for _, depth in pieces)
    shorter = name
    for most in range(deepest, 0, -1):
        shorter = _up_to_depth(pieces, most)
        if len(shorter) <= _LONGEST:
            break
    return shorter


def _up_to_depth(pieces: Sequence[tuple[str, int]], most: int) -> str:
    text, is_left_out = "", False
    for piece, depth in pieces:
        if depth < most:
            text, is_left_out = text + piece, False
        elif not is_left_out:
            text, is_left_out = text + "...", True
    return text


def _short_string(match: re.Match[str]) -> str:
    polymorphic, kind, character = match.groups()
    return f"std::{polymorphic or ''}{_CHARACTERS[character]}{kind}"


def _without_defaults(name: str) -> str:
    """Without the last arguments of containers, where they are the default ones."""
    # Of each open bracket: what comes before it, and the arguments so far.
    around: list[tuple[str, list[str]]] = []
    text = ""
    for _, piece, _ in with_depth(name):
        if piece == "<":
            around.append((text, []))
            text = ""
        elif piece == "," and around:
            around[-1][1].append(text)
            text = ""
        elif piece == ">" and around:
            before, arguments = around.pop()
            text = _template(before, [*arguments, text])
        else:
            text += piece
    return name if around else text


def _template(before: str, arguments: list[str]) -> str:
    match = _TEMPLATE.search(before)
    defaults = _DEFAULTS.get(match[1], ()) if match else ()
    while len(arguments) > 1 and arguments[-1].strip().startswith(defaults):
        arguments.pop()
    return f"{before}<{','.join(arguments)}>"
