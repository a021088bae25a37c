"""Starting an executor: in a child of this process, or behind a listener."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from repl import native_programs
from repl.configuration.session_options import SessionOptions
from runtime.protocol.listener_address import Listener

if TYPE_CHECKING:
    from runtime.executor_client.client import ExecutorClient
    from runtime.executor_client.sanitizer_runtime import SanitizerRuntime


def prepare_streams(executor: ExecutorClient, options: SessionOptions) -> None:
    """Have Ctrl-D end what one input reads from a terminal, but not what the next does
    (``platform_support/native/standard_input.cpp``), and lines be seen when they are printed
    (``standard_output.c`` there), where that is wanted."""
    wanted = {
        "forkrepl_let_read_again": options.interactive,
        "forkrepl_show_lines": options.shows_lines,
    }
    names = [name for name, is_wanted in wanted.items() if is_wanted]
    if names:
        executor.run(executor.lookup(names))


def start_executor(
    listener: Listener | None,
    *,
    command: Sequence[str] = (),
    standard_input: int | None = None,
    memory_limit: int | None = None,
    survives_interrupts: bool = False,
    ends_forks: bool = False,
    keeps_crashes: bool = False,
    sanitizer: SanitizerRuntime | None = None,
) -> ExecutorClient:
    """An executor from the listener, which connects when it is needed; without one, a
    child (by ``command`` if that is not empty) with this standard input, ``memory_limit`` bytes
    of memory, and ``ends_forks``, ``keeps_crashes`` and ``sanitizer``, see ``ExecutorProcess``.
    ``survives_interrupts``: see ``Connection``. Raises ShellError or ExecutorError."""
    if listener is None:
        from runtime.executor_client.child import ExecutorProcess  # the command line has no need

        return ExecutorProcess(
            command or native_programs.executor(),
            standard_input=standard_input,
            memory_limit=memory_limit,
            survives_interrupts=survives_interrupts,
            ends_forks=ends_forks,
            keeps_crashes=keeps_crashes,
            sanitizer=sanitizer,
        )
    from runtime.executor_client.remote import RemoteExecutor  # takes time to import

    return RemoteExecutor(listener, survives_interrupts=survives_interrupts)
