"""Random sessions against a model: inputs that work, fail, throw and crash, undone and
rewound in any order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from repl.configuration.session_options import SessionOptions
from repl.errors import CompileError, ProgramCrashed, ShellError, UncaughtException
from repl.input.source import Source
from repl.session.live_session import LiveSession
from runtime.errors import LinkError
from tests.support.amount import amount

SUPPORT = """\
#include <cstdlib>
#include <unistd.h>
#include <vector>
std::vector<long> heap;
long counter = 0;
extern "C" long heap_sum() { long sum = 0; for (long n : heap) sum += n; return sum; }
"""
WAYS_TO_CRASH = [
    "*(volatile int *)0 = 1;",
    "std::abort();",
    "_exit(3);",
    "__builtin_trap();",
    "raise(SIGKILL);",
    "{ volatile char *p = (char *)alloca(1); for (long i = 0;; --i) p[i] = 1; }",
    "free((void *)&counter);",
]


@dataclass(frozen=True)
class Model:
    """What the session must be like. ``inputs``: the numbers of those in force."""

    inputs: tuple[int, ...] = ()
    variables: tuple[tuple[int, str, int], ...] = ()  # declared by, name, value
    functions: tuple[tuple[str, int], ...] = ()
    heap: tuple[int, ...] = ()
    counter: int = 0
    declared_by: tuple[tuple[int, str], ...] = field(default=())

    def visible(self) -> dict[str, int]:
        """Variables and their values; of one name the newest counts."""
        return {name: value for _, name, value in self.variables}

    def without(self, numbers: set[int]) -> Model:
        """Inputs undone: their declarations go, what they did to memory stays."""
        gone = {name for number, name in self.declared_by if number in numbers}
        return replace(
            self,
            inputs=tuple(n for n in self.inputs if n not in numbers),
            variables=tuple(v for v in self.variables if v[0] not in numbers),
            functions=tuple(f for f in self.functions if f[0] not in gone),
            declared_by=tuple(d for d in self.declared_by if d[0] not in numbers),
        )


_session: list[LiveSession] = []


@pytest.fixture(autouse=True, scope="module")
def one_session() -> Iterator[None]:
    with LiveSession(SessionOptions(recover=True)) as session:
        session.wait_until_ready()
        _session.append(session)
        yield
        _session.clear()


def read_integer(session: LiveSession, name: str) -> int:
    """Without an input, which would be another step in time."""
    with session.using_program() as program:
        definition = program.find_definition(name)
        assert definition is not None
        return int.from_bytes(program.read(definition.address, 8), "little")


small = st.integers(0, 99)


class RandomSession(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.session = _session[0]
        self.session.reset()
        self.next = 0
        self.model = Model()
        self.past: list[Model] = []  # before each input that took effect
        self.run_input(SUPPORT)

    def run_input(self, text: str) -> str | None:
        """An input that works; ``change`` of the model is up to the caller."""
        value = self.session.run(Source(text, f"In[{self.next}]")).value
        self.past.append(self.model)
        self.model = replace(self.model, inputs=(*self.model.inputs, self.next))
        self.next += 1
        return value

    def is_kept(self, count: int) -> bool:
        return count in self.session.distances()

    def declare(self, name: str) -> None:
        record = (self.model.inputs[-1], name)
        self.model = replace(self.model, declared_by=(*self.model.declared_by, record))

    @rule(value=small)
    def define_a_variable(self, value: int) -> None:
        self.declare_variable(f"v{self.next}", "long", value)

    @rule(data=st.data(), value=small, kind=st.sampled_from(["long", "short", "double"]))
    def declare_it_again(self, data: st.DataObject, value: int, kind: str) -> None:
        if self.model.variables:
            names = sorted(self.model.visible())
            self.declare_variable(data.draw(st.sampled_from(names)), kind, value)

    def declare_variable(self, name: str, kind: str, value: int) -> None:
        self.run_input(f"{kind} {name} = {value};")
        record = (self.model.inputs[-1], name, value)
        self.model = replace(self.model, variables=(*self.model.variables, record))

    @rule(value=small)
    def define_a_function(self, value: int) -> None:
        name = f"f{self.next}"
        self.run_input(f"long {name}() {{ return {value} + counter; }}")
        self.declare(name)
        self.model = replace(self.model, functions=(*self.model.functions, (name, value)))

    @rule(value=small)
    def change_memory(self, value: int) -> None:
        self.run_input(f"heap.push_back({value}); ++counter;")
        self.model = replace(
            self.model, heap=(*self.model.heap, value), counter=self.model.counter + 1
        )

    @rule(data=st.data(), value=small)
    def assign(self, data: st.DataObject, value: int) -> None:
        if self.model.variables:
            name = data.draw(st.sampled_from(sorted(self.model.visible())))
            self.run_input(f"{name} = {value};")
            newest = max(i for i, v in enumerate(self.model.variables) if v[1] == name)
            changed = list(self.model.variables)
            changed[newest] = (changed[newest][0], name, value)
            self.model = replace(self.model, variables=tuple(changed))

    @rule()
    def evaluate(self) -> None:
        expected = sum(self.model.heap) + self.model.counter
        calls = [f"{name}()" for name, _ in self.model.functions]
        expected += sum(value + self.model.counter for _, value in self.model.functions)
        visible = self.model.visible()
        expected += sum(visible.values())
        text = " + ".join(["heap_sum()", "counter", *calls, *(f"long({v})" for v in visible)])
        assert self.run_input(text) == f"(long) {expected}"

    @rule()
    def only_a_macro(self) -> None:
        self.run_input(f"#define MACRO_{self.next} {self.next}")

    @rule(kind=st.sampled_from(["long bad = nothing;", "long bad = 1; }", "counter.x();"]))
    def be_rejected(self, kind: str) -> None:
        with pytest.raises(CompileError):
            self.session.run(Source(kind, "rejected"))

    @rule()
    def refer_to_nothing(self) -> None:
        with pytest.raises(LinkError, match="undefined"):
            self.session.run(Source("long missing(); long bad = missing();", "unlinkable"))

    @rule()
    def throw(self) -> None:
        """As in other shells, what was done before stays done."""
        with pytest.raises(UncaughtException):
            self.session.run(Source("long bad = ++counter; throw 1;", "throws"))
        self.model = replace(self.model, counter=self.model.counter + 1)

    @rule(way=st.sampled_from(WAYS_TO_CRASH))
    def crash(self, way: str) -> None:
        with pytest.raises(ProgramCrashed):
            self.session.run(
                Source(f"#include <csignal>\nlong bad = ++counter; heap.clear(); {way}", "crashes")
            )

    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        undoable = len(self.model.inputs) - 1  # the support stays
        if undoable > 0:
            count = data.draw(st.integers(1, min(undoable, 4)))
            self.session.undo(count)
            self.model = self.model.without(set(self.model.inputs[-count:]))

    @rule(data=st.data())
    def rewind(self, data: st.DataObject) -> None:
        if len(self.past) > 1:
            count = data.draw(st.integers(1, min(len(self.past) - 1, 12)))
            if count > 8 and not self.is_kept(count):  # the newest are all kept
                with pytest.raises(ShellError, match="no checkpoint"):
                    self.session.rewind(count)
                return
            self.session.rewind(count)
            self.model = self.past[-count]
            del self.past[-count:]

    @invariant()
    def all_is_as_it_should_be(self) -> None:
        assert len(self.session.inputs) == len(self.model.inputs)
        assert read_integer(self.session, "counter") == self.model.counter
        names = [name for _, name, _ in self.model.variables]
        for _, name, value in self.model.variables:
            if names.count(name) == 1:  # others have a symbol of another name
                assert read_integer(self.session, name) == value


def test_random_sessions() -> None:
    run_state_machine_as_test(
        RandomSession,
        settings=settings(
            max_examples=amount(20, 60),
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )
