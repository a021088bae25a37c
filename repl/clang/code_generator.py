"""The code generator, seen from the controller: a process that may be replaced."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from typing import Literal

from repl.clang.compiler_process import CompilerProcess
from repl.clang.generation import Generate, Generated
from repl.errors import CodegenError, CompilerDied, CompilerTimeout, UnreadableModule

# -P: a file of the user's in the current directory is no module of ours.
_COMMAND = [sys.executable, "-P", "-m", "repl.code_generator_process"]
_CANCEL_PATIENCE = 1.0  # s, for an object that nobody wants; a new worker takes half of it


class CodeGenerator:
    """Turns bitcode into objects in a worker process, which stays warm.

    If LLVM ends the worker, that is the snippet's error and a new worker is
    started. A context manager.
    """

    def __init__(self) -> None:
        self._worker = CompilerProcess(_COMMAND, "codegen")
        self._busy = False

    def __enter__(self) -> CodeGenerator:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The worker's process number."""
        return self._worker.pid

    def fileno(self) -> int:
        """A descriptor, of this worker, that is readable once ``finish`` will not wait."""
        return self._worker.channel.connection.fileno()

    def begin(
        self,
        modules: Sequence[bytes],
        level: int,
        *,
        foreign: bool = False,
        output: Literal["object", "assembly", "ir"] = "object",
    ) -> None:
        """Start to make an object from bitcode, at -O``level``; ``finish`` gets it.

        ``modules``: are joined, so that the initializers run in this order.
        ``output``: "assembly" or (LLVM's) "ir": the text of what would become an object.
        ``foreign``: the module is a file of the user's, which may also be LLVM's
        assembly language, and nobody has checked it.
        """
        self.cancel()
        if self._worker.has_ended():  # that is no input's fault
            self._replace()
        self._busy = True
        try:
            sizes = tuple(map(len, modules))
            self._worker.send(Generate(level, sizes, foreign, output), b"".join(modules))
        except CompilerDied:  # finish says so
            pass
        except BaseException:  # Ctrl-C: it may have half of the request
            self._busy = False
            self._replace()
            raise

    def finish(self) -> bytes:
        """The relocatable object that was begun. Raises CodegenError; for a module of the
        user's that cannot be read, UnreadableModule."""
        return self._finish()

    def _finish(self, limit: float = 0) -> bytes:
        """Raises CompilerTimeout, too, after ``limit`` s (0: never)."""
        self._busy = False
        try:
            reply, machine_code = self._worker.receive(Generated, limit)
        except CompilerDied:
            reason = self._worker.last_words()
            self._replace()
            raise CodegenError(f"code generation failed: {reason}") from None
        except BaseException:  # Ctrl-C, or a limit: an answer may still come, to nobody's use
            self._replace()
            raise
        if reply.error is None:
            return machine_code
        if reply.unreadable:
            raise UnreadableModule(reply.error)
        raise CodegenError(f"code generation failed: {reply.error}")

    def cancel(self) -> None:
        """Drop what was begun, if anything. Ctrl-C may be deferred here, so a worker that is
        long at it, or stopped, is replaced."""
        if self._busy:
            with contextlib.suppress(CodegenError, CompilerTimeout):
                self._finish(_CANCEL_PATIENCE)

    def kill(self) -> None:
        """See ``CompilerProcess.kill``."""
        self._worker.kill()

    def close(self) -> None:
        """End the worker."""
        self._worker.close()

    def _replace(self) -> None:
        self._worker.close()
        self._worker = CompilerProcess(_COMMAND, "codegen")
