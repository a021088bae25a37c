"""Inputs that include headers of the standard library, and do nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

_LINE = re.compile(rb"[ \t]*(?:#[ \t]*include[ \t]*<([A-Za-z0-9_./+]+)>[ \t]*)?(?://.*[^\\])?$")
_LINE_DIRECTIVE = re.compile(rb'#line (\d+) "((?:[^"\\]|\\.)*)"$')

_NAMES = """
algorithm any array atomic barrier bit bitset cassert ccomplex cctype cerrno cfenv cfloat
charconv chrono cinttypes ciso646 climits clocale cmath codecvt compare complex concepts
condition_variable coroutine csetjmp csignal cstdalign cstdarg cstdbool cstddef cstdint
cstdio cstdlib cstring ctgmath ctime cuchar cwchar cwctype deque exception execution
expected filesystem format forward_list fstream functional future generator initializer_list
iomanip ios iosfwd iostream istream iterator latch limits list locale map mdspan memory
memory_resource mutex new numbers numeric optional ostream print queue random ranges ratio
regex scoped_allocator semaphore set shared_mutex source_location span spanstream sstream
stack stacktrace stdexcept stdfloat stop_token streambuf string string_view strstream
syncstream system_error thread tuple type_traits typeindex typeinfo unordered_map
unordered_set utility valarray variant vector version bits/stdc++.h
assert.h complex.h ctype.h errno.h fenv.h float.h inttypes.h iso646.h limits.h locale.h
math.h setjmp.h signal.h stdalign.h stdarg.h stdatomic.h stdbool.h stddef.h stdint.h stdio.h
stdlib.h stdnoreturn.h string.h tgmath.h threads.h time.h uchar.h wchar.h wctype.h
"""
STANDARD_HEADERS = frozenset(_NAMES.split())
"""Of C++23 and C23, and the one of GCC's that includes all."""


class Include(Struct, frozen=True):
    """A header that an input includes; ``place``: ``NAME:LINE`` of the directive."""

    header: str
    place: str


def includes_of(text: bytes) -> tuple[Include, ...]:
    """The includes of an input, as Clang gets it: after a line directive.

    Empty if there is anything else in it, except for comments.
    """
    directive, _, rest = text.partition(b"\n")
    named = _LINE_DIRECTIVE.match(directive)
    if named is None:
        return ()
    line, name = int(named[1]), re.sub(rb"\\(.)", rb"\1", named[2]).decode("utf-8", "replace")
    found: list[Include] = []
    for number, each in enumerate(rest.split(b"\n"), line):
        match = _LINE.match(each)
        header = match[1].decode() if match and match[1] else ""
        if match is None or (header and header not in STANDARD_HEADERS):
            return ()
        if header:
            found.append(Include(header, f"{name}:{number}"))
    return tuple(found)


def leading_includes(text: bytes, name: str) -> tuple[Include, ...]:
    """The includes of standard headers at the beginning of a file, before anything else but
    comments."""
    found: list[Include] = []
    in_comment = False
    for number, line in enumerate(text.split(b"\n"), 1):
        in_comment, code = _without_comments(line, in_comment)
        match = _LINE.match(code)
        header = match[1].decode() if match and match[1] else ""
        if match is None or (header and header not in STANDARD_HEADERS):
            break
        if header:
            found.append(Include(header, f"{name}:{number}"))
    return tuple(found)


def _without_comments(line: bytes, in_comment: bool) -> tuple[bool, bytes]:
    """A line without its block comments. Whether it ends within one."""
    code = b""
    while line:
        if in_comment:
            _, end, line = line.partition(b"*/")
            in_comment = not end
        else:
            before, begin, line = line.partition(b"/*")
            if b"//" in before:
                return False, code + before + begin + line
            code += before
            in_comment = bool(begin)
    return in_comment, code


def only_includes(text: str) -> bool:
    """Whether an input, as it is in a file, includes standard headers and does nothing else."""
    lines = text.encode("utf-8", "surrogateescape").split(b"\n")
    return any(b"#" in line for line in lines) and all(map(_LINE.match, lines))


def includes_of_all(texts: Iterable[bytes]) -> tuple[Include, ...]:
    """The includes of several inputs; empty if one of them is anything else."""
    found: list[Include] = []
    for text in texts:
        includes = includes_of(text)
        if not includes:
            return ()
        found += includes
    return tuple(found)
