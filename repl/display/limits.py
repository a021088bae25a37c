"""How much of a value is read and shown."""

from __future__ import annotations

import sys

from msgspec import Struct


class Limits(Struct, frozen=True):
    """``elements`` of a container, ``characters`` of a string, ``depth`` of nesting, and
    ``nodes`` of the whole value, so that a vector of long vectors takes no time."""

    elements: int = 100
    characters: int = 1000
    depth: int = 20
    nodes: int = 2000

    @staticmethod
    def chosen(elements: int, characters: int) -> Limits:
        """What the user wants to see; enough nodes for elements that have parts."""
        nodes = min(max(_PARTS * elements, Limits().nodes), _MOST_NODES)
        return Limits(elements, characters, nodes=nodes)


_PARTS = 20  # nodes for each element
_MOST_NODES = 2_000_000

TO_BE_READ = Limits()
"""What somebody reads on a screen."""

COMPLETE = Limits(sys.maxsize, sys.maxsize, 100, sys.maxsize)
"""All of it, as a Python object."""
