"""Starting a program whose libraries are beside it, also without /proc."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def loadable(program: Path, environment: Mapping[str, str]) -> Mapping[str, str]:
    """The environment with which the dynamic loader finds what is beside the
    program: it asks /proc where that is, or else LD_ORIGIN_PATH (ld.so(8))."""
    if os.path.exists("/proc/self/exe"):
        return environment
    return {**environment, "LD_ORIGIN_PATH": os.fspath(program.parent)}
