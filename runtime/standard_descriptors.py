"""Standard input, output and error, whoever has started this process."""

from __future__ import annotations

import os

STANDARD_ERROR = 2


def open_missing_descriptors() -> None:
    """Whichever of the standard descriptors is closed becomes /dev/null.

    Otherwise the next file that is opened would take its number, and be what the program
    reads from or prints to.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)) <= STANDARD_ERROR:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
