"""A session as its machine code: what begins anew from it, and what is refused."""

from __future__ import annotations

import pickle
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from repl import Session, ShellError
from repl.configuration.session_options import SessionOptions
from repl.session.choices import Choices, chosen_options
from repl.session.live_session import LiveSession
from repl.workers import features
from repl.workers.libraries import PortableLibrary
from repl.workers.needs import Needs
from repl.workers.portable import Portable
from repl.workers.replay import replay
from runtime.errors import RuntimeFailure
from tests.support.libraries import compile_object
from tests.support.runtime import make_object

INPUTS = """
#include <vector>
#include <stdexcept>
std::vector<int> numbers{1, 2, 3};
int result = 5;
template <class T> T twice(T value) { return 2 * value; }
extern "C" void count() { result = twice((int)numbers.size()); }
"""


def options(**choices: object) -> SessionOptions:
    """As a library's user has them."""
    return chosen_options(Choices(**choices))  # type: ignore[typeddict-item]


@contextmanager
def home(*inputs: str, **choices: object) -> Iterator[LiveSession]:
    """A session with Clang."""
    with LiveSession(options(**choices)) as session:
        for text in inputs:
            session.run(text)
        yield session


def sent(*inputs: str, **choices: object) -> Portable:
    """What there is of a session when its process has ended."""
    with home(*inputs, **choices) as session:
        return Portable.of(session)


def read_int(session: LiveSession, name: str) -> int:
    """A global variable's value."""
    with session.using_program() as program:
        found = program.find_definition(name)
        assert found is not None
        (value,) = struct.unpack("<i", program.read(found.address, 4))
    assert isinstance(value, int)
    return value


def call(session: LiveSession, name: str) -> None:
    """Run a function of C without arguments."""
    program = session._state.program
    with session._survival.running_program():
        address = program.execution().find_symbol(name)
        assert address is not None
        program.executor.run([address])


@pytest.fixture(scope="module")
def portable() -> Portable:
    return sent(*INPUTS.strip().splitlines(), "result = 70;", "result + 1")


def test_what_declares_something_has_run_and_nothing_else(portable: Portable) -> None:
    with replay(Portable.from_bytes(portable.to_bytes())) as session:
        assert read_int(session, "result") == 5
        call(session, "count")
        assert read_int(session, "result") == 6
        assert "result = 70;" in session.inputs


def test_what_needs_clang_says_so(portable: Portable) -> None:
    with replay(portable) as session:
        for action in (
            lambda: session.run("int more;"),
            lambda: session.value("result"),
            lambda: session.compiler,
            lambda: Portable.of(session),
        ):
            with pytest.raises(ShellError, match="without Clang"):
                action()
        call(session, "count")


