"""Whatever an executor answers, the controller takes it for an answer or for an error."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.errors import ExecutorDied, ExecutorError
from runtime.protocol import wire
from tests.fuzz.time_limit import time_limit
from tests.support.executor import methods, start_peer
from tests.support.runtime import open_descriptors

SIZES = [0, 1, 4, 8, 16, wire.OUTCOME.size, wire.OUTCOME.size + 8, wire.VALUE.size]
EDGES = [0, 1, 0xFF, 1 << 31, (1 << 32) - 1, 1 << 63, (1 << 64) - 1]

PAYLOADS = st.one_of(
    st.sampled_from(SIZES).map(bytes),
    st.binary(max_size=80),
    st.lists(st.sampled_from(EDGES), max_size=9).map(
        lambda words: b"".join(word.to_bytes(8, "little") for word in words)
    ),
)
# What is added to the operation that was asked for, the payload, the error, and the
# size that the head tells if that is not the payload's.
REPLIES = st.tuples(
    st.sampled_from([0, 0, 0, 0, 1, -1, 14, 17, 18, 19]),
    PAYLOADS,
    st.sampled_from([0, 0, 0, 1, 5, 0xFFFF]),
    st.none() | st.none() | st.sampled_from([0, 3, 1000, wire.MAX_PAYLOAD + 1, (1 << 32) - 1]),
)


@settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    st.booleans(),
    st.lists(REPLIES, max_size=4),
    st.lists(st.sampled_from(sorted(methods())), min_size=1, max_size=4),
)
def test_replies(greeted: bool, replies: list[object], asked: list[str]) -> None:
    body = f"""
{"greet()" if greeted else ""}
for more, payload, error, size in {replies!r}:
    send((take() + more) % 65536, payload, error, size)
    if more or size is not None:
        break  # the controller may rightly wait for the rest, or for the end
"""
    before = open_descriptors()
    with time_limit(60), tempfile.TemporaryDirectory() as folder:
        with start_peer(Path(folder), body) as process, contextlib.suppress(ExecutorDied):
            for name in asked:
                with contextlib.suppress(ExecutorError):
                    methods()[name](process)
        assert not Path(f"/proc/{process.pid}").exists()
    assert open_descriptors() == before
