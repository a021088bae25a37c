"""A session of the real program, which shows whether all of it works together."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from repl.doctor.findings import Finding, missing, well
from runtime.kernel_calls.limits import reason

_INPUTS = b"int trial = 41;\n++trial\n"
_SHOWN = "(int) 42"
_PATIENCE = 120  # s


class Trial:
    """Started by the constructor, so that it goes on while other things are looked at."""

    def __init__(self) -> None:
        self._failure = ""
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._process = subprocess.Popen(
                # -P: a file of the user's in the current directory is no module of ours.
                [sys.executable, "-P", "-m", "repl", "--no-cache", "--startup-file=no", "-"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            self._failure = f"it cannot be started: {reason(error)}"

    def check_trial(self) -> Iterator[Finding]:
        """Whether it has shown what it should."""
        shown = self._finish()
        if shown == _SHOWN:
            yield well(f"a session: {_INPUTS.decode().splitlines()[-1]} is {shown}")
        else:
            yield missing(
                f"a session does not work ({self._failure or shown or 'it has shown nothing'})",
                "mend what is missing above, or report this with all of these lines",
            )

    def close(self) -> None:
        """End it, should it not have been waited for."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.communicate()

    def _finish(self) -> str:
        if self._process is None:
            return ""
        try:
            output, errors = self._process.communicate(_INPUTS, _PATIENCE)
        except subprocess.TimeoutExpired:
            self._failure = f"it has not ended within {_PATIENCE} s"
            return ""
        lines = errors.decode("utf-8", "replace").strip().splitlines()
        if self._process.returncode != 0 or lines:
            how = f"it ended with status {self._process.returncode}"
            self._failure = lines[0].removeprefix("forkrepl: error: ") if lines else how
        return output.decode("utf-8", "replace").strip()
