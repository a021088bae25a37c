"""Sizes of memory as users write them, and how much the program may have."""

from __future__ import annotations

import re

from runtime.executor_client.memory_limit import machine_memory

_SMALLEST = 16 << 20  # bytes: the executor itself needs some
_LARGEST = 1 << 60
_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}  # powers of two
_SIZE = r"(?i)(\d+(?:\.\d+)?)([KMGT]?)"
_PERCENTAGE = r"(\d+(?:\.\d+)?)%"


def parse_memory_limit(text: str) -> int | None:
    """Bytes; None for ``none``. Raises ValueError."""
    if text == "none":
        return None
    if percentage := re.fullmatch(_PERCENTAGE, text):
        if float(percentage[1]) > 100:
            raise ValueError(f"{text} is more than all memory")
        size = machine_memory() * float(percentage[1]) / 100
    elif number := re.fullmatch(_SIZE, text):
        size = float(number[1]) * 2 ** _UNITS[number[2].upper()]
    else:
        raise ValueError(f"'{text}' is no size: give 512M, 4G, 25% or none")
    if size > _LARGEST:
        raise ValueError(f"{text} is more than any machine has: give none for no limit")
    if size < _SMALLEST:
        raise ValueError(f"{text} is too little: {show_size(_SMALLEST)} is the least")
    return int(size)


def memory_hint(limit: int) -> str:
    """For the message of a program that has run out of memory."""
    return f"(memory limit {show_size(limit)}: --memory-limit)"


def show_size(size: float) -> str:
    """As in ``11.6 GiB``."""
    units = ["B", "KiB", "MiB", "GiB", "TiB"]
    while size >= 1024 and len(units) > 1:
        size /= 1024
        units.pop(0)
    return f"{size:.1f}".removesuffix(".0") + f" {units[0]}"
