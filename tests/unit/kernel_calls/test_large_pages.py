"""A heap in large pages, where the kernel has them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_ENABLED = Path("/sys/kernel/mm/transparent_hugepage/enabled")

# Whether the kernel finds free ones depends on what else it has to do; that it was asked does not.
_PROGRAM = """
import re, sys
from pathlib import Path
from runtime.kernel_calls.large_pages import allocate_in_large_pages

def advised():
    smaps = Path("/proc/self/smaps").read_text()
    mapping = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) (.*?VmFlags:[^\\n]*)", re.M | re.S)
    for start, end, of_it in mapping.findall(smaps):
        if " hg" in of_it.rpartition("VmFlags:")[2]:
            yield range(int(start, 16), int(end, 16))

if sys.argv[1] == "large":
    allocate_in_large_pages(64 << 20)
blocks = [bytes([n]) * (1 << 20) for n in range(1, 33)]
assert all(block[0] == block[-1] == n for n, block in enumerate(blocks, 1))
ranges = list(advised())
print(sum(any(id(block) in each for each in ranges) for block in blocks))
"""


def run(how: str, program: str = _PROGRAM) -> int:
    """How many of 32 blocks of a MiB are where the kernel was asked for large pages."""
    command = [sys.executable, "-c", program, how]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_what_is_allocated_next_is_in_large_pages() -> None:
    if not _ENABLED.exists():
        pytest.skip("this kernel knows no large pages")
    assert run("small") == 0
    assert run("large") >= 30


def test_a_limit_on_memory_is_no_error() -> None:
    limited = "import resource\nresource.setrlimit(resource.RLIMIT_DATA, (48 << 20,) * 2)\n"
    run("large", limited + _PROGRAM.replace("range(1, 33)", "range(1, 5)"))
