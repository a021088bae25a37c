"""Cases that share a session know nothing of one another, and a session that is lost has a name."""

from __future__ import annotations

import pytest

from tests.support.together import Together

TABLE = {
    "a value": "int x = 1;\nx\n",
    "an error": "int x = 3;\nnosuch;\nx\n",
    "what another has declared": "x\n",
    "the end": "%quit\n",
    "after it": "2\n",
}


def test_what_each_shows(together: Together) -> None:
    assert together(TABLE, "a value").stdout == "(int) 1\n"
    shown = together(TABLE, "an error")
    assert (shown.stdout, shown.stderr.partition(" error")[0]) == ("(int) 3\n", "-:2:1:")
    shown = together(TABLE, "what another has declared")
    assert (shown.stdout, shown.stderr.partition(" error")[0]) == ("", "-:1:1:")


@pytest.mark.parametrize("case", ["the end", "after it"])
def test_a_session_that_is_lost(together: Together, case: str) -> None:
    with pytest.raises(AssertionError, match="lost in 'the end'"):
        together(TABLE, case)
