"""What comes to this process as machine code ends with the tests that have sent it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from repl.python.sent import close_sessions


@pytest.fixture(autouse=True, scope="module")
def _sent_sessions() -> Iterator[None]:
    yield
    close_sessions()  # other tests look at this process's children
