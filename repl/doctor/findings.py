"""What a check has found."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct


class Health(enum.Enum):
    """How it is with something, as the report says it."""

    WELL = "ok"
    LACKING = "lacking"
    """All works without it, but something less well, or something is not to be had."""
    NEEDED = "MISSING"
    """Nothing works without it."""


class Finding(Struct, frozen=True):
    """One line of the report. ``what``: there is, or is not; ``cost`` and ``remedy``: unless it
    is well."""

    health: Health
    what: str
    cost: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        said = f"{self.what}: {self.cost}" if self.cost else self.what
        said = " ".join(f"{said}; {self.remedy}".split()) if self.remedy else said
        return f"{self.health.value:<8} {said}"


Check = Callable[[], Iterable[Finding]]


def well(what: str) -> Finding:
    """Nothing is lacking."""
    return Finding(Health.WELL, what)


def lacking(what: str, cost: str, remedy: str) -> Finding:
    """Something is, and all works without it."""
    return Finding(Health.LACKING, what, cost, remedy)


def missing(what: str, remedy: str, cost: str = "the shell does not work") -> Finding:
    """Something that is needed is."""
    return Finding(Health.NEEDED, what, cost, remedy)


def findings_of(check: Check) -> Iterator[Finding]:
    """What a check finds. That it cannot be made is found, too."""
    try:
        yield from check()
    except Exception as error:
        name = check.__name__.replace("_", " ")
        yield lacking(
            f"'{name}' cannot be looked at ({type(error).__name__}: {error})",
            "what it would have found is not known",
            "report this, with all of these lines",
        )
