"""Errors and values go to other processes, and are copied, as what they are: all of them."""

from __future__ import annotations

import copy
import importlib
import multiprocessing
import pickle
import pkgutil
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pytest
from forkrepl import (
    CompileError,
    Diagnostic,
    EnumValue,
    ExecutorDied,
    Fix,
    ForkreplError,
    ProgramCrashed,
    ProgramExited,
    RecordValue,
    Result,
    Session,
    UncaughtException,
    UndefinedSymbolsError,
    default_session,
)

import platform_support
import repl
import runtime
from runtime.addresses import Protection
from runtime.protocol.crash import CrashReport, Mapping
from runtime.protocol.frames import Frame
from runtime.protocol.wire import Outcome, ThrownException
from runtime.units.static_libraries import InitializerThrew

_PROGRAMS = ("__main__", "repl.code_generator_process", "repl.header_builder_process")


def pickled(protocol: int, value: Any) -> Any:
    return pickle.loads(pickle.dumps(value, protocol))


COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"pickle {number}": partial(pickled, number) for number in range(6)},
}

DIAGNOSTIC = Diagnostic("error", "no", "In[1]", 1, 2, fixes=(Fix("In[1]", 1, 2, "a", "b"),))
CRASH = CrashReport(
    *(11, 1, 0, 2, 3, 4, 5, 6, 0),
    frames=(Frame(3),),
    mappings=(Mapping(0, 4096, Protection.READ, "[heap]"),),
)

# One of each class whose `__init__` is its own.
EXAMPLES: dict[type[ForkreplError], Callable[[type[Any]], ForkreplError]] = {
    CompileError: lambda class_: class_("In[1]:1:1: error\n", (DIAGNOSTIC,), "all of it"),
    ExecutorDied: lambda class_: class_(exit_status=None, signal=11, crash=CRASH),
    InitializerThrew: lambda class_: class_("x.o", Outcome(0, (ThrownException("int", "3", ()),))),
    ProgramCrashed: lambda class_: class_(11, None, "SIGSEGV: a report", "rolled back"),
    ProgramExited: lambda class_: class_(3),
    UncaughtException: lambda class_: class_("std::out_of_range", "at", "thrown at In[1]:1:1"),
    UndefinedSymbolsError: lambda class_: class_("all", "brief", ("_Z1fv",), {"_Z1fv": {0, 2}}),
}


def all_errors() -> list[type[ForkreplError]]:
    importlib.import_module("papermill")  # it imports a module of ours, in the midst of its own
    for package in (repl, runtime, platform_support):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not any(part in module.name for part in _PROGRAMS):
                importlib.import_module(module.name)
    found = [ForkreplError]
    for class_ in found:
        found += [each for each in class_.__subclasses__() if each not in found]
    ours = [class_ for class_ in found if class_.__module__.split(".")[0] in ("repl", "runtime")]
    return sorted(ours, key=lambda class_: class_.__name__)  # as other workers of pytest have them


def example(class_: type[ForkreplError]) -> ForkreplError:
    defining = next(each for each in class_.__mro__ if "__init__" in vars(each))
    if issubclass(defining, ForkreplError):
        error = EXAMPLES[defining](class_)
    else:
        error = class_("a message")
    error.add_note("a note")
    return error


@pytest.mark.parametrize("class_", all_errors(), ids=lambda class_: class_.__name__)
def test_errors(class_: type[ForkreplError]) -> None:
    error = example(class_)
    error.is_interrupt = True  # type: ignore[attr-defined]  # as what has been set since
    for name, copied in COPIES.items():
        again = copied(error)
        assert type(again) is class_, name
        assert (str(again), again.args, vars(again)) == (str(error), error.args, vars(error)), name


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with Session() as one:
        one.run(
            "#include <vector>\n#include <string>\n#include <map>\n#include <stdexcept>\n"
            "enum class Colour { red, green };\n"
            "struct Point { double x; std::vector<int> many; Colour colour; int _members; };\n"
            "struct Line { Point a, b; std::string name; const char *_type_name; };\n"
            'Line line{{1, {2, 3}, Colour::green, 4}, {}, "line", "tagged"};'
        )
        yield one