def test_neither_clang_nor_llvm_is_started_or_imported(portable: Portable, tmp_path: Path) -> None:
    data = tmp_path / "session"
    data.write_bytes(portable.to_bytes())
    script = """
import os, pathlib, sys
from repl.workers.portable import Portable
from repl.workers.replay import replay
with replay(Portable.from_bytes(open(sys.argv[1], "rb").read())):
    assert "llvmlite" not in sys.modules
    group = os.getpgid(0)
    for folder in pathlib.Path("/proc").iterdir():
        try:
            if folder.name.isdecimal() and os.getpgid(int(folder.name)) == group:
                print((folder / "cmdline").read_bytes().split(b"\\0")[0].decode())
                assert b"LLVM" not in (folder / "maps").read_bytes()
        except OSError:
            pass
"""
    command = [sys.executable, "-c", script, str(data)]
    done = subprocess.run(
        command, capture_output=True, text=True, start_new_session=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    names = [Path(line).name for line in done.stdout.split()]
    assert names
    assert set(names) <= {Path(sys.executable).name, "forkrepl-executor"}


def test_what_waits_waits_there_too() -> None:
    portable = sent(
        'extern "C" void late(); extern "C" void early() { late(); }',
        'int result = 1; extern "C" void late() { result = 9; }',
    )
    with replay(portable) as session:
        call(session, "early")
        assert read_int(session, "result") == 9


def test_what_is_undone_or_declared_again_counts_as_here() -> None:
    with home("int result = 1; void f() { result = 2; }") as session:
        session.run("void f() { result = 3; }")
        session.run("void f() { result = 4; }")
        session.undo()
        session.run('extern "C" void call() { f(); }')
        portable = Portable.of(session)
    with replay(portable) as session:
        call(session, "call")
        assert read_int(session, "result") == 3


def test_an_input_that_fails_there_is_told(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    marker.touch()
    text = (
        "#include <fstream>\n#include <stdexcept>\n"
        f'int n = std::ifstream("{marker}") ? 1 : throw std::runtime_error("no marker");'
    )
    portable = sent(text)
    replay(portable).close()
    marker.unlink()
    with pytest.raises(ShellError, match=r"cannot run in this process:\s+In\[1\] threw"):
        replay(portable)


def test_an_input_that_uses_what_statements_made_is_told() -> None:
    portable = sent("40 + 2", "int n = _;")
    with pytest.raises(ShellError, match=r"In\[2\] cannot run again: .*`_`"):
        replay(portable)


def test_a_crash_is_taken_back_and_exit_too() -> None:
    portable = sent(
        "#include <cstdlib>",
        'int result = 1; extern "C" void crash() { result = 2; *(volatile int *)0 = 1; }',
        'extern "C" void leave() { result = 2; std::exit(3); }',
        'extern "C" void add() { result += 10; }',
    )
    with replay(portable) as session:
        for name in ("crash", "leave"):
            session.attend()
            with pytest.raises(ShellError, match=r"SIGSEGV|exit\(3\)"):
                call(session, name)
            assert read_int(session, "result") == 1
        call(session, "add")
        assert read_int(session, "result") == 11


# Libraries.


def make_archive(folder: Path, name: str, **members: str) -> Path:
    """``members``: their C++."""
    objects = [str(compile_object(folder, f"{each}.cpp", text)) for each, text in members.items()]
    archive = folder / name
    subprocess.run(["ar", "rcs", str(archive), *objects], check=True)
    return archive


def test_what_is_linked_of_archives_comes_along(tmp_path: Path) -> None:
    long = "a_member_with_quite_a_long_name"
    archive = make_archive(
        tmp_path,
        "libparts.a",
        one='extern "C" int two(); extern "C" int one() { return 1 + two(); }',
        other='extern "C" int unused() { return 1; }',
        **{long: 'extern "C" int two() { return 2; }'},
    )
    portable = sent(
        'extern "C" int one(); int result; extern "C" void f() { result = one(); }',
        libraries=[str(archive)],
    )
    archive.unlink()
    for each in tmp_path.glob("*.o"):
        each.unlink()
    with replay(Portable.from_bytes(portable.to_bytes())) as session:
        call(session, "f")
        assert read_int(session, "result") == 3
        with session.using_program() as program:
            names = program.object_names()
    assert any(name.endswith(f"libparts.a({long}.o)") for name in names), names
    assert not any("other" in name for name in names)


def test_objects_come_along(tmp_path: Path) -> None:
    of_options = make_object(tmp_path / "a.o", "int b(void); int a(void) { return b() + 1; }")
    second = make_object(tmp_path / "b.o", "int b(void) { return 4; }")
    loaded = make_object(tmp_path / "c.o", "int c(void) { return 20; }")
    with LiveSession(options(libraries=[str(of_options), str(second)])) as session:
        session.load_library(str(loaded))
        session.run('extern "C" { int a(); int c(); int result; void f() { result = a() + c(); } }')
        portable = Portable.of(session)
    for path in (of_options, second, loaded):
        path.unlink()
    with replay(portable) as session:
        call(session, "f")
        assert read_int(session, "result") == 25


def shared_library(path: Path, text: str, soname: str = "") -> Path:
    source = path.with_suffix(".c")
    source.write_text(text)
    named = [f"-Wl,-soname,{soname}"] if soname else []
    command = ["gcc", "-shared", "-fPIC", str(source), "-o", str(path), *named]
    subprocess.run(command, check=True)
    return path


def test_shared_libraries_are_found_by_soname(tmp_path: Path) -> None:
    first = shared_library(tmp_path / "libgeo.so", "int geo(void) { return 6; }", "libgeo.so.1")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    portable = sent(
        'extern "C" { int geo(); int result; void f() { result = geo(); } }',
        libraries=[str(first)],
        library_folders=[elsewhere],
    )
    assert portable.libraries == (PortableLibrary(str(first), "libgeo.so.1"),)
    first.unlink()
    with pytest.raises(ShellError, match=r"needs the library libgeo.so.1 \(.*libgeo.so\)"):
        replay(portable)
    # What calls itself something else does not take its place.
    shared_library(first, "int geo(void) { return 7; }", "libgeo.so.2")
    with pytest.raises(ShellError, match=r"libgeo.so.1"):
        replay(portable)
    shared_library(elsewhere / "libgeo.so.1", "int geo(void) { return 8; }", "libgeo.so.1")
    with replay(portable) as session:
        call(session, "f")
        assert read_int(session, "result") == 8


def test_a_library_that_is_none_any_more_is_told(tmp_path: Path) -> None:
    path = shared_library(tmp_path / "libgeo.so", "int geo(void) { return 6; }")
    portable = sent('extern "C" int geo(); int n = geo();', libraries=[str(path)])
    path.write_bytes(b"no library")
    with pytest.raises((ShellError, RuntimeFailure), match=r"libgeo\.so"):
        replay(portable)


# What is refused.


def test_an_array_of_this_process_cannot_travel() -> None:
    with Session() as session:
        session.shared_array("unused", 3)
        pickle.dumps(session)
        session.shared_array("weights", 3)
        session.run("double first() { return weights[0]; }")
        with pytest.raises(ShellError, match=r"In\[1\] uses an array that it shares"):
            pickle.dumps(session.gbl.first)


def test_other_versions_and_machines_are_refused(portable: Portable) -> None:
    needs = portable.needs
    forged: list[tuple[Needs, str]] = [
        (replace(needs, version="7.0\x1b[2J"), r"sent by forkrepl 7\.0"),
        (replace(needs, machine="riscv64"), "Linux on riscv64, and this is Linux on x86_64"),
        (replace(needs, system="Plan 9"), "compiled for Plan 9"),
        (replace(needs, features=("fpu", "avx99")), "needs avx99 of the processor"),
    ]
    for wrong, message in forged:
        data = replace(portable, needs=wrong).to_bytes()
        with pytest.raises(ShellError, match=message) as caught:
            replay(Portable.from_bytes(data))
        assert "\x1b" not in str(caught.value)


def test_damaged_bytes_are_refused(portable: Portable) -> None:
    data = portable.to_bytes()
    for at in range(0, len(data), max(1, len(data) // 200)):
        damaged = bytearray(data)
        damaged[at] ^= 0x41
        with pytest.raises(ShellError):
            Portable.from_bytes(bytes(damaged))
    for size in (0, 1, 30, 60, 70, len(data) - 1):
        with pytest.raises(ShellError):
            Portable.from_bytes(data[:size])
    with pytest.raises(ShellError, match="does not begin like one"):
        Portable.from_bytes(b"x" * 1000)
    with pytest.raises(ShellError, match="does not begin like one"):
        Portable.from_bytes("text")  # type: ignore[arg-type]


def test_what_is_no_machine_code_is_refused(portable: Portable) -> None:
    """The digest is right, and what is in it is not."""
    for code in (b"no object", portable.inputs[3].machine_code[:200], b"\x7fELF" * 100):
        inputs = tuple(replace(each, machine_code=code) for each in portable.inputs)
        with pytest.raises(ShellError, match="cannot run in this process"):
            replay(Portable.from_bytes(replace(portable, inputs=inputs).to_bytes()))


def test_features_are_those_of_the_flags() -> None:
    if not {"avx2", "fma"} <= features.features_here():
        pytest.skip("this processor has no AVX2")
    with home("int plain(int a) { return a + 1; }", flags=["-mavx2", "-mfma"]) as session:
        session.run('__attribute__((target("avx512f"))) void asked() {} int n = plain(1);')
        assert set(Portable.of(session).needs.features) >= {"avx2", "fma", "sse4_2"}
        assert "avx512f" not in Portable.of(session).needs.features
