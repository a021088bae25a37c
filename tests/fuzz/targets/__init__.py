"""The doors that are fuzzed, a module each."""

from __future__ import annotations

from tests.fuzz.cases import Target
from tests.fuzz.targets import (
    cache,
    commands,
    configuration,
    frontend,
    handshake,
    linker,
    prompt,
    replies,
    requests,
)

TARGETS = (
    linker.TARGET,
    configuration.TARGET,
    handshake.TARGET,
    replies.TARGET,
    requests.TARGET,
    cache.TARGET,
    commands.TARGET,
    prompt.TARGET,
    prompt.VI_TARGET,
    frontend.TARGET,
)


def target_named(name: str) -> Target:
    """Raises StopIteration if there is none."""
    return next(target for target in TARGETS if target.name == name)
