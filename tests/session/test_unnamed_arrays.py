"""``Session.empty`` and ``zeros``: arrays in memory that the program has at one address."""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from forkrepl import ProgramCrashed, Session, SessionOptions, ShellError

from runtime.addresses import ExecutorAddress
from runtime.memory.shared_arena import SharedArena
from tests.support.listener import KINDS, running_listener


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with Session() as one:
        one.run("#include <complex>\nvoid set(double *p, long at, double x) { p[at] = x; }")
        yield one


def at(session: Session, array: Any, type_: str = "double") -> str:
    return f"(({type_} *){session.address_of(array)})"


def test_views_have_addresses(session: Session) -> None:
    array = session.zeros((3, 4))
    session.run(f"set({at(session, array)}, 5, 7);")
    assert array[1, 1] == 7
    for view in (array[1:], array[::-1], array[:, 2], array.T, array[2:2], array[1, 1:2]):
        start = session.address_of(view)
        assert start - session.address_of(array) == view.ctypes.data - array.ctypes.data
    turned = array[::-1, ::-1]
    session.run(f"set({at(session, turned)}, 0, 9);")
    assert array[2, 3] == 9


def test_what_is_not_shared_has_none(session: Session) -> None:
    array = session.empty(3)
    beyond = np.lib.stride_tricks.as_strided(array, (1 << 30,), (8,))
    with Session() as other:
        elsewhere = other.empty(3)
        for wrong in (np.zeros(3), array.copy(), beyond, elsewhere, np.array(5)):
            with pytest.raises(ValueError, match="not in memory that the program shares"):
                session.address_of(wrong)


def test_it_stays_where_it_is(session: Session) -> None:
    """With what is in it: as the program of before, so those that come after it."""
    session.run("double *kept; double before;")
    array = session.empty(2)
    address = session.address_of(array)
    session.run(f"kept = (double *){address};")
    with pytest.raises(ProgramCrashed):
        session.run("kept[0] = 1; before = 2; __builtin_trap();")
    assert (array[0], session.value("kept[0]"), session.value("before")) == (1, 1, 0)
    session.rewind(3)  # to before there was memory of this kind, perhaps
    session.run(f"set((double *){address}, 1, 4);")
    session.restart()
    session.run(f"set((double *){address}, 0, 5);")
    assert array.tolist() == [5, 4]
    assert session.address_of(array) == address
    session.reset()
    session.run("#include <complex>\nvoid set(double *p, long at, double x) { p[at] = x; }")
    session.run(f"set((double *){address}, 1, 6);")
    assert array.tolist() == [5, 6]


def test_a_process_of_before_gets_what_came_later() -> None:
    with Session() as session:
        session.run("int n = 1;")
        session.run("n = 2;")
        small, large = session.zeros(1), session.zeros(100 << 20, "u1")
        session.run(f"{at(session, small)}[0] = 1; {at(session, large, 'char')}[100 << 19] = 3;")
        session.rewind(2)
        assert session.value("n") == 1
        session.run(f"{at(session, small)}[0] += 1; {at(session, large, 'char')}[100 << 19] += 1;")
        assert (small[0], large[100 << 19]) == (2, 4)
    small[0] = 5  # also when the session has ended
    assert small[0] == 5


TYPES: dict[str, str] = {
    "?": "bool",
    "f2": "_Float16",
    "f4": "float",
    "i8": "long",
    "c8": "std::complex<float>",
    "c16": "std::complex<double>",
    "M8[s]": "long",
    "S4": "int",
    ">i4": "unsigned",
}


def test_elements(session: Session) -> None:
    for dtype, type_ in TYPES.items():
        array = session.zeros((2, 3), dtype)
        assert (array.dtype, array.shape) == (np.dtype(dtype), (2, 3))
        session.run(f"{at(session, array, type_)}[5] = 1;")
        assert array.tobytes().rstrip(b"\0")
        assert not array.reshape(-1)[:5].tobytes().rstrip(b"\0"), dtype
    assert session.empty(()).shape == ()
    assert session.empty((0, 5)).shape == (0, 5)
    assert session.empty(7).dtype == np.float64


