"""A session that the tests of a file share, with what they call."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from repl import Session


@pytest.fixture(scope="module")
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    """With the ``DECLARED`` of the test's file."""
    with Session(std="c++20") as session:
        session.run(request.module.DECLARED)
        yield session
