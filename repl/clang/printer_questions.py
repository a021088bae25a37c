"""Which types have printers that users have written, and the code that calls these.

Asked of a copy of the frontend, and only if there are hints that some type has one
(``frontend_process/printers.h``).
"""

from __future__ import annotations

from msgspec import Struct

from repl.clang.code_generator import CodeGenerator
from repl.clang.frontend import Frontend
from repl.clang.protocol import FindPrinters, PrinterHints, PrintersFound
from repl.display.readers import find_readers, types_to_ask_about
from repl.display.types import ValueType
from repl.errors import CodegenError, MalformedMessage, ShellError

_PATIENCE = 20.0  # s, for Clang
_MOST_ALONE = 6  # types that are tried by themselves


class PrinterCode(Struct, frozen=True):
    """``machine_code`` of the printers of a value's types; ``elements``: of ranges, by the
    index of their type."""

    machine_code: bytes
    elements: dict[int, ValueType]


class AskedPrinters(Struct, frozen=True):
    """The same before code generation."""

    bitcode: bytes
    elements: dict[int, ValueType]

    def compile(self, codegen: CodeGenerator, level: int) -> PrinterCode | None:
        """Generate the code of the printers; None if LLVM cannot, and then there are none."""
        try:
            codegen.begin([self.bitcode], level)
            return PrinterCode(codegen.finish(), self.elements)
        except CodegenError:
            return None


def ask_for_printers(
    frontend: Frontend, type_: ValueType, hints: PrinterHints
) -> AskedPrinters | None:
    """Find out which of the types of the last input's value have printers, and set their
    ``printer``. None if none has one."""
    wanted = {each.index: each for each in types_to_ask_about(type_) if _may_have(each, hints)}
    if not wanted:
        return None
    try:
        reply, bitcode = _find(frontend, tuple(wanted))
        if not reply.ok and len(wanted) > 1:  # one that does not compile spoils it for all
            each_alone = list(wanted)[:_MOST_ALONE]
            good = tuple(index for index in each_alone if _find(frontend, (index,))[0].ok)
            if not good:
                return None
            reply, bitcode = _find(frontend, good)
    except ShellError:  # Clang has crashed, takes too long, or cannot be copied
        return None
    elements = {}
    for index, printer in reply.printers.items():
        if index not in wanted:
            raise MalformedMessage("malformed message: a printer that nobody has asked about")
        wanted[index].printer = printer.kind
        if printer.element is not None:
            elements[index] = ValueType.from_table(printer.element)
    return AskedPrinters(bitcode, elements) if reply.printers else None


def _find(frontend: Frontend, types: tuple[int, ...]) -> tuple[PrintersFound, bytes]:
    with frontend.scratch() as copy:
        return copy.ask(FindPrinters(types), b"", _PATIENCE)


def _may_have(type_: ValueType, hints: PrinterHints) -> bool:
    if hints.overloads:
        return True
    if find_readers(type_):
        return False
    return type_.index in hints.streams or type_.index in hints.iterates
