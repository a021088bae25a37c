"""Questions: ``%type``, ``?NAME``, ``%vars``, ``%who``, ``%errors``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from repl.clang.diagnostics import compile_error
from repl.clang.protocol import Declaration, DescribeName
from repl.commands.command import is_positive_number
from repl.commands.context import Shell
from repl.commands.declared import as_shown, declared_names, value_of
from repl.commands.members import comment_lines, member_lines, pages
from repl.commands.types import type_of
from repl.display.names import as_users_write
from repl.display.redefined_names import as_written
from repl.errors import ShellError
from repl.input.command_syntax import Arguments, WrongUsage
from repl.program.at_rest import ProgramAtRest
from repl.session.waiting import WaitingInput

_NAME_OF_CODE = re.compile(r"(?:::)?~?\w+(?:::~?\w+)*")
_MEMBER_OF_CODE = re.compile(r"[\w:]+(?:(?:\.|->)\w+)+")
_MOST_OVERLOADS = 12
_LONGEST_DECLARATION = 2000  # characters


def run_type(shell: Shell, arguments: Arguments) -> str:
    """``%type``."""
    code = arguments.text.rstrip().rstrip(";").rstrip()
    if not code:
        raise WrongUsage("needs an expression or a type")
    missing = shell.session.compiler.input_ends(code.encode("utf-8", "surrogateescape")).missing
    if missing:
        raise ShellError(f"%type: the expression ends where a '{missing}' is missing")
    reply = type_of(shell, code)
    if not reply.ok:
        raise compile_error(reply)
    name, size = as_users_write(reply.name), reply.size
    text = name
    canonical = as_users_write(reply.canonical)
    if canonical != name and not name.startswith("lambda"):
        text += f"\n    that is {canonical}"
    facts = [reply.category] if reply.category else []
    if size:
        facts.append(_bytes(size))
    return text + (f"\n    {', '.join(facts)}" if facts else "")


def _bytes(size: int) -> str:
    return _count_of(size, "byte")


def run_describe(shell: Shell, arguments: Arguments) -> str:
    """``?``."""
    name = arguments.text.rstrip("?;").strip()
    if not name:
        raise WrongUsage("needs a name")
    name, page = _page_of(name)
    if not _NAME_OF_CODE.fullmatch(name):
        if _MEMBER_OF_CODE.fullmatch(name):
            return run_type(shell, arguments)
        raise WrongUsage(f"takes a name, not '{name}' (%type tells the type of an expression)")
    found = shell.session.compiler.ask(DescribeName(), name).found
    if not found:
        raise ShellError(f"nothing is called {name} here (%vars lists what inputs declare)")
    waiting = shell.session.waiting()
    with shell.session.using_program() as program:
        texts = [
            _description(shell, program, each, waiting, page) for each in found[:_MOST_OVERLOADS]
        ]
    if len(found) > _MOST_OVERLOADS:
        texts.append(f"... and {len(found) - _MOST_OVERLOADS} more")
    return "\n\n".join(texts)


def _page_of(text: str) -> tuple[str, int]:
    """The name, and which page of its members: ``std::vector 2``."""
    name, _, number = text.rpartition(" ")
    if name and is_positive_number(number):
        return name.strip(), int(number)
    return text, 1


def _count_of(count: int, what: str) -> str:
    return f"{count:,} {what}" + ("s" if count != 1 else "")


def _description(
    shell: Shell,
    program: ProgramAtRest,
    found: Declaration,
    waiting: Sequence[tuple[WaitingInput, str]],
    page: int,
) -> str:
    declared = as_shown(found)
    if page > pages(declared):
        raise ShellError(f"{declared.name} has {_count_of(pages(declared), 'page')} of members")
    text = as_written(declared.declaration).strip() or f"{declared.type} {declared.name}"
    if len(text) > _LONGEST_DECLARATION:
        text = text[:_LONGEST_DECLARATION] + " ..."
    lines = [text]
    lines += comment_lines(declared.comment, shell.width) if page == 1 else []
    waits = _waits(waiting, declared)
    if waits:
        lines.append(f"  {waits}")
    elif declared.kind == "variable":
        value = value_of(program, declared, shell.session.options.limits)
        lines.append(f"  value: {as_written(value)}")
    if declared.kind in ("type", "variable", "member") and declared.type:
        lines.append(f"  type: {declared.type}")
    if declared.size:
        lines.append(f"  size: {_bytes(declared.size)}")
    if declared.bases:
        lines.append(f"  bases: {', '.join(declared.bases)}")
    lines += member_lines(declared, shell.width, page)
    if declared.file:
        lines.append(f"  declared: {declared.file}:{declared.line}")
    return "\n".join(lines)


def run_vars(shell: Shell, arguments: Arguments) -> str:
    """``%vars``."""
    variables = _variables(shell, arguments.operands)
    waiting = shell.session.waiting()
    if not variables and not waiting:
        return "no variables"
    limits = shell.session.options.limits
    with shell.session.using_program() as program:
        values = [
            f"<{_waits(waiting, each)}>"
            if _waits(waiting, each)
            else value_of(program, each, limits)
            for each in variables
        ]
    rows = [("name", "type", "size", "value", "input")]
    for each, text in zip(variables, values, strict=True):
        value = " ".join(as_written(text).split())
        source = shell.session.steps[each.input].source.unit_name
        rows.append((each.name, each.type, str(each.size), value, source))
    lines = [] if arguments.operands else [f"{w.name} waits for {needs}" for w, needs in waiting]
    return "\n".join([_table(rows, shell.width), *lines])


def _waits(waiting: Sequence[tuple[WaitingInput, str]], declared: Declaration) -> str:
    """What is to be said of a function or a variable whose input waits."""
    symbol = declared.symbol
    found = [needs for each, needs in waiting if symbol and symbol in each.defines]
    return f"waits for {found[-1]}" if found else ""


def _variables(shell: Shell, wanted: Sequence[str]) -> list[Declaration]:
    """Those that are called so; all if no names are given."""
    variables = [d for d in declared_names(shell.session) if d.kind == "variable"]
    if not wanted:
        return variables
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


def run_who(shell: Shell, arguments: Arguments) -> str:
    """``%who``."""
    declared = declared_names(shell.session)
    lines = []
    for kind, title in (("variable", "variables"), ("function", "functions"), ("type", "types")):
        names = dict.fromkeys(each.name for each in declared if each.kind == kind)
        if names:
            lines.append(f"{title}: {' '.join(names)}")
    return "\n".join(lines) or "nothing is declared"


def run_errors(shell: Shell, arguments: Arguments) -> str:
    """``%errors``."""
    return shell.last_messages or "there were no errors and no warnings"
