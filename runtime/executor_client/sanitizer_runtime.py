"""The runtime of a sanitizer, which an executor starts with, and what it reports.

AddressSanitizer and its kin replace the allocator and lay out the address space, so their library
has to be there before all others: LD_PRELOAD (ld.so(8)). It takes its options from the
environment. Neither is for the programs that the user's starts: the executor puts what was there
before in their places (``executor_process/sanitizers.c``). Reports go into memory of ours, so
that a program that has crashed has told them, too.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from runtime.kernel_calls.memory_files import create_memory_file

_PRELOAD = "LD_PRELOAD"
_VARIABLES = ("ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS")
_KEPT = "FORKREPL_KEPT_"  # and a variable's name: what it was, empty if there was none
_REPORTS = "FORKREPL_REPORTS"  # the number of a descriptor
_MOST_BYTES = 4 << 20  # of reports that are read at once

# Crashes are reported as without a sanitizer, and a report ends in one.
_REQUIRED = {
    "abort_on_error": "1",
    "handle_segv": "0",
    "handle_sigbus": "0",
    "handle_abort": "0",
    "handle_sigill": "0",
    "handle_sigfpe": "0",
    "handle_sigtrap": "0",
    "use_sigaltstack": "0",
    "symbolize": "0",
    "color": "never",
    "log_to_syslog": "0",
    "stack_trace_format": "'    #%n %p %M'",
}
# What was declared again is not the same variable twice; and after a rollback there may be new
# threads.
_DEFAULTS = {"print_stacktrace": "1", "detect_odr_violation": "0", "die_after_fork": "0"}


class SanitizerRuntime:
    """``library``: the runtime; ``options``: of sanitizers, beside those that it always has, for
    which the user's environment may say something else. A context manager, or to be closed."""

    def __init__(self, library: Path, options: Mapping[str, str]) -> None:
        self._library = library
        self._options = {**_DEFAULTS, **options}
        self._reports = create_memory_file("forkrepl-reports")
        self._read = 0

    def __enter__(self) -> SanitizerRuntime:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fileno(self) -> int:
        """The descriptor that an executor is to inherit."""
        return self._reports

    def environment(self, before: Mapping[str, str]) -> dict[str, str]:
        """What to start an executor with, so that it has the runtime, and the user's program
        has the environment ``before``."""
        after = dict(before)
        after[_REPORTS] = str(self._reports)
        after[_PRELOAD] = " ".join(filter(None, [os.fspath(self._library), before.get(_PRELOAD)]))
        for name in _VARIABLES:
            parts = [_joined(self._options), before.get(name, ""), _joined(_REQUIRED)]
            after[name] = ":".join(filter(None, parts))  # of two the last counts
        return after | {_KEPT + name: before.get(name, "") for name in (_PRELOAD, *_VARIABLES)}

    def take_reports(self) -> str:
        """What has been reported since this was last called. It is the program's word."""
        size = os.fstat(self._reports).st_size - self._read
        if size <= 0:
            return ""
        text = os.pread(self._reports, min(size, _MOST_BYTES), self._read)
        self._read += size
        return text.decode("utf-8", "replace")

    def close(self) -> None:
        """Nothing more is reported."""
        os.close(self._reports)


def _joined(options: Mapping[str, str]) -> str:
    return ":".join(f"{name}={value}" for name, value in options.items())
