"""Sanitizers: what Clang's driver makes of ``-fsanitize=``, and what that needs here."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from repl import native_programs
from repl.errors import SetupError, did_you_mean
from repl.system_packages import Need, how_to_install

NAMES = ("address", "leak", "thread", "undefined")
"""Those that work here, as ``--sanitize`` has them; Clang has more of each kind."""

_CFI = re.compile(r"-fsanitize=(\S*,)?cfi")  # which the driver refuses without -flto
_PATIENCE = 30  # s: a disk that has to wake up


class Sanitizers(Struct, frozen=True):
    """What flags ask for. ``component``: the name of the runtime, empty if none is needed, as
    where a check only traps; ``runtime``: its file, which may be missing; ``unsupported``: a
    sanitizer that cannot work here, or nothing."""

    component: str
    runtime: str
    unsupported: str
    address: bool
    leak: bool
    thread: bool

    @property
    def finds_leaks(self) -> bool:
        """Whether memory that nothing points to can be looked for."""
        return self.leak or self.address

    @property
    def flags(self) -> list[str]:
        """What else Clang is told; the user's own flags come after it."""
        flags = ["-fno-omit-frame-pointer"] if self.component else []
        if self.address:
            # Each input registers its variables by a list of its own, and takes them back when
            # it goes; a variable that is declared again may have the old name.
            flags += [
                "-fno-sanitize-address-globals-dead-stripping",
                "-fno-sanitize-address-use-odr-indicator",
            ]
        return flags


def wanted_sanitizers(flags: Sequence[str]) -> Sanitizers | None:
    """What flags of Clang's ask for; None if that is nothing.

    Raises SetupError for what cannot be, or if the runtime is not installed.
    """
    if not any(flag.startswith("-fsanitize=") for flag in flags):
        return None
    found = _ask_driver(flags)
    if found is None and not _CFI.search(" ".join(flags)):
        return None
    if found is None or found.unsupported:
        kind = "cfi" if found is None else found.unsupported
        raise SetupError(
            f"-fsanitize={kind} cannot work here: the whole program and its libraries "
            f"would have to be built for it; there are {', '.join(NAMES)}"
        )
    if not found.component:
        return None
    if not os.path.exists(found.runtime):
        raise SetupError(
            f"-fsanitize needs {Path(found.runtime).name}, which is not installed: "
            f"{how_to_install(Need.SANITIZERS)}"
        )
    return found


def wrong_names(text: str) -> str:
    """What is wrong with a list of ``NAMES``, with commas between them; nothing if it is one."""
    for name in text.split(","):
        if name not in NAMES:
            hint = did_you_mean(name, NAMES)
            return f"'{name}' is no sanitizer (choose from {', '.join(NAMES)}){hint}"
    return ""


def _ask_driver(flags: Sequence[str]) -> Sanitizers | None:
    """None for flags that Clang will refuse: it says why when it starts."""
    import subprocess  # not before the first prompt, if there is nothing to ask

    try:
        done = subprocess.run(
            [native_programs.frontend(), "--sanitizers", *flags],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SetupError(f"Clang cannot be asked about -fsanitize: {error}") from error
    if done.returncode != 0:
        return None
    try:
        return msgspec.json.decode(done.stdout, type=Sanitizers)
    except msgspec.DecodeError as error:
        raise SetupError(
            f"{native_programs.frontend()} is another version's ({error}); run 'make setup' again"
        ) from error
