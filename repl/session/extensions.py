"""What few sessions want. Each is imported, and made, when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from repl.session.calls import Calls
    from repl.session.captured import OutputCapture
    from repl.session.debugging import Debugging, Take
    from repl.session.shared_arrays import SharedArrays
    from repl.session.state import SessionState
    from repl.session.survival import Survival
    from repl.session.wrappers import Wrappers


class Extensions:
    """Of one session. ``take``, ``run`` and ``evaluate``: its methods."""

    def __init__(
        self,
        state: SessionState,
        survival: Survival,
        calls: Calls,
        take: Take,
        run: Callable[..., Any],
        evaluate: Callable[..., Any],
    ) -> None:
        self._state = state
        self._survival = survival
        self._calls = calls
        self._take = take
        self._run = run
        self._evaluate = evaluate
        self._output: OutputCapture | None = None

    @cached_property
    def debugging(self) -> Debugging:
        """The program under a debugger."""
        from repl.session.debugging import Debugging

        return Debugging(self._state, self._take)

    @cached_property
    def wrappers(self) -> Wrappers:
        """Code that is compiled beside the inputs."""
        from repl.session.wrappers import Wrappers

        return Wrappers(self._state, self._calls)

    @cached_property
    def arrays(self) -> SharedArrays:
        """Arrays that Python and the program share."""
        from repl.session.shared_arrays import SharedArrays

        return SharedArrays(self._state, self._survival, self._run, self._evaluate)

    @property
    def output(self) -> OutputCapture:
        """What the program prints, as text."""
        if self._output is None:
            from repl.session.captured import OutputCapture

            self._output = OutputCapture(self._state, self._survival)
        return self._output

    def close(self) -> None:
        """After the end of the processes."""
        if self._output is not None:
            self._output.close()
