"""Fixtures of the black-box tests: they drive the installed program, as a user does."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.program import OpenShell, Run, Shell, program_runner, user_environment
from tests.support.together import Together

LONGEST = (
    "jupyter/test_jupyterlab.py",
    "session/test_faults.py",
    "shell/scripts/test_joined_inputs.py",
    "rules/test_recipes.py",
    "session/header_cache/test_program_instances.py",
    "session/test_kills.py",
    "platform/test_exit_handlers.py",
    "jupyter/test_notebooks.py",
    "session/test_random_session.py",
    "shell/scripts/test_programs.py",
)
"""Files that begin first: begun last, they would be waited for by all other workers."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    first = {here / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: first.get(item.path, len(LONGEST)))


def pytest_configure(config: pytest.Config) -> None:
    """Tests stop processes. If nobody looks after our group of processes, as in a session without
    a terminal, the kernel then tells all of it that the terminal is gone (setpgid(2)). So each
    worker has a group of its own, and lives on; children do not inherit the handler."""
    signal.signal(signal.SIGHUP, lambda *_: None)
    if hasattr(config, "workerinput"):
        os.setpgid(0, 0)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A user's environment with folders of its own, and no wish about colours."""
    return user_environment(tmp_path)


@pytest.fixture
def forkrepl(environment: dict[str, str], tmp_path: Path) -> Run:
    """Call it with arguments; relative names are looked up in ``tmp_path``."""
    return program_runner(environment, tmp_path)


@pytest.fixture(scope="session")
def together(tmp_path_factory: pytest.TempPathFactory) -> Together:
    """Call it with a table of inputs, a name in it, and options: the cases share a session."""
    return Together(tmp_path_factory.mktemp("together"))


@pytest.fixture
def open_shell(environment: dict[str, str], tmp_path: Path) -> Iterator[OpenShell]:
    """Open sessions with arguments of their own; they are closed at the end."""
    shells: list[Shell] = []

    def open_one(*arguments: str | Path, **changes: str) -> Shell:
        if "XDG_CACHE_HOME" not in changes:  # it would make the headers for each session
            arguments = ("--no-cache", *arguments)
        shells.append(Shell(arguments, environment | changes, tmp_path))
        return shells[-1]

    yield open_one
    for shell in shells:
        shell.child.close(force=True)


@pytest.fixture
def shell(open_shell: OpenShell) -> Shell:
    """An interactive C++ session."""
    return open_shell("--quiet")
