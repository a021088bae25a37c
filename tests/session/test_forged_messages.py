"""A program that forges its executor's messages costs its session, never the shell."""

from __future__ import annotations

import contextlib
import json
import math
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from repl.session.choices import chosen_options
from repl.session.live_session import LiveSession
from runtime.errors import ForkreplError
from runtime.protocol.wire import Operation
from tests.support.listener import running_listener
from tests.support.program import user_environment

FORGER = Path(__file__).resolve().parents[1] / "support" / "forger.py"

INPUTS = (
    "int square(int n) { return n * n; } struct S { int x; double d; } s{1, 2};",
    "s",
    "&square",
    "thread_local int t = 3; t",
    'struct R {}; const char *forkrepl_print(const R &) { return "text"; } R r; r',
    "struct G { int *begin() const { static int a[2]; return a; }"
    " int *end() const { return begin() + 2; } } g; g",
    "_",
    "throw 1;",
    "*(volatile int *)0 = 1;",
    "square(2)",
)
OPERATIONS = (
    *(Operation.HELLO, Operation.RESERVE, Operation.LOOKUP, Operation.DESCRIBE),
    *(Operation.THREAD_AREA, Operation.VALUE, Operation.ELEMENT, Operation.PRINT, Operation.RUN),
    *(Operation.CLOSE, Operation.READ, Operation.NAME, Operation.CRASHED, Operation.CRASH_DETAILS),
)
NOT_A_NUMBER = int.from_bytes(struct.pack("<d", math.nan), "little")
WORDS = {
    "2^63": 1 << 63,
    "negative": (1 << 64) - 8,
    "NaN": NOT_A_NUMBER,
}


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is forged."""
    path = tmp_path_factory.mktemp("plan") / "plan"
    path.write_text("")
    return path


@pytest.fixture(scope="module")
def session(plan: Path) -> Iterator[LiveSession]:
    wrapper = f"{sys.executable} -SE {FORGER} {plan}"
    folder = plan.parent
    with running_listener(folder, user_environment(folder), "tcp", "--wrapper", wrapper) as found:
        options = replace(chosen_options({}), listener=found.listener)
        with LiveSession(options) as opened:
            yield opened


def run_all(session: LiveSession) -> list[str]:
    """What is shown. Anything but one of our errors is a failure."""
    shown = []
    for text in INPUTS:
        try:
            shown.append(str(session.run(text).value))
        except ForkreplError as error:
            shown.append(str(error))
    return shown


@pytest.fixture(autouse=True)
def anew(session: LiveSession, plan: Path) -> Iterator[None]:
    """At the end there is a fresh program, which nobody forges."""
    yield
    plan.write_text("")
    with contextlib.suppress(ForkreplError):  # how the one before has ended
        session.reset()
    assert session.run("6 * 7").value == "(int) 42"


def test_without_forgery(session: LiveSession) -> None:
    shown = run_all(session)
    assert shown[1] == "(S) { .x = 1, .d = 2.0 }"
    assert shown[4:6] == ["(R) text", "(G) { 0, 0 }"]
    assert shown[-1] == "(int) 4"


@pytest.mark.parametrize("word", WORDS.values(), ids=WORDS)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_numbers(session: LiveSession, plan: Path, operation: Operation, word: int) -> None:
    plan.write_text(json.dumps({"operation": int(operation), "word": word}) + "\n")
    run_all(session)


@pytest.mark.parametrize("word", WORDS.values(), ids=WORDS)
@pytest.mark.parametrize("at", range(0, 32, 8))
def test_numbers_of_a_value(session: LiveSession, plan: Path, at: int, word: int) -> None:
    """Where the rest of the message makes sense."""
    change = {"operation": int(Operation.VALUE), "at": at, "word": word}
    plan.write_text(json.dumps(change) + "\n")
    run_all(session)
