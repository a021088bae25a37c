"""What a text is to Clang: an expression, a type, or neither."""

from __future__ import annotations

from typing import TYPE_CHECKING

from repl.clang.protocol import DescribeType, TypeDescribed

if TYPE_CHECKING:
    from repl.commands.context import Shell

_QUERY = "__forkrepl_query"


def type_of(shell: Shell, code: str) -> TypeDescribed:
    """What an expression's value or else a type is."""
    place = f'\n#line 1 "%type"\n{code}\n'
    expression = (
        f"typedef __typeof__(({place})) {_QUERY};"
        if shell.is_c
        else f"using {_QUERY} = decltype(({place}));"
    )
    reply = shell.session.compiler.ask(DescribeType(), expression)
    if reply.ok:
        return reply
    type_ = f"typedef __typeof__({place}) {_QUERY};" if shell.is_c else f"using {_QUERY} = {place};"
    of_type = shell.session.compiler.ask(DescribeType(), type_)
    return of_type if of_type.ok else reply
