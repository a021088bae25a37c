"""A session that the tests of a file share, with what they call."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from repl import Session
from repl.python.sent import close_sessions


@pytest.fixture(scope="module")
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    """With the ``DECLARED`` of the test's file."""
    with Session(std="c++20") as session:
        session.run(request.module.DECLARED)
        yield session
    close_sessions()  # other tests look at this process's children
