"""Python's own streams, so that whatever is shown can be written."""

from __future__ import annotations

import io
import os
import sys

from runtime.standard_descriptors import open_missing_descriptors


def prepare_standard_streams() -> None:
    """Open those that were closed, as /dev/null; what a stream's charset does not have is
    written as an escape sequence, such as ``\\u20ac``."""
    open_missing_descriptors()
    sys.stdin = sys.stdin or os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", encoding="utf-8", closefd=False)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
