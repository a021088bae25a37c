"""What inputs are compiled to: ``%ir`` and ``%asm``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct

from repl.commands.context import Shell
from repl.display.brackets import with_depth
from repl.display.redefined_names import as_written
from repl.errors import ShellError
from repl.input.command_syntax import Arguments
from repl.input.source import Source
from repl.session.steps import Step
from runtime.objects.demangle import demangle

_IR_FUNCTION = re.compile(r'^define .*?@(?:"([^"]*)"|([\w.$]+))\(')
_IR_SHARED = re.compile(r"^define (?:linkonce|weak)")
_IR_METADATA = re.compile(r",? !(?:dbg|tbaa|tbaa.struct|srcloc) !\d+")
_IR_DEBUG_RECORD = re.compile(r"^\s*#dbg_")
_ASM_WEAK = re.compile(r"^\t\.weak\t(\S+)")
_ASM_FUNCTION = re.compile(r"^\t\.type\t(\S+),@function")
_ASM_LABEL = re.compile(r'^("[^"]*"|[\w.$]+):')
_FILE = re.compile(r'^\t\.file\t(\d+)(?: ("(?:[^"\\]|\\.)*"))?(?: ("(?:[^"\\]|\\.)*"))?')
_LOCATION = re.compile(r"^\t\.loc\t(\d+) (\d+) (\d+)")
_MANGLED = re.compile(r"\b_Z[\w.$]+")
_NOISE = re.compile(r"^\t\.(?:cfi_|p2align|type|size|loc|file|addrsig|ident|globl|weak|hidden)")
_MOST_NAMES = 20
_LOCAL_LABEL = re.compile(r"^\.L(?:tmp|func_begin|func_end|debug)\w*:")


def run_show_ir(shell: Shell, arguments: Arguments) -> str:
    """``%ir``."""
    return _show(shell, arguments.text, "%ir", "ir")


def run_show_assembly(shell: Shell, arguments: Arguments) -> str:
    """``%asm``."""
    return _show(shell, arguments.text, "%asm", "assembly")


def _show(shell: Shell, wanted: str, command: str, output: Literal["assembly", "ir"]) -> str:
    """The functions of an input, or those that are called so in the newest input."""
    if not wanted or wanted.isdecimal():
        step = _step_of(shell, wanted, command)
        functions = _functions(shell, step, output)
        if not functions:
            raise ShellError(f"{command}: {step.source.unit_name} has no functions")
        return _highlight(shell, _of_input(functions, command, output), output)
    for step in reversed(shell.session.steps):
        if not any(_is_called(name, wanted) for name in _symbols(step)):
            continue
        functions = _functions(shell, step, output)
        found = [each.text for each in functions if _is_called(each.symbol, wanted)]
        if found:
            return _highlight(shell, "\n\n".join(found), output)
    raise ShellError(
        f"{command}: no input has code for a function {wanted}; "
        "templates and inline functions are compiled when they are used"
    )


class _Function(Struct):
    """``is_shared``: other inputs may have it too: inline functions and templates."""

    symbol: str
    is_shared: bool
    lines: list[str]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def _of_input(functions: Sequence[_Function], command: str, output: str) -> str:
    """All; but of those that are shared, if there are others, the names only."""
    own = [each for each in functions if not each.is_shared] or list(functions)
    texts = [each.text for each in own]
    others = len(functions) - len(own)
    if others:
        comment = ";" if output == "ir" else "#"
        texts.append(f"{comment} and {others} inline functions ({command} NAME shows one):")
        names = dict.fromkeys(_title(each.symbol) for each in functions if each.is_shared)
        texts[-1] += "".join(f"\n{comment}   {name}" for name in list(names)[:_MOST_NAMES])
    return "\n\n".join(texts)


def _title(symbol: str) -> str:
    return as_written(demangle(symbol))


def _functions(shell: Shell, step: Step, output: Literal["assembly", "ir"]) -> list[_Function]:
    """The functions that an input was compiled to."""
    text = shell.session.compiler.generate(step.bitcode, step.level, output)
    if output == "ir":
        return _split_ir(text)
    return _Assembly([each.source for each in shell.session.steps]).split(text)


def _step_of(shell: Shell, number: str, command: str) -> Step:
    steps = [step for step in shell.session.steps if step.machine_code]
    if not number:
        if not steps:
            raise ShellError(f"{command}: no input in force has any code")
        return steps[-1]
    entry = shell.entry(number)
    found = [step for step in steps if entry is not None and step.source in entry.ran]
    if not found:
        raise ShellError(f"{command}: input {number} has no code, or is not in force")
    return found[-1]


def _symbols(step: Step) -> Iterable[str]:
    return step.unit.linked.definitions if step.unit is not None else ()


def _is_called(symbol: str, wanted: str) -> bool:
    """``f`` is ``f(int)`` and ``void f<int>(int)``, but not ``n::f(int)``."""
    name = _title(symbol)
    if wanted in (symbol, name):
        return True
    begin, angle = 0, 0  # of the name without its return type; of its template arguments
    for at, text, depth in with_depth(name):
        if depth:
            continue
        if text == "<":
            angle = at
        elif text == " ":
            begin = at + 1
        elif text == "(" and not name.startswith("(anonymous", at):
            qualified = name[begin:at]
            plain = name[begin:angle] if begin < angle and name[at - 1] == ">" else qualified
            return wanted in (name[begin:], qualified, plain)
    return False


def _split_ir(text: str) -> list[_Function]:
    functions: list[_Function] = []
    inside = False
    for line in text.splitlines():
        match = _IR_FUNCTION.match(line)
        if match:
            symbol = match[1] or match[2]
            is_shared = _IR_SHARED.match(line) is not None
            functions.append(_Function(symbol, is_shared, [f"; {_title(symbol)}"]))
            inside = True
        if inside and not _IR_DEBUG_RECORD.match(line):
            functions[-1].lines.append(_IR_METADATA.sub("", line))
        inside = inside and line != "}"
    return functions


class _Assembly:
    """Takes the compiler's assembly apart: each function's instructions and labels, by
    symbol, between the lines of the source. ``sources``: the inputs, to quote them."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._rows: dict[tuple[str, int], str] = {}
        for source in sources:
            rows = enumerate(source.text.splitlines(), source.line)
            self._rows |= {(source.name, number): row.strip() for number, row in rows}
        self._files: dict[str, str] = {}
        self._functions: list[_Function] = []
        self._names: set[str] = set()
        self._shared: set[str] = set()
        self._lines: list[str] | None = None  # of the function that we are in
        self._place = ("", "")

    def split(self, text: str) -> list[_Function]:
        """The functions, in order."""
        for line in text.splitlines():
            self._take(line)
        return self._functions

    def _take(self, line: str) -> None:
        label = _ASM_LABEL.match(line)
        name = label[1].strip('"') if label else ""
        if file := _FILE.match(line):
            self._files[file[1]] = _unquoted(file[3] or file[2] or "")
        elif kind := _ASM_FUNCTION.match(line):
            self._names.add(kind[1].strip('"'))
        elif weak := _ASM_WEAK.match(line):
            self._shared.add(weak[1].strip('"'))
        elif name in self._names:
            self._functions.append(_Function(name, name in self._shared, [f"{_title(name)}:"]))
            self._lines = self._functions[-1].lines
        elif line.startswith(".Lfunc_end"):
            self._lines = None
        elif self._lines is not None:
            self._take_of_function(line, self._lines)

    def _take_of_function(self, line: str, lines: list[str]) -> None:
        if place := _LOCATION.match(line):
            where = (self._files.get(place[1], ""), place[2])
            if where != self._place and place[2] != "0":  # 0: of nobody's source
                lines.append(self._quote(*where))
            self._place = where
        elif not _NOISE.match(line) and not _LOCAL_LABEL.match(line):
            lines.append(_MANGLED.sub(lambda m: _title(m[0]), line.expandtabs(8)))

    def _quote(self, name: str, number: str) -> str:
        row = self._rows.get((name, int(number)))
        return f"# {name}:{number}" + (f": {row}" if row else "")


def _unquoted(text: str) -> str:
    return text.strip('"').replace('\\"', '"').replace("\\\\", "\\")


def _highlight(shell: Shell, text: str, output: str) -> str:
    """The text in colours, if there are to be any."""
    if not shell.colour:
        return text
    from repl.editor.highlighting import highlight  # it takes long to import

    return highlight(text, "llvm" if output == "ir" else "asm", shell.settings.theme)
