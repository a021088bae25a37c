"""Code of ours that runs in the program and does not stay in the session."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING

from repl.errors import ShellError
from repl.input.source import Source
from runtime.addresses import ExecutorAddress

if TYPE_CHECKING:
    from repl.program.at_rest import ProgramAtRest
    from repl.session.live_session import LiveSession

_WORD = 8  # bytes
_FIRST_READ = 256  # of a string, in bytes
_LONGEST_STRING = 1 << 20
_LARGEST_ERRNO = 4095  # of Linux
_numbers = itertools.count(1)

C_LINKAGE = """\
#ifdef __cplusplus
#define __FORKREPL_C extern "C"
#else
#define __FORKREPL_C extern
#endif
"""
"""Makes ``__FORKREPL_C`` a specifier of declarations that both languages understand."""


def unique_name(what: str) -> str:
    """A name that no other helper has used."""
    return f"__forkrepl_{what}_{next(_numbers)}"


def run_helper(session: LiveSession, text: str, name: str, results: str, count: int) -> list[int]:
    """Run ``text`` and take it back: ``count`` words (u64) of its variable ``results``.

    ``results`` must have C linkage. What the code does to the program stays. Raises what
    ``Session.run`` does; diagnostics name ``name``.
    """
    session.run(Source(text, name))
    try:
        with session.using_program() as program:
            definition = program.find_definition(results)
            words = read_words(program, definition.address, count) if definition else []
        if not words:
            raise ShellError(f"{name}: its results cannot be read")
        return words
    finally:
        # If the program has ended, going back may have taken it away already.
        if session.inputs[-1:] == [text]:
            session.undo(keeps_members=True)


def c_string(text: str) -> str:
    """A literal of C for any text without NUL."""
    encoded = text.encode("utf-8", "surrogateescape")
    return '"' + "".join(f"\\{byte:03o}" for byte in encoded) + '"'


def read_string(program: ProgramAtRest, address: ExecutorAddress) -> str:
    """A C string of the program's, cut where it is very long or memory ends."""
    size, data = _FIRST_READ, b""
    while b"\0" not in data and size <= _LONGEST_STRING:
        data = program.read(address, size)
        if len(data) < size:
            break
        size *= 16
    return data.partition(b"\0")[0].decode("utf-8", "replace")


def read_words(program: ProgramAtRest, address: ExecutorAddress, count: int) -> list[int]:
    """So many words (u64) of the program's memory; none if they cannot all be read."""
    data = program.read(address, count * _WORD)
    return list(struct.unpack(f"<{count}Q", data)) if len(data) == count * _WORD else []


def call_for_status(session: LiveSession, name: str, declaration: str, call: str) -> int:
    """Call a function of the C library's in the program: 0, or its errno.

    ``declaration`` has to declare ``__forkrepl_function`` and ``call`` to be an expression
    that is not 0 if it failed.
    """
    errno = 'int *__forkrepl_errno(void) __asm__("__errno_location");'
    status = f"{call} ? *__forkrepl_errno() : 0"
    number = call_for_number(session, name, [declaration, errno], status)
    if number > _LARGEST_ERRNO:
        raise ShellError(f"{name}: its result makes no sense: is the program's memory damaged?")
    return number


def call_for_number(
    session: LiveSession, name: str, declarations: Sequence[str], expression: str
) -> int:
    """What an expression of the C functions that are declared gives in the program (u64)."""
    results = unique_name("results")
    declared = "".join(f"__FORKREPL_C {each}\n" for each in declarations)
    text = (
        f"{C_LINKAGE}{declared}"
        f"__FORKREPL_C unsigned long long {results}[1];\n"
        f"unsigned long long {results}[1];\n"
        f"{results}[0] = {expression};\n"
    )
    (number,) = run_helper(session, text, name, results, 1)
    return number
