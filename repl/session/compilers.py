"""The compilers' processes of a session.

Importing this imports little: whoever is in a hurry starts them first, and imports the rest
of a session while they load.
"""

from __future__ import annotations

from contextlib import ExitStack

from repl import native_programs
from repl.clang.code_generator import CodeGenerator
from repl.configuration.session_options import SessionOptions, frontend_flags


class Compilers:
    """All get ready while the first input is being typed. A context manager: leaving it, or
    ``close``, ends them. The constructor raises SetupError."""

    def __init__(self, options: SessionOptions) -> None:
        with ExitStack() as stack:
            self.codegen = stack.enter_context(CodeGenerator())  # first: it takes longest
            # These are imported while it loads.
            from repl.clang.frontend import Frontend
            from repl.session.session_headers import SessionHeaders

            self.headers = stack.enter_context(SessionHeaders(options))
            self.frontend = stack.enter_context(
                Frontend(
                    native_programs.frontend(),
                    frontend_flags(options),
                    redefinition=options.redefinition,
                    parse_timeout=options.parse_timeout,
                    precompiled=self.headers.precompiled,
                )
            )
            stack.callback(self.codegen.kill)  # takes longest to end, too: while the others do
            self._processes = stack.pop_all()

    def __enter__(self) -> Compilers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes."""
        self._processes.close()