def test_values(session: Session) -> None:
    line = session.value("line")
    assert (line.a._members, line._type_name, line.type_name) == (4, "tagged", "Line")
    values = [
        line,
        session.value("Colour::green"),
        session.value("(Colour)7"),
        session.value("std::map<std::string, Point>{{std::string(1, 97), line.a}}"),
        session.run("1 + 1"),
        session.run("int f() { int unused; return 1; }"),
        DIAGNOSTIC,
    ]
    for value in values:
        for name, copied in COPIES.items():
            again = copied(value)
            assert type(again) is type(value), name
            assert again == value, (name, value)
            assert repr(again) == repr(value), name
    again = pickle.loads(pickle.dumps(line))
    assert isinstance(again.a.many, np.ndarray)
    assert again.a.many.tolist() == [2, 3]
    assert copy.deepcopy(line).a is not line.a
    session.undo()


def test_records_are_compared_with_their_arrays(session: Session) -> None:
    line, other = session.value("line"), session.value("line")
    assert line == other
    assert line != session.value("Line{}")
    assert line.a == dict(line.a)
    assert line.a != 1
    assert session.value("line.a") != RecordValue("Other", dict(line.a))
    with pytest.raises(TypeError, match="unhashable"):
        hash(line)


def test_representations(session: Session) -> None:
    assert repr(session.value("Colour::green")) == "<Colour::green: 1>"
    assert repr(EnumValue("Size", "large", 2)) == "<Size large: 2>"
    assert repr(session.value("(Colour)7")) == "<Colour 7>"
    assert repr(session.value("line.b")) == (
        "Point(x=0.0, many=array([], dtype=int32), colour=<Colour::red: 0>, _members=0)"
    )
    assert repr(session.run("1 + 1")) == "(int) 2"
    assert repr(session.run("int declared;")) == ""
    assert [session.run("2.5")].__repr__() == "[(double) 2.5]"
    assert repr(session.run("int needed(); int needs() { return needed(); }")) == (
        "note: waits for needed()"
    )
    with_warning = session.run("#warning careful\n3")
    assert repr(with_warning).endswith("\n(int) 3")
    assert "careful" in repr(with_warning)
    assert repr(Result([1, 2], "")) == "[1, 2]"
    session.undo(5)


FAILURES: dict[str, type[BaseException]] = {
    "std::vector<int>().at(3);": IndexError,
    'throw std::runtime_error("no");': RuntimeError,
    "*(volatile int *)0 = 1;": ProgramCrashed,
    "int x = ;": CompileError,
    "int nowhere(); nowhere();": UndefinedSymbolsError,
}


def in_a_worker(text: str) -> Any:
    """What a task does, in a session that its process keeps."""
    session = default_session()
    if not session.inputs:
        session.run("#include <vector>\n#include <stdexcept>\nstruct P { int x; } p{3};")
    if text:
        session.run(text)
    return session.value("p"), EnumValue("E", "one", 1)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_pool_of_processes(method: str) -> None:
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(1, context) as pool:
        assert pool.submit(in_a_worker, "").result() == (
            RecordValue("P", {"x": 3}),
            EnumValue("E", "one", 1),
        )
        for text, expected in FAILURES.items():
            with pytest.raises(expected) as caught:
                pool.submit(in_a_worker, text).result()
            assert isinstance(caught.value, ForkreplError)
        with pytest.raises(ProgramCrashed, match="null pointer") as crash:
            pool.submit(in_a_worker, "*(volatile int *)0 = 1;").result()
        assert "]:1" in crash.value.report


def test_a_session_itself_is_not_copied(session: Session) -> None:
    """It can be pickled: see ``tests/workers``."""
    for copied in (copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="a Session cannot be copied"):
            copied(session)
