"""Questions: ``%type``, ``?NAME``, ``%vars``, ``%who``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from repl.clang.diagnostics import compile_error
from repl.clang.redefined_names import as_written
from repl.commands.command import WrongUsage, no_argument
from repl.commands.declared import Declared, declared_names, value_of
from repl.display.names import as_users_write
from repl.errors import ShellError
from repl.shell import Shell

_QUERY = "__forkrepl_query"
_MOST_OVERLOADS = 12
_MOST_MEMBERS = 40
_LONGEST_DECLARATION = 2000  # characters


def run_type(shell: Shell, argument: str) -> str:
    """``%type``."""
    code = argument.rstrip().rstrip(";").rstrip()
    if not code:
        raise WrongUsage("needs an expression or a type")
    missing = shell.session.compiler.input_ends(code.encode("utf-8", "surrogateescape")).missing
    if missing:
        raise ShellError(f"%type: the expression ends where a '{missing}' is missing")
    reply = type_of(shell, code)
    if not reply.get("ok"):
        raise compile_error(reply)
    name, size = as_users_write(str(reply["name"])), int(reply["size"])
    text = name
    canonical = as_users_write(str(reply["canonical"]))
    if canonical != name and not name.startswith("lambda"):
        text += f"\n    that is {canonical}"
    facts = [str(reply["category"])] if "category" in reply else []
    if size:
        facts.append(_bytes(size))
    return text + (f"\n    {', '.join(facts)}" if facts else "")


def type_of(shell: Shell, code: str) -> dict[str, Any]:
    """The frontend's answer to ``type``, for an expression or else a type."""
    is_c = "-xc" in shell.session.options.compiler_flags
    place = f'\n#line 1 "%type"\n{code}\n'
    expression = (
        f"typedef __typeof__(({place})) {_QUERY};"
        if is_c
        else f"using {_QUERY} = decltype(({place}));"
    )
    reply = shell.session.compiler.ask("type", expression)
    if reply.get("ok"):
        return reply
    type_ = f"typedef __typeof__({place}) {_QUERY};" if is_c else f"using {_QUERY} = {place};"
    of_type = shell.session.compiler.ask("type", type_)
    return of_type if of_type.get("ok") else reply


def _bytes(size: int) -> str:
    return f"{size:,} byte" + ("s" if size != 1 else "")


def run_describe(shell: Shell, argument: str) -> str:
    """``?``."""
    name = argument.strip().rstrip("?;").strip()
    if not name:
        raise WrongUsage("needs a name")
    if not re.fullmatch(r"(?:::)?~?\w+(?:::~?\w+)*", name):
        raise WrongUsage(f"takes a name, not '{name}' (%type tells the type of an expression)")
    found = shell.session.compiler.ask("describe", name)["found"]
    if not found:
        raise ShellError(f"nothing is called {name} here (%vars lists what inputs declare)")
    shell.session.attend()
    texts = [_description(shell, each) for each in found[:_MOST_OVERLOADS]]
    if len(found) > _MOST_OVERLOADS:
        texts.append(f"... and {len(found) - _MOST_OVERLOADS} more")
    return "\n\n".join(texts)


def _description(shell: Shell, found: dict[str, Any]) -> str:
    declared = Declared.from_json(found)
    text = as_written(str(found["declaration"])).strip()
    if len(text) > _LONGEST_DECLARATION:
        text = text[:_LONGEST_DECLARATION] + " ..."
    lines = [text]
    if found.get("comment"):
        lines += [f"    {line}".rstrip() for line in str(found["comment"]).splitlines()]
    if declared.kind == "variable":
        lines.append(f"  value: {as_written(value_of(shell.session, declared))}")
    if declared.kind in ("type", "variable", "member") and declared.type:
        lines.append(f"  type: {declared.type}")
    if declared.size:
        lines.append(f"  size: {_bytes(declared.size)}")
    if found.get("bases"):
        lines.append(f"  bases: {', '.join(found['bases'])}")
    members = [as_written(str(member)) for member in found.get("members", [])]
    if members:
        lines.append("  members:")
        lines += [f"    {' '.join(member.split())}" for member in members[:_MOST_MEMBERS]]
        if len(members) > _MOST_MEMBERS:
            lines.append(f"    ... and {len(members) - _MOST_MEMBERS} more")
    if declared.file:
        lines.append(f"  declared: {declared.file}:{declared.line}")
    return "\n".join(lines)


def run_vars(shell: Shell, argument: str) -> str:
    """``%vars``."""
    variables = _variables(shell, argument)
    if not variables:
        return "no variables"
    shell.session.attend()
    rows = [("name", "type", "size", "value", "input")]
    for each in variables:
        value = " ".join(as_written(value_of(shell.session, each)).split())
        source = shell.session.steps[each.input].source.unit_name
        rows.append((each.name, each.type, str(each.size), value, source))
    return _table(rows, shell.width)


def _variables(shell: Shell, argument: str) -> list[Declared]:
    variables = [d for d in declared_names(shell.session) if d.kind == "variable"]
    if not argument:
        return variables
    wanted = argument.split()
    chosen = [each for each in variables if each.name in wanted]
    missing = [name for name in wanted if name not in {each.name for each in chosen}]
    if missing:
        raise ShellError(f"no input in force declares a variable {missing[0]}")
    return chosen


_LEAST_WIDTH = 8  # of a column that is shortened
_NAME, _TYPE, _SIZE, _VALUE = range(4)


def _table(rows: Sequence[tuple[str, ...]], width: int) -> str:
    """Columns, as wide as what is in them; the widest, rather the value, is cut to fit."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for _ in range(sum(widths) + 2 * (len(widths) - 1) - max(width, 20)):
        widest = max((_VALUE, _TYPE, _NAME), key=lambda column: widths[column])
        if widths[widest] <= _LEAST_WIDTH:
            break
        widths[widest] -= 1
    lines = []
    for row in rows:
        cells = [_cut(cell, size) for cell, size in zip(row, widths, strict=True)]
        cells[_SIZE] = row[_SIZE].rjust(widths[_SIZE])
        lines.append("  ".join(c.ljust(w) for c, w in zip(cells, widths, strict=True)).rstrip())
    return "\n".join(lines)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."


def run_who(shell: Shell, argument: str) -> str:
    """``%who``."""
    no_argument(argument)
    declared = declared_names(shell.session)
    lines = []
    for kind, title in (("variable", "variables"), ("function", "functions"), ("type", "types")):
        names = dict.fromkeys(each.name for each in declared if each.kind == kind)
        if names:
            lines.append(f"{title}: {' '.join(names)}")
    return "\n".join(lines) or "nothing is declared"
