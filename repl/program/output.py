"""Where the program prints: where it was started to, or what is captured."""

from __future__ import annotations

from runtime.executor_client.client import ExecutorClient

Ends = tuple[int, int]
"""The descriptors in the place of standard output and error."""


class ProgramOutput:
    """The same for whatever process the program runs in: a checkpoint may have what was captured
    when it was made, or not what is now."""

    def __init__(self) -> None:
        self._ends: Ends | None = None
        self._was_redirected = False

    def redirect(self, executor: ExecutorClient, ends: Ends | None) -> None:
        """Have it print there from now on; None: where it did. What has been printed by now goes
        where it would have gone. Raises ExecutorError where descriptors cannot be passed."""
        self._ends = ends
        self._was_redirected = True
        self.attend(executor)

    def attend(self, executor: ExecutorClient) -> None:
        """The program runs in this process now."""
        if self._was_redirected:
            for stream, descriptor in zip((1, 2), self._ends or (None, None), strict=True):
                executor.redirect(stream, descriptor)
