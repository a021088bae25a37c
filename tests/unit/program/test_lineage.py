"""What is still there after the program has gone back: as a list of what was made says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from repl.program.lineage import Lineage

STEPS = st.lists(st.one_of(st.just("born"), st.just("mark"), st.integers(0, 20)), max_size=60)


@given(STEPS)
def test_as_a_stack_of_what_was_made(steps: list[str | int]) -> None:
    lineage = Lineage()
    living: list[int] = []
    everything: list[int] = []
    marks = [(0, 0)]  # and how many were living then
    for step in steps:
        if step == "born":
            living.append(lineage.born())
            everything.append(living[-1])
        elif step == "mark":
            marks.append((lineage.mark(), len(living)))
        elif isinstance(step, int):
            del marks[step % len(marks) + 1 :]  # later ones cannot be gone back to any more
            mark, count = marks[-1]
            lineage.go_back(mark)
            del living[count:]
        assert [birth for birth in everything if lineage.is_there(birth)] == living


def test_a_birth_is_above_zero() -> None:
    lineage = Lineage()
    assert lineage.born() > lineage.mark() - 1
    lineage.go_back(0)
    assert not lineage.is_there(1)
    assert lineage.is_there(lineage.born())
