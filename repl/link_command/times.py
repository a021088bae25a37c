"""How long each stage of ``forkrepl link`` took."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_STAGES = ("compile_ms", "read_ms", "link_ms", "run_ms")


class Times:
    """Milliseconds of each stage, and of the linker's ``passes``, which ``link_ms`` is
    the total of."""

    def __init__(self) -> None:
        self._stages = dict.fromkeys(_STAGES, 0.0)
        self.passes: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure what happens in the context."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self._stages[name] = (time.perf_counter() - started) * 1e3

    def report(self, form: str) -> None:
        """Print them on standard error as ``json`` (one line) or as a ``table``."""
        if form == "json":
            passes = {name.replace(" ", "_"): spent for name, spent in self.passes.items()}
            print(json.dumps(self._stages | {"passes_ms": passes}), file=sys.stderr)
        elif form == "table":
            for name, spent in self._stages.items():
                print(f"{name:18} {spent:10.1f}", file=sys.stderr)
                if name == "link_ms":
                    for pass_, spent_there in self.passes.items():
                        print(f"  {pass_:16} {spent_there:10.2f}", file=sys.stderr)
