"""Programs that a command starts and waits for, on the user's terminal."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence

from repl.errors import ShellError, signal_name
from repl.terminal.terminal import can_redraw
from runtime.kernel_calls.limits import reason


def lend_terminal_to(command: Sequence[str], private_input: bool) -> int:
    """Run a program to its end: its exit status, or minus the number of a signal.

    ``private_input``: its standard input is empty, because ours holds the inputs. Ctrl-C
    is for the program: whoever else has the terminal gets it too, and ignores it. Raises
    ShellError if it cannot be started.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    # A handler, and not SIG_IGN, which the program would inherit.
    interrupts: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: interrupts.append(number))
    try:
        standard_input = subprocess.DEVNULL if private_input else None
        return subprocess.Popen(command, stdin=standard_input).wait()
    except (OSError, ValueError) as error:  # ValueError: a NUL byte
        raise ShellError(f"cannot start {command[0]}: {reason(error)}") from None
    finally:
        signal.signal(signal.SIGINT, before)
        if interrupts and can_redraw(sys.stdout):
            print(flush=True)  # the terminal has shown ^C


def ending(status: int) -> str:
    """How a program ended, nothing if all went well."""
    if status < 0:
        return f"ended by {signal_name(-status)}"
    return f"exit status {status}" if status else ""
