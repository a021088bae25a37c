"""Numbers of the executor's: what can be is taken, all else is refused by name."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.addresses import PAGE_SIZE, STATIC_MODULE, USER_SPACE_END
from runtime.errors import ExecutorError
from runtime.protocol.claims import (
    check_page_size,
    claimed_address,
    claimed_machine,
    claimed_memory,
    claimed_process,
    claimed_symbol,
    claimed_thread_area,
    claimed_thread_local,
)

END = int(USER_SPACE_END)


def test_what_can_be() -> None:
    assert [claimed_address(word, "f") for word in (0, 1, END - 1)] == [0, 1, END - 1]
    assert claimed_memory(PAGE_SIZE, PAGE_SIZE) == PAGE_SIZE
    assert claimed_memory(END - PAGE_SIZE, PAGE_SIZE) == END - PAGE_SIZE
    assert claimed_process(1) == 1
    assert claimed_machine(183) == 183
    check_page_size(PAGE_SIZE)
    assert claimed_symbol((END - 8, 8, 1), "x") == (END - 8, 8, True)
    assert claimed_symbol((0, 0, 0), "x") == (0, 0, False)
    # Of the C library's modules, of the threads' static block, of none.
    for words in ((1, 0), (STATIC_MODULE, -64), (0, 0)):
        assert claimed_thread_local(words, "x") == words
    assert claimed_thread_area(-4096, 4096, 64) == (-4096, 4096, 64)


REFUSED: dict[str, Callable[[], object]] = {
    "an address": lambda: claimed_address(1 << 63, "f"),
    "an address just beyond": lambda: claimed_address(END, "f"),
    "no memory": lambda: claimed_memory(0, PAGE_SIZE),
    "half a page": lambda: claimed_memory(PAGE_SIZE + 8, PAGE_SIZE),
    "memory beyond the end": lambda: claimed_memory(END - PAGE_SIZE, 2 * PAGE_SIZE),
    "no machine": lambda: claimed_machine(0),
    "a machine that ELF has no number for": lambda: claimed_machine(1 << 16),
    "larger pages": lambda: check_page_size(1 << 16),
    "no process": lambda: claimed_process(0),
    "a large process": lambda: claimed_process(1 << 31),
    "a large symbol": lambda: claimed_symbol((8, END, 0), "x"),
    "a symbol that is neither": lambda: claimed_symbol((8, 8, 2), "x"),
    "a large module": lambda: claimed_thread_local((1 << 62, 0), "x"),
    "a far offset": lambda: claimed_thread_local((1, -(1 << 63)), "x"),
    "a far area": lambda: claimed_thread_area(1 << 62, 0, 16),
    "a large area": lambda: claimed_thread_area(0, 1 << 40, 16),
    "an area without alignment": lambda: claimed_thread_area(0, 0, 0),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be(name: str) -> None:
    with pytest.raises(ExecutorError, match=r"the executor says|malformed answer"):
        REFUSED[name]()


def test_names_are_shown_as_text() -> None:
    with pytest.raises(ExecutorError, match=r"says that \\x1b\[2Jf is at"):
        claimed_address(END, "\x1b[2Jf")


@given(st.integers(0, (1 << 64) - 1))
def test_an_address_is_below_the_end_or_refused(word: int) -> None:
    try:
        assert claimed_address(word, "f") < END
    except ExecutorError:
        assert word >= END
