"""The code generator process: LLVM IR in, relocatable object out.

    python -m repl.code_generator_process

A process of its own because LLVM ends the process on some bad input (invalid
inline assembly is one). Its standard input is a socket, which it serves until
that closes.
"""

from __future__ import annotations

import gc
import itertools
import re
import signal
import socket
import sys
from collections.abc import Sequence
from typing import Any

import repl.quick_msgspec  # noqa: F401
from repl.clang.framing import Channel, receive_message, send_message
from repl.clang.generation import Generate, Generated
from repl.errors import CompilerDied, MalformedMessage, UnreadableModule
from runtime.objects.foreign_files import BITCODE_MAGIC

_TRIPLE = "x86_64-pc-linux-gnu"
_GARBAGE = 100_000  # see repl/cli.py
_PARSING_ERROR = re.compile(r"LLVM (IR|bitcode) parsing error\n")


class ModuleCompiler:
    """LLVM's target machine for each optimisation level, made when first needed."""

    def __init__(self) -> None:
        import llvmlite.binding as llvm

        self._llvm = llvm
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        llvm.initialize_native_asmparser()  # for inline assembly
        self._target = llvm.Target.from_triple(_TRIPLE)
        self._machines: dict[int, Any] = {}

    def compile(self, code: bytes, wanted: Generate) -> bytes:
        """IR to what is wanted of it.

        Raises RuntimeError, or UnreadableModule for what is wrong with foreign code.
        """
        machine = self._machine(wanted.level)
        if wanted.foreign:
            module = self._read_foreign(code, machine)
        else:
            module = self._join(code, wanted.modules)
        if wanted.level:
            self._optimise(module, machine, wanted.level)
        if wanted.output == "ir":
            return str(module).encode("utf-8", "surrogateescape")
        if wanted.output == "assembly":
            return str(machine.emit_assembly(module)).encode("utf-8", "surrogateescape")
        return bytes(machine.emit_object(module))

    def _join(self, code: bytes, sizes: Sequence[int]) -> Any:
        """The modules of Clang's that follow one another, as one.

        Raises RuntimeError if they define the same."""
        first, *others = self._split(code, sizes)
        for other in others:
            first.link_in(other)
        return first

    def _split(self, code: bytes, sizes: Sequence[int]) -> list[Any]:
        ends = list(itertools.accumulate(sizes))
        return [
            self._llvm.parse_bitcode(code[end - size : end])
            for size, end in zip(sizes, ends, strict=True)
        ]

    def _read_foreign(self, code: bytes, machine: Any) -> Any:
        """A module from a file: bitcode or text, checked, for this machine."""
        try:
            if code.startswith(BITCODE_MAGIC):
                module = self._llvm.parse_bitcode(code)
                module.verify()
            else:
                module = self._llvm.parse_assembly(code.decode("utf-8", "replace"))
        except RuntimeError as error:
            raise UnreadableModule(_PARSING_ERROR.sub("", str(error)).strip()) from error
        if module.triple and not module.triple.startswith("x86_64"):
            raise UnreadableModule(f"made for {module.triple}, not for {_TRIPLE}")
        if not module.data_layout:
            module.data_layout = str(machine.target_data)
        return module

    def _machine(self, level: int) -> Any:
        if level not in self._machines:
            self._machines[level] = self._target.create_target_machine(
                opt=level, reloc="pic", codemodel="small"
            )
        return self._machines[level]

    def _optimise(self, module: Any, machine: Any, level: int) -> None:
        from llvmlite.binding.newpassmanagers import NewPassManager

        options = self._llvm.create_pipeline_tuning_options(speed_level=level)
        builder = self._llvm.create_pass_builder(machine, options)
        passes = builder.getModulePassManager()
        try:
            passes.run(module, builder)
        finally:  # llvmlite 0.50 does not: the method of another base class comes first
            NewPassManager._dispose(passes)
            passes.detach()


def serve(connection: socket.socket) -> None:
    """Answer requests until the controller closes the connection."""
    generator = ModuleCompiler()
    channel = Channel(connection)  # the controller traces it
    while True:
        try:
            wanted, code = receive_message(channel, Generate)
        except CompilerDied:
            return
        except MalformedMessage as error:
            sys.exit(str(error))
        try:
            blob = generator.compile(code, wanted)
            reply = Generated()
        except UnreadableModule as error:
            reply, blob = Generated(str(error), unreadable=True), b""
        except RuntimeError as error:
            reply, blob = Generated(str(error)), b""
        send_message(channel, reply, blob)


def main() -> None:
    """See the module."""
    gc.set_threshold(_GARBAGE)
    for keys in (signal.SIGINT, signal.SIGQUIT):  # Ctrl-C and Ctrl-\ are for the user's program
        signal.signal(keys, signal.SIG_IGN)
    with socket.socket(fileno=sys.stdin.fileno()) as connection:
        serve(connection)


if __name__ == "__main__":
    main()
