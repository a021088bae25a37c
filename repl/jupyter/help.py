"""What is known of a name, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from repl.clang.protocol import Declaration, DescribeName
from repl.commands.context import Shell
from repl.commands.declared import as_shown, value_of
from repl.commands.members import comment_lines, member_lines
from repl.display.redefined_names import as_written
from repl.editor.code_answers import Signature
from repl.editor.signature import without_noise

_MOST = 12  # overloads
_LONGEST = 2000  # characters of a declaration
_WIDTH = 100  # columns


def describe_as_markdown(shell: Shell, name: str, detail: int, *, is_at_rest: bool) -> str:
    """The declarations of a name, each with its comment; "" if there are none.

    ``detail``: 1 lists the members of classes. ``is_at_rest``: values can be looked at.
    """
    found = [as_shown(d) for d in shell.session.compiler.ask(DescribeName(), name).found]
    texts = [_describe(shell, each, detail, is_at_rest) for each in found[:_MOST]]
    if len(found) > _MOST:
        texts.append(f"... and {len(found) - _MOST} more")
    return "\n\n---\n\n".join(texts)


def _describe(shell: Shell, found: Declaration, detail: int, is_at_rest: bool) -> str:
    text = as_written(found.declaration).strip() or f"{found.type} {found.name}"
    parts = [_code(text[:_LONGEST] + (" ..." if len(text) > _LONGEST else ""))]
    comment = "\n".join(line.strip() for line in comment_lines(found.comment, _WIDTH))
    parts += [comment] if comment else []
    if found.kind == "variable" and is_at_rest:
        with shell.session.using_program() as program:
            value = as_written(value_of(program, found, shell.session.options.limits))
        parts.append(_code(f"{found.name} = {value}") if value else "")
    members = member_lines(found, _WIDTH, 1) if detail else []
    parts += [_code("\n".join(members))] if members else []
    facts = [f"{found.size:,} bytes"] if found.size else []
    facts += [f"bases: {', '.join(f'`{base}`' for base in found.bases)}"] if found.bases else []
    facts += [f"declared: {found.file}:{found.line}"] if found.file else []
    parts += [" · ".join(facts)] if facts else []
    return "\n\n".join(filter(None, parts))


def signatures_as_markdown(signatures: Sequence[Signature]) -> str:
    """What may be called, with the parameter that comes next; "" if there is nothing."""
    texts = []
    for each in signatures[:_MOST]:
        line = without_noise(f"{each.type} {each.before}{each.current}{each.after}").strip()
        texts.append("\n\n".join(filter(None, [_code(line), each.doc])))
    return "\n\n".join(texts)


def _code(text: str) -> str:
    fence = "`" * 3
    while fence in text:
        fence += "`"
    return f"{fence}cpp\n{text}\n{fence}"
