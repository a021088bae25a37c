"""What machine code needs of the machine that it runs on."""

from __future__ import annotations

import os

from msgspec import Struct

from repl.errors import ShellError
from repl.version import VERSION
from repl.workers.features import features_here
from runtime.errors import printable


class Needs(Struct, frozen=True):
    """``version``: of forkrepl; ``machine``: as ``uname -m``; ``system``: as ``uname``;
    ``features``: of the processor, as Linux names them, beyond those that all have."""

    version: str
    system: str
    machine: str
    features: tuple[str, ...] = ()


def needs_here(features: tuple[str, ...]) -> Needs:
    """Of code that was made on this machine."""
    here = os.uname()
    return Needs(VERSION, here.sysname, here.machine, features)


def check_needs(needs: Needs) -> None:
    """Raises ShellError for what this machine has not."""
    here = needs_here(())
    if needs.version != here.version:
        raise ShellError(
            f"the session was sent by forkrepl {printable(needs.version)}, and here is "
            f"{here.version}: install the same version on both sides"
        )
    if (needs.system, needs.machine) != (here.system, here.machine):
        raise ShellError(
            f"the session was compiled for {printable(needs.system)} on "
            f"{printable(needs.machine)}, and this is {here.system} on {here.machine}"
        )
    lacking = sorted(set(needs.features) - features_here()) if needs.features else []
    if lacking:
        raise ShellError(
            f"the session's code needs {', '.join(map(printable, lacking))} of the processor, "
            "which this machine lacks: compile it with fewer -m flags (without -march=native)"
        )
