"""The terminal as the prompt needs it, whatever the user's program has done to it.

The program shares our terminal. What it changes on purpose and what does no harm stays
(the title, colours); the modes of the line, descriptors that do not block and the
foreground process group always come back, as without them no prompt works.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct

from repl.errors import ProgramCrashed
from repl.terminal.terminal import can_redraw

_STANDARD_DESCRIPTORS = (0, 1, 2)

_RESET_DISPLAY = "".join(
    [
        # Leaving the alternate screen puts the cursor where it was on entering it; some
        # terminals do that even if there is nothing to leave. So it is entered first,
        # which saves the cursor, and in there changes nothing that counts.
        "\x1b[?1049h\x1b[?1049l",
        "\x1b7\x1b[r\x1b8",  # the whole screen scrolls; that moves the cursor
        "\x1b[?25h",  # the cursor can be seen
        "\x1b[?7h\x1b[4l",  # lines wrap, characters replace
        "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l",  # the mouse is silent
        "\x1b[?1004l\x1b[?2004l",  # so is the focus; pasted text is not marked
        "\x1b[?1l\x1b>",  # cursor keys and keypad
        "\x1b(B\x0f\x1b[0m",  # letters are letters; no colours
    ]
)
"""What a program can have left behind that cannot be asked for. Moves and clears nothing."""


class _State(Struct, frozen=True):
    """What can be asked for. ``modes``: those of the terminal, None without one;
    ``flags``: of the open files behind the standard descriptors (shared with the
    program)."""

    modes: list[Any] | None
    flags: dict[int, int]


@contextmanager
def lent_terminal(lend: bool) -> Iterator[None]:
    """While the user's program may run: afterwards the terminal is as it was before.

    If the program was ended (ProgramCrashed), what it may have left behind on the display
    is reset too. ``lend`` False: nothing is saved and nothing restored.
    """
    if not lend:
        yield
        return
    before = _read_state()
    crashed = False
    # Ctrl-\ is for the program. A handler, as the programs that it starts would inherit SIG_IGN.
    handler = signal.signal(signal.SIGQUIT, lambda _number, _frame: None)
    try:
        yield
    except ProgramCrashed:
        crashed = True
        raise
    finally:
        _restore(before, crashed)
        signal.signal(signal.SIGQUIT, handler)


def terminal_modes() -> list[Any] | None:
    """Those of the terminal that standard input is (termios(3)); None without one."""
    with contextlib.suppress(termios.error):
        return termios.tcgetattr(sys.stdin)
    return None


def reset_terminal(modes: list[Any] | None) -> None:
    """Give the terminal these modes, and undo what is drawn as after a crash: this process ends."""
    _restore(_State(modes, {}), crashed=True)


def _read_state() -> _State:
    flags = {}
    for descriptor in _STANDARD_DESCRIPTORS:
        with contextlib.suppress(OSError):  # closed from the start
            flags[descriptor] = fcntl.fcntl(descriptor, fcntl.F_GETFL)
    return _State(terminal_modes(), flags)


def _restore(before: _State, crashed: bool) -> None:
    # A process in the background that changes the terminal gets SIGTTOU; and another
    # Ctrl-C waits until this is done.
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTTOU, signal.SIGINT])
    try:
        for descriptor, flags in before.flags.items():
            if fcntl.fcntl(descriptor, fcntl.F_GETFL) != flags:
                fcntl.fcntl(descriptor, fcntl.F_SETFL, flags)
        if before.modes is not None and _take_foreground():
            _restore_modes(before.modes, crashed)
    except (OSError, termios.error):
        pass  # the terminal is gone: whoever reads from it next is told
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def _restore_modes(modes: list[Any], crashed: bool) -> None:
    if crashed:
        termios.tcflow(sys.stdin, termios.TCOON)  # if the program had stopped all output
    if termios.tcgetattr(sys.stdin) != modes:
        termios.tcsetattr(sys.stdin, termios.TCSANOW, modes)
    if crashed and can_redraw(sys.stdout):
        # Not by sys.stdout: a signal may have come while that was writing.
        os.write(sys.stdout.fileno(), _RESET_DISPLAY.encode("ascii"))


def _take_foreground() -> bool:
    """Whether the terminal is ours, if need be again."""
    group = os.tcgetpgrp(sys.stdin.fileno())
    if group == os.getpgrp():
        return True
    if _is_another_job(group):
        return False
    os.tcsetpgrp(sys.stdin.fileno(), os.getpgrp())
    return True


def _is_another_job(group: int) -> bool:
    """Whether the user's shell has put us in the background and this group, or itself,
    in the foreground; otherwise the program has done it."""
    leader = os.getsid(0)
    return has_job_control() and (group == os.getpgid(leader) or _parent(group) == leader)


def has_job_control() -> bool:
    """Whether there is a shell that sees it when we stop, and can have us go on."""
    return os.getpgid(os.getsid(0)) != os.getpgrp()


def _parent(pid: int) -> int | None:
    try:
        _, _, fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
    except OSError:
        return None
    return int(fields.split()[1])
