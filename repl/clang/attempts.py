"""What is to be made of Clang's answer to an attempt to parse an input."""

from __future__ import annotations

from collections.abc import Sequence

from repl.clang.diagnostics import compile_error, joined
from repl.clang.inputs import AcceptedInput
from repl.clang.protocol import HiddenDeclaration, Parsed, Reply
from repl.errors import CompileError
from repl.input.source import Source


def at_source(source: Source, reason: str) -> str:
    """``reason``, as Clang would say it of the beginning of an input."""
    return f"{source.name}:{source.line}: error: {reason}"


def with_errors(error: CompileError, found: Sequence[Reply]) -> CompileError:
    """``error``, after those that Clang had found by then."""
    if not found:
        return error
    before = compile_error(joined(found))
    return CompileError(f"{before}\n{error}", before.diagnostics, f"{before.full}\n{error.full}")


def completion(reply: Parsed) -> bytes:
    """What has to be added to an input in which only the last ``;`` is missing."""
    return reply.completion.encode("utf-8", "surrogateescape")


def redefined(
    found: Sequence[HiddenDeclaration], accepted: AcceptedInput
) -> tuple[HiddenDeclaration, ...]:
    """What a rejected input redefines, as far as it has not been hidden for it yet."""
    return tuple(hidden for hidden in found if hidden not in accepted.hides)