def test_types_of_the_program(session: Session) -> None:
    session.run(
        "enum class Colour : short { red, green };"
        "struct Point { int n; double x; int m[2][3]; };"
        "struct Pixel : Point { Colour colour; std::complex<float> z; const char *name; "
        "struct { char a; } inner; };"
    )
    dtype = session.dtype("Pixel")
    assert dtype.itemsize == session.value("sizeof(Pixel)")
    assert dtype.fields is not None
    for name in ("x", "m", "colour", "z", "name", "inner"):
        assert dtype.fields[name][1] == session.value(f"__builtin_offsetof(Pixel, {name})"), name
    array = session.zeros(4, type="Pixel")
    session.run(
        f"Pixel *pixels = {at(session, array, 'Pixel')};"
        "pixels[2].x = 1.5; pixels[2].m[1][2] = 3; pixels[2].colour = Colour::green;"
        "pixels[2].z = {1, 2}; pixels[2].inner.a = 4;"
    )
    pixel = array[2]
    assert (pixel["x"], pixel["m"][1, 2], pixel["colour"]) == (1.5, 3, 1)
    assert (pixel["z"], pixel["inner"]["a"]) == (1 + 2j, 4)
    assert session.dtype("unsigned short") == np.uint16
    assert session.dtype("int[3]") == np.dtype(("i4", (3,)))
    assert session.inputs[-1].startswith("Pixel *")


WRONG: dict[str, tuple[type[Exception], str]] = {
    "Nowhere": (ShellError, "unknown type name 'Nowhere'"),
    "std::string": (ShellError, "such as memcpy can copy"),
    "Bits": (ValueError, r"Bits\.a is a bit-field"),
    "Either": (ValueError, "numpy has no type for Either"),
    "Anonymous": (ValueError, "anonymous union"),
    "Empty": (ValueError, "no members"),
    "Twice": (ValueError, "two members that are called a"),
    "__int128": (ValueError, "__int128"),
}


def test_what_cannot_be(session: Session) -> None:
    session.run(
        "#include <string>\nstruct Bits { int a : 3; }; union Either { int a; float b; };"
        "struct Anonymous { union { int a; float b; }; }; struct Empty {};"
        "struct One { int a; }; struct Twice : One { int a; };"
    )
    for name, (error, message) in WRONG.items():
        with pytest.raises(error, match=message):
            session.empty(3, type=name)
    with pytest.raises(ValueError, match="objects of Python's"):
        session.empty(3, object)
    with pytest.raises(ValueError, match="objects of Python's"):
        session.zeros(3, [("a", "i4"), ("b", "O")])
    with pytest.raises(ValueError, match="One is not float64, but "):
        session.empty(3, float, type="One")
    with pytest.raises(ValueError, match="cannot have"):
        session.empty((2, -1))
    for size in (1 << 45, 1 << 70):
        with pytest.raises(ShellError, match="no memory for an array of"):
            session.empty(size)
    assert session.value("1") == 1


def mapped() -> int:
    """Bytes of arrays that are resident in this process."""
    gc.collect()
    lines = Path("/proc/self/smaps").read_text().splitlines()
    total, is_ours = 0, False
    for line in lines:
        if "forkrepl-shared" in line:
            is_ours = True
        elif is_ours and line.startswith("Rss:"):
            total += int(line.split()[1]) << 10
            is_ours = False
    return total


def test_what_is_forgotten_is_used_again() -> None:
    with Session() as session:
        session.run("int x;")
        kept = session.zeros(10)
        kept[:] = 3
        before = len(os.listdir("/proc/self/fd"))
        first = session.address_of(session.empty(1 << 20))
        for number in range(10_000):
            array = session.empty(1000)
            if number % 1000 == 0:
                assert not array.any()
            array[:] = number
        view = array[10:20]
        del array
        assert view.tolist() == [9999] * 10
        for _ in range(30):
            large = session.zeros(8 << 20)  # 64 MB
            assert not large.any()
            large[::512] = 1
        del large
        assert session.address_of(session.empty(1 << 20)) - first < 1 << 30
        assert len(os.listdir("/proc/self/fd")) <= before + 4
        assert mapped() < 20 << 20
        assert kept.tolist() == [3] * 10
        assert view.tolist() == [9999] * 10


def test_many_at_once(session: Session) -> None:
    arrays = [session.zeros(100, "i4") for _ in range(3000)]
    for number, array in enumerate(arrays):
        array[:] = number
    addresses = [session.address_of(array) for array in arrays]
    assert len({*addresses}) == 3000
    session.run("long sum = 0;")
    session.run(f"for (int i = 0; i < 100; ++i) sum += ((int *){addresses[2999]})[i];")
    assert session.value("sum") == 299_900
    assert all((array == number).all() for number, array in enumerate(arrays))


def test_a_fork_of_python_takes_nothing_away(session: Session) -> None:
    array = session.zeros(1000)
    array[:] = 4
    context = multiprocessing.get_context("fork")
    process = context.Process(target=gc.collect)
    process.start()
    process.join()
    pid = os.fork()
    if pid == 0:
        del array
        gc.collect()
        os._exit(0)
    os.waitpid(pid, 0)
    assert array.sum() == 4000


ENDING = """
import forkrepl, gc
session = forkrepl.Session()
kept = session.zeros(10)
cycle = [session.zeros(10)]
cycle.append(cycle)
"""


