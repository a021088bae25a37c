"""The code generator process: LLVM bitcode in, relocatable object out.

    python -m repl.codegen_worker

A process of its own because LLVM ends the process on some bad input (invalid
inline assembly is one). Its standard input is a socket, which it serves until
that closes.
"""

from __future__ import annotations

import signal
import socket
import sys
from typing import Any

from repl.errors import CompilerDied
from repl.framing import Header, receive_message, send_message


class CodeGenerator:
    """LLVM's target machine for each optimisation level, made when first needed."""

    def __init__(self) -> None:
        import llvmlite.binding as llvm

        self._llvm = llvm
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        llvm.initialize_native_asmparser()  # for inline assembly
        self._target = llvm.Target.from_triple("x86_64-pc-linux-gnu")
        self._machines: dict[int, Any] = {}

    def compile(self, bitcode: bytes, level: int) -> bytes:
        """Bitcode to an ELF object at -O``level``. Raises RuntimeError."""
        module = self._llvm.parse_bitcode(bitcode)
        machine = self._machine(level)
        if level:
            self._optimise(module, machine, level)
        return bytes(machine.emit_object(module))

    def _machine(self, level: int) -> Any:
        if level not in self._machines:
            self._machines[level] = self._target.create_target_machine(
                opt=level, reloc="pic", codemodel="small"
            )
        return self._machines[level]

    def _optimise(self, module: Any, machine: Any, level: int) -> None:
        options = self._llvm.create_pipeline_tuning_options(speed_level=level)
        builder = self._llvm.create_pass_builder(machine, options)
        builder.getModulePassManager().run(module, builder)


def serve(connection: socket.socket) -> None:
    """Answer requests until the controller closes the connection."""
    generator = CodeGenerator()
    while True:
        try:
            header, bitcode = receive_message(connection)
        except CompilerDied:
            return
        try:
            reply: Header = {"ok": True}
            blob = generator.compile(bitcode, int(header["level"]))
        except RuntimeError as error:
            reply, blob = {"ok": False, "error": str(error)}, b""
        send_message(connection, reply, blob)


def main() -> None:
    """See the module."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the user's program
    with socket.socket(fileno=sys.stdin.fileno()) as connection:
        serve(connection)


if __name__ == "__main__":
    main()
