"""The members of a class for ``?NAME``: first those that people look for, page by page."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from repl.clang.protocol import Declaration, DeclaredMember
from repl.display.redefined_names import as_written

_FEW = 24  # members that stay in the order of their declaration
_PAGE = 30  # members
_NARROWEST, _WIDEST = 40, 100  # columns

_ACCESS = (
    *("operator[]", "at", "front", "back", "data", "c_str", "get", "value", "value_or", "top"),
    *("operator*", "operator->", "index", "first", "second", "str", "substr"),
)
_SIZE = ("size", "length", "empty", "capacity", "reserve", "resize", "max_size", "has_value")
_MODIFIERS = (
    *("push_back", "push_front", "push", "emplace_back", "emplace_front", "emplace_hint"),
    *("emplace", "insert", "insert_or_assign", "try_emplace", "insert_range", "append"),
    *("operator+=", "pop_back", "pop_front", "pop", "erase", "clear", "assign", "operator="),
    *("replace", "reset", "release", "remove", "remove_if", "sort", "unique", "reverse"),
    *("merge", "splice", "extract", "swap", "fill", "store", "exchange", "shrink_to_fit"),
)
_LOOKUP = (
    *("find", "contains", "count", "lower_bound", "upper_bound", "equal_range", "starts_with"),
    *("ends_with", "rfind", "find_first_of", "find_last_of", "compare"),
)
_ITERATION = ("begin", "end", "cbegin", "cend", "rbegin", "rend", "crbegin", "crend")
# What follows these titles is what is called so, in this order.
_BY_NAME = {
    "element access": _ACCESS,
    "modifiers": _MODIFIERS,
    "size": _SIZE,
    "looking for elements": _LOOKUP,
    "iteration": _ITERATION,
}
_BY_KIND = {
    "constructor": "constructors",
    "enumerator": "enumerators",
    "member": "data",
    "variable": "data",
    "function": "other functions",
    "operator": "other operators",
    "type": "types",
}
_TITLES = ("constructors", "enumerators", "data", *_BY_NAME, *_BY_KIND.values(), "the rest")
_TAG = re.compile(r"\s*[@\\](?:brief|note|details|remarks?)\b\s*")
_NAMED = re.compile(r"[@\\](?:t?param(?:\[\w+\])?\s+(\w+)|(returns?|throws?|pre|post|see|sa)\b)")
_EXTRA = re.compile(r"%(?=\w)|</?\w+(?: [^<>]*)?>")  # which words are no links; HTML
_FORMATTING = re.compile(
    r"[@\\](?:[acpe]|link|endlink|ref|ingroup \w+|headerfile \w+|since [^\n]*)\b"
)


def comment_lines(comment: str, width: int) -> list[str]:
    """What documents a declaration, without the marks of the tool that it was written for."""
    text = _NAMED.sub(lambda match: f"{match[1] or match[2]}:", _TAG.sub("\n", comment))
    text = _EXTRA.sub("", _FORMATTING.sub("", text)).strip()
    lines: list[str] = []
    for line in re.sub(r"\n(?:[ \t]*\n)+", "\n\n", text).splitlines():
        lines += textwrap.wrap(line, _limited(width) - 4, break_long_words=False) or [""]
    return [f"    {line}".rstrip() for line in lines]


def member_lines(found: Declaration, width: int, page: int) -> list[str]:
    """Few are listed as they are declared; many in groups, of which ``page`` (from 1) is a part
    and the last line tells how to see the next."""
    if len(found.members) <= _FEW:
        if page > 1 or not found.members:
            return []
        return ["  members:", *_listed(found.members, width)]
    groups = _grouped(found.members)
    ordered = [(title, each) for title in dict.fromkeys(_TITLES) for each in groups.get(title, ())]
    begin = (page - 1) * _PAGE
    shown = ordered[begin : begin + _PAGE]
    lines: list[str] = []
    for title in dict.fromkeys(title for title, _ in shown):
        lines += [f"  {title}:", *_listed([each for of, each in shown if of == title], width)]
    if left := len(ordered) - begin - len(shown):
        lines.append(f"  ... and {left} more members: ?{found.name} {page + 1}")
    return lines


def pages(found: Declaration) -> int:
    """How many there are of its members."""
    return 1 if len(found.members) <= _FEW else -(-len(found.members) // _PAGE)


def _grouped(members: Sequence[DeclaredMember]) -> dict[str, list[DeclaredMember]]:
    groups: dict[str, list[DeclaredMember]] = {}
    for each in members:
        groups.setdefault(_title(each), []).append(each)
    for title, names in _BY_NAME.items():
        if title in groups:
            groups[title].sort(key=lambda each: names.index(each.name))
    return groups


def _title(member: DeclaredMember) -> str:
    if member.kind in ("function", "operator"):
        for title, names in _BY_NAME.items():
            if member.name in names:
                return title
    return _BY_KIND.get(member.kind, "the rest")


def _listed(members: Sequence[DeclaredMember], width: int) -> list[str]:
    lines: list[str] = []
    described = ""
    for each in members:
        text = " ".join(as_written(each.declaration).split())
        lines += _wrapped(text, width, "    ", "        ")
        if each.comment and each.name != described:
            described = each.name
            lines += _wrapped(f"// {_first_sentence(each.comment)}", width, "      ", "      // ")
    return lines


def _wrapped(text: str, width: int, first: str, later: str) -> list[str]:
    return textwrap.wrap(
        text,
        _limited(width),
        initial_indent=first,
        subsequent_indent=later,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _limited(width: int) -> int:
    return min(max(width, _NARROWEST), _WIDEST)


def _first_sentence(comment: str) -> str:
    text = " ".join(line.strip() for line in comment_lines(comment, _WIDEST)).strip()
    return re.split(r"(?<=[.!?])\s|\s\w+:\s", text, maxsplit=1)[0].strip()