def test_the_end_of_python_is_quiet() -> None:
    done = subprocess.run([sys.executable, "-c", ENDING], capture_output=True, text=True)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def test_an_arena_by_itself() -> None:
    arena = SharedArena(4 * 4096, ExecutorAddress(0x5800_0000_0000))
    one, two = arena.allocate(5000), arena.allocate(4096)
    assert one is not None
    assert two is not None
    assert arena.allocate(2 * 4096) is None
    np.asarray(one)[:] = 1
    assert arena.address_of(arena.start + 8192, arena.start + 9000) == 0x5800_0000_2000
    assert arena.address_of(arena.start - 1, arena.start) is None
    assert arena.address_of(arena.start, arena.start + 4 * 4096 + 1) is None
    del one
    ctypes.memset(arena.start, 7, 8192)  # as by who keeps an address for too long
    again = arena.allocate(8192)
    assert again is not None
    assert not np.asarray(again).any()
    arena.memory.close()


@pytest.mark.parametrize("kind", KINDS)
def test_where_a_listener_runs_the_program(
    kind: str, tmp_path: Path, environment: dict[str, str]
) -> None:
    with (
        running_listener(tmp_path, environment, kind) as running,
        Session(SessionOptions(listener=running.listener, recover=True)) as session,
    ):
        if kind == "unix":
            array = session.zeros(2)
            session.run(f"{at(session, array)}[1] = 4;")
            session.restart()
            session.run(f"{at(session, array)}[1] += 4;")
            assert array[1] == 8
        else:
            with pytest.raises(ShellError, match="on this machine only"):
                session.zeros(2)
            assert session.value("1") == 1


def test_values_in_shared_memory_are_not_copied() -> None:
    """Whichever container they are in; what lies elsewhere is a copy."""
    with Session(std="c++20") as session:
        session.run(
            "#include <array>\n#include <memory_resource>\n#include <span>\n#include <string>\n"
            "#include <vector>"
        )
        memory = session.empty(1 << 22, "u1")
        session.run(
            f"std::pmr::monotonic_buffer_resource shared({at(session, memory, 'char')}, 1 << 22,"
            "std::pmr::null_memory_resource());"
            "std::pmr::vector<double> small({1, 2, 3}, &shared), large(100'000, &shared);"
            "std::pmr::vector<std::array<float, 3>> rows(2, &shared);"
            "std::pmr::string text(100'000, 'x', &shared);"
        )
        matrix = session.shared_array("matrix", (3, 4), "i4")
        session.run("large[99'999] = 4; matrix[2][3] = 5;")
        views = {
            name: session.view(name)
            for name in ("small", "large", "rows", "matrix", "matrix[2]", "std::span(small)")
        }
        assert [array.shape for array in views.values()] == [
            *((3,), (100_000,), (2, 3)),
            *((3, 4), (4,), (3,)),
        ]
        assert views["large"][99_999] == 4
        for array in views.values():
            assert array.flags.writeable
            array[-1] = 7
        assert session.value("small[2] + large[99'999] + rows[1][2] + matrix[2][0]") == 28
        assert matrix[2].tolist() == [7, 7, 7, 7]
        assert session.address_of(views["large"][5:]) == session.value("(long)&large[5]")
        assert not session.view("std::span<const double>(small)").flags.writeable
        assert session.view("text") == "x" * 100_000
        for elsewhere in ("std::vector<int>{1, 2}", "std::vector<double>(100'000)"):
            assert not session.view(elsewhere).flags.writeable
        assert session.view("small.size()") == 3
        del memory
        gc.collect()
        assert views["small"].tolist() == [1, 2, 7]
        with pytest.raises(ValueError, match="has no value"):
            session.view("int x;")
    assert views["large"][99_999] == 7


NARROW = """
import resource
from forkrepl import Session, ShellError
with Session() as session:
    session.run("int x;")
    session.empty(1)
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    used = int(open("/proc/self/statm").read().split()[0]) * 4096
    resource.setrlimit(resource.RLIMIT_AS, (used + (32 << 20), hard))
    first = session.zeros(60 << 20, "u1")
    second = session.zeros(8 << 20, "u1")
    print(session.address_of(second) > 0)
    try:
        session.zeros(60 << 20, "u1")
    except ShellError as error:
        print(error)
"""


def test_where_there_is_little_room() -> None:
    """An array gets no more than it needs, and what is too large is told."""
    done = subprocess.run([sys.executable, "-c", NARROW], capture_output=True, text=True)
    first, second = done.stdout.splitlines()
    assert first == "True", done.stderr
    assert second.startswith(f"no memory for an array of {60 << 20} bytes: ")
    assert "Cannot allocate memory" in second
