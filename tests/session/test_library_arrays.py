"""``Session.shared_array``: one memory, a numpy array and a variable of the program's."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from repl import CompileError, ProgramCrashed, Session, SessionOptions, ShellError
from tests.support.listener import KINDS, running_listener


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with Session() as one:
        yield one


@pytest.mark.parametrize("language", ["c++", "c"])
def test_both_see_what_the_other_writes(language: Any) -> None:
    with Session(language=language) as session:
        matrix = session.shared_array("matrix", (3, 4))
        assert matrix.shape == (3, 4)
        assert matrix.dtype == np.float64
        assert not matrix.any()
        session.run("matrix[1][2] = 5;")
        assert matrix[1, 2] == 5
        matrix[2, 3] = 7
        assert session.value("matrix[2][3]") == 7
        assert str(session.run("sizeof matrix / sizeof *matrix").value).endswith(") 3")
        np.add(matrix, 1, out=matrix)
        session.run("double sum = 0; for (int i = 0; i < 12; ++i) sum += matrix[0][i];")
        assert session.value("sum") == 24
        copy = session.value("matrix")
        session.run("matrix[0][0] = 100;")
        assert copy.tolist()[0][0] == 1


TYPES = {
    "bool": "bool",
    "int8": "signed char",
    "int16": "short",
    "int32": "int",
    "int64": "long",
    "uint8": "unsigned char",
    "uint16": "unsigned short",
    "uint32": "unsigned int",
    "uint64": "unsigned long",
    "float32": "float",
    "float64": "double",
}


def test_types_of_elements(session: Session) -> None:
    for dtype, type_ in TYPES.items():
        array = session.shared_array(f"of_{dtype}", 2, dtype)
        session.run(f"static_assert(__is_same(decltype(of_{dtype}), {type_}[2]));")
        session.run(f"of_{dtype}[1] = 1;")
        assert array.tolist() == [0, 1], dtype
    single = session.shared_array("single", (), "i4")
    session.run("single = 9;")
    assert single == 9


def test_it_does_not_go_back_with_the_program(session: Session) -> None:
    array = session.shared_array("steps", 3, "i4")
    session.run("int mine = 1;")
    with pytest.raises(ProgramCrashed):
        session.run("steps[0] = 1; mine = 2; __builtin_trap();")
    assert (array[0], session.value("mine")) == (1, 1)
    session.run("steps[1] = 2;")
    session.rewind()
    assert array[1] == 2
    session.run("int use() { return steps[0] + steps[1]; }")
    session.restart()
    assert session.value("use()") == 3
    session.run("steps[2] = 5;")
    array[0] = 10
    assert array.tolist() == [10, 2, 5]
    assert session.value("use()") == 12


def test_a_name_may_come_again(session: Session) -> None:
    """The code of before keeps the old one, and so does who undoes it."""
    first = session.shared_array("again", 2, "i4")
    session.run("void set(int n) { again[0] = n; }")
    for shape, dtype in ((2, "i4"), (3, "f8")):
        second = session.shared_array("again", shape, dtype)
        session.run("again[0] = 8; set(3);")
        assert (first[0], second[0]) == (3, 8)
        session.undo(2)
    session.run("again[1] = 4;")
    assert first.tolist() == [3, 4]
    session.run("int again = 5;")
    assert session.value("again") == 5


def test_after_undo_and_reset_it_is_pythons_alone() -> None:
    with Session() as session:
        array = session.shared_array("array", 2)
        session.run("array[0] = 1;")
        session.undo(2)
        with pytest.raises(CompileError, match="undeclared"):
            session.run("array[0] = 2;")
        other = session.shared_array("array", 2)
        session.rewind()
        with pytest.raises(CompileError, match="undeclared"):
            session.value("array[0]")
        session.reset()
        third = session.shared_array("array", 2)
        session.run("array[1] = 3;")
    assert (array[0], other[0], third[1]) == (1, 0, 3)
    third[0] = 5  # also when the session has ended
    assert third.tolist() == [5, 3]


WRONG: list[tuple[str, Any, Any, type[Exception], str]] = [
    ("1st", 3, "f8", ValueError, "'1st' cannot be the name"),
    ("a b", 3, "f8", ValueError, "'a b' cannot be the name"),
    ("for", 3, "f8", CompileError, "expected unqualified-id"),
    ("a", 0, "f8", ValueError, "at least one element"),
    ("a", (2, -1), "f8", ValueError, "at least one element"),
    ("a", 3, "c16", ValueError, "complex128"),
    ("a", 3, ">i4", ValueError, ">i4"),
    ("a", 3, [("x", "i4")], ValueError, "no type of C's"),
    ("a", 1 << 62, "f8", ShellError, "no memory for an array"),
    ("a", 1 << 45, "f8", ShellError, "array"),
]


def shared_memories() -> int:
    """How many this process has open: one that is mapped counts, too."""
    gc.collect()  # of what the tracebacks of errors refer to
    links = [os.readlink(path) for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
    return sum("forkrepl-shared" in link for link in links)


def test_what_cannot_be_shared(session: Session) -> None:
    before = shared_memories()
    for name, shape, dtype, error, message in WRONG:
        with pytest.raises(error, match=message):
            session.shared_array(name, shape, dtype)
        assert shared_memories() == before, (name, shape, dtype)
    session.shared_array("a", 3)
    assert session.value("a[0]") == 0


def test_descriptors_go_with_the_session_and_the_array() -> None:
    before = shared_memories()
    with Session() as session:
        array = session.shared_array("a", 3)
        session.shared_array("b", 3)
        assert shared_memories() > before + 1
    assert array[0] == 0
    assert shared_memories() == before + 1
    del array
    assert shared_memories() == before


@pytest.mark.parametrize("kind", KINDS)
def test_where_a_listener_runs_the_program(
    kind: str, tmp_path: Path, environment: dict[str, str]
) -> None:
    with (
        running_listener(tmp_path, environment, kind) as running,
        Session(SessionOptions(listener=running.listener, recover=True)) as session,
    ):
        if kind == "unix":
            array = session.shared_array("a", 2)
            with pytest.raises(ProgramCrashed):
                session.run("a[1] = 4; __builtin_trap();")
            assert session.value("a[1]") == 4
            assert array[1] == 4
        else:
            with pytest.raises(ShellError, match="on this machine only"):
                session.shared_array("a", 2)
            assert session.value("1") == 1
