"""An input costs few messages to the executor: each is a wait for another process."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.support.program import Run

_SENT = re.compile(r" wire \d+ -> \S+ (\w+(?:, and with it)?)")
SETUP = 'struct P { int x; double y; }; P p{1, 2}; int n = 4; int *q = &n; char s[] = "abc";\n'
CHECKPOINT = Counter(["CHECKPOINT"])


def messages(forkrepl: Run, inputs: str, joined: str = "1") -> Counter[str]:
    done = forkrepl(input=inputs, FORKREPL_TRACE="wire", FORKREPL_JOIN=joined)
    assert done.returncode == 0
    sent: list[str] = _SENT.findall(done.stderr)
    return Counter(each for each in sent if not each.endswith("with it"))


@pytest.mark.parametrize(
    ("text", "costs"),
    {
        "a variable": ("int more = 1;", Counter(["RUN"])),
        "a function": ("int f() { return 1; }", Counter(["RUN"])),
        "a statement": ("++n;", Counter(["RUN"])),
        "a number": ("n", Counter(["RUN", "RESUME"])),
        "a class": ("p", Counter(["RUN", "RESUME"])),
        "an array": ("s", Counter(["RUN", "RESUME"])),
    }.values(),
)
def test_an_input_is_one_message(forkrepl: Run, text: str, costs: Counter[str]) -> None:
    # The first value finds the function that captures values, and the platform's others.
    warm = f"{SETUP}n\n++n;\n"
    alone = messages(forkrepl, warm)
    assert messages(forkrepl, f"{warm}{text}\n") - alone == costs + CHECKPOINT


def test_inputs_that_are_compiled_together(forkrepl: Run) -> None:
    warm = f"{SETUP}n\n++n;\nn\n"
    alone = messages(forkrepl, warm, "16")
    declared = "".join(f"int a{number} = {number};\n" for number in range(9))
    costs = messages(forkrepl, f"{warm}{declared}a1 += 2;\n", "16") - alone
    # What runs nothing costs nothing. (How many are joined depends on how fast they are parsed.)
    assert costs.total() < 2 * 10
