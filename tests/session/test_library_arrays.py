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
    "float16": "_Float16",
    "longdouble": "long double",
    "complex64": "std::complex<float>",
    "complex128": "std::complex<double>",
    "clongdouble": "std::complex<long double>",
    "timedelta64[s]": "long",
}


def test_types_of_elements(session: Session) -> None:
    session.run("#include <complex>")
    for dtype, type_ in TYPES.items():
        name = identifier(dtype)
        array = session.shared_array(name, 2, dtype)
        session.run(f"static_assert(__is_same(decltype({name}), {type_}[2]));")
        session.run(f"{name}[1] = 1;")
        assert (array == np.array([0, 1], dtype)).all(), dtype
    single = session.shared_array("single", (), "i4")
    session.run("single = 9;")
    assert single == 9


def identifier(dtype: str) -> str:
    return "of_" + "".join(filter(str.isalnum, dtype))


STRUCTS: dict[str, Any] = {
    "plain": [("x", "f8"), ("n", "i4"), ("flag", "?")],
    "aligned": np.dtype([("c", "i1"), ("x", "f8"), ("z", "c8"), ("n", "i2")], align=True),
    "padded": {"names": ["a", "b"], "formats": ["i4", "i4"], "offsets": [4, 12], "itemsize": 32},
    "turned": {"names": ["a", "b"], "formats": ["i4", "i4"], "offsets": [8, 0], "itemsize": 12},
    "texts": [("name", "S5"), ("wide", "U2"), ("raw", "V3"), ("n", "u8")],
    "nested": [("in", [("a", "i1"), ("v", "f4", (2, 3))], (2,)), ("last", "g")],
}


def test_structs_are_where_numpy_has_them(session: Session) -> None:
    for name, given in STRUCTS.items():
        array = session.shared_array(name, 3, given)
        dtype = np.dtype(given)
        assert dtype.fields is not None
        assert array.dtype == dtype
        assert session.value(f"sizeof {name}") == 3 * dtype.itemsize
        for field, (kind, offset, *_) in dtype.fields.items():
            found = session.value(f"__builtin_offsetof(struct {name}_t, {field})")
            assert (found, session.value(f"sizeof {name}->{field}")) == (offset, kind.itemsize)
        session.run(f"struct {name}_t &ref_{name} = {name}[1];")
    session.run("plain[1].n = 5; nested[2].in[1].v[1][2] = 7;")
    session.run("char *p = texts[0].name; p[0] = 65; texts[0].wide[1] = U'\u00e9';")
    arrays = {name: session.shared_array(f"{name}_2", 1, given) for name, given in STRUCTS.items()}
    assert arrays["plain"].dtype.names == ("x", "n", "flag")


def test_arrays_of_a_type_of_the_program(session: Session) -> None:
    session.run("struct Point { int n; double x; };")
    points = session.shared_array("points", (2, 2), type="Point")
    session.run("static_assert(__is_same(decltype(points), Point[2][2])); points[1][0].x = 2;")
    assert points[1, 0]["x"] == 2
    assert session.address_of(points[1]) == session.value("(unsigned long)points[1]")
    with pytest.raises(ValueError, match="Point is not int32"):
        session.shared_array("others", 2, "i4", type="Point")
    rows = session.shared_array("rows", 2, type="int[3]")
    session.run("rows[1][2] = 9;")
    assert rows.shape == (2, 3)
    assert rows[1, 2] == 9


def test_in_c() -> None:
    with Session(language="c") as session:
        z = session.shared_array("z", 2, "c16")
        points = session.shared_array("points", 2, [("x", "f8"), ("name", "U2"), ("ok", "?")])
        session.run("z[1] = 1 + 2i; points[1].x = 3; points[1].name[0] = 233; points[1].ok = 1;")
        assert (z[1], points[1].tolist()) == (1 + 2j, (3.0, "\u00e9", True))
        session.run("struct point { int n; };")
        assert session.dtype("struct point").names == ("n",)
        assert session.empty(3, type="struct point").nbytes == 12


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


OVERLAPPING = {"names": ["x", "y"], "formats": ["i4", "i4"], "offsets": [0, 2]}
WRONG: list[tuple[str, Any, Any, type[Exception], str]] = [
    ("1st", 3, "f8", ValueError, "'1st' cannot be the name"),
    ("a b", 3, "f8", ValueError, "'a b' cannot be the name"),
    ("for", 3, "f8", CompileError, "expected unqualified-id"),
    ("a", 0, "f8", ValueError, "at least one element"),
    ("a", (2, -1), "f8", ValueError, "at least one element"),
    ("a", 3, "O", ValueError, "object"),
    ("a", 3, ">i4", ValueError, ">i4"),
    ("a", 3, ">c16", ValueError, ">c16"),
    ("a", 3, "S0", ValueError, "elements without a size"),
    ("a", 3, [("x", "i4"), ("y", "O")], ValueError, "no type of C's"),
    ("a", 3, [("x", ">i4")], ValueError, ">i4"),
    ("a", 3, [("x y", "i4")], ValueError, "'x y' cannot be the name of a member"),
    ("a", 3, [("int", "i4")], CompileError, "error"),
    ("a", 3, OVERLAPPING, ValueError, "the field y of dtype .* overlaps"),
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
