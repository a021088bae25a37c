"""How many inputs of a script are compiled, linked and run as one."""

from __future__ import annotations

import os

from msgspec import Struct

from repl.errors import ShellError

VARIABLE = "FORKREPL_JOIN"
_USUAL = 16


class JoinedInputs(Struct, frozen=True):
    """``least`` to ``highest``: as it comes, if they differ."""

    least: int
    highest: int

    def most(self) -> int:
        """For the next ones."""
        if self.least == self.highest:
            return self.highest
        from random import randint  # tests only

        return randint(self.least, self.highest)


ONE_BY_ONE = JoinedInputs(1, 1)


def joined_inputs() -> JoinedInputs:
    """What the environment says, for tests: a number, or ``random``; else what is quick.

    Raises ShellError.
    """
    wanted = os.environ.get(VARIABLE, str(_USUAL))
    if wanted == "random":
        return JoinedInputs(1, _USUAL)
    if not wanted.isascii() or not wanted.isdigit() or int(wanted) == 0:
        raise ShellError(f"{VARIABLE}={wanted}: it is the number of inputs to join, or 'random'")
    return JoinedInputs(int(wanted), int(wanted))
