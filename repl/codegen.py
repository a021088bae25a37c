"""The code generator, seen from the controller: a process that may be replaced."""

from __future__ import annotations

import sys

from repl.compiler_process import CompilerProcess
from repl.errors import CodegenError, CompilerDied

# -P: a file of the user's in the current directory is no module of ours.
_COMMAND = [sys.executable, "-P", "-m", "repl.codegen_worker"]


class CodeGenerator:
    """Turns bitcode into objects in a worker process, which stays warm.

    If LLVM ends the worker, that is the snippet's error and a new worker is
    started. A context manager.
    """

    def __init__(self) -> None:
        self._worker = CompilerProcess(_COMMAND)

    def __enter__(self) -> CodeGenerator:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """Of the worker process."""
        return self._worker.pid

    def compile(self, bitcode: bytes, level: int) -> bytes:
        """A relocatable object from bitcode, at -O``level``. Raises CodegenError."""
        try:
            reply, machine_code = self._worker.ask({"level": level}, bitcode)
        except CompilerDied:
            reason = self._worker.last_words()
            self._replace()
            raise CodegenError(f"code generation failed: {reason}") from None
        except BaseException:  # Ctrl-C: an answer may still come, to nobody's use
            self._replace()
            raise
        if not reply.get("ok"):
            raise CodegenError(f"code generation failed: {reply.get('error', 'no reason given')}")
        return machine_code

    def close(self) -> None:
        """End the worker."""
        self._worker.close()

    def _replace(self) -> None:
        self._worker.close()
        self._worker = CompilerProcess(_COMMAND)
