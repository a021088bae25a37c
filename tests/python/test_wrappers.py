"""What is called in the same way is compiled once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from repl import Session
from repl.session.wrappers import Wrappers

DECLARED = """
template <class T> T twice(T x) { return x + x; }
struct Point {
  int x = 3;
  template <class T> T times(T n) const { return x * n; }
  int get() const { return x; }
};
template <class T> struct Box { T value; Box(T value) : value(value) {} };
"""


def test_each_is_compiled_once(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    gbl: Any = session.gbl
    point, other = gbl.Point(), gbl.Point()
    uses: list[Callable[[], Any]] = [
        lambda: gbl.twice["int"](4),
        lambda: point.times["int"](2),
        lambda: gbl.Point.get(point),
        lambda: gbl.Box(5).value,
        lambda: point == other,
    ]
    before = [use() for use in uses]
    assert [use() for use in uses] == before  # by now what is dropped has been destroyed once
    with monkeypatch.context() as patch:
        patch.setattr(Wrappers, "add", None)
        assert [use() for use in uses] == before
