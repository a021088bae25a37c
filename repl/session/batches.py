"""Inputs of a script of which one object was made: it is loaded with the first of them, and each
runs in its turn.

So what an input that fails leaves behind is as if each had been compiled by itself; only then does
it cost something that it was not. Where nothing comes after an input that has failed, all of them
run with the last one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from repl.clang.inputs import JoinedInput
from repl.clang.pipeline import CompiledInput
from repl.session.object_symbols import symbols_of
from repl.session.state import SessionState
from repl.session.steps import Step
from repl.session.waiting import Loaded, load
from runtime.errors import LinkError

if TYPE_CHECKING:
    from runtime.addresses import ExecutorAddress
    from runtime.units.unit_journal import LoadedUnit


class Part(Struct, frozen=True):
    """What an input of a batch runs: some of the unit's initializers. ``is_first``: if it fails,
    the unit goes. ``is_last``: what the unit has counts for the compiler from now on."""

    unit: LoadedUnit
    functions: Sequence[ExecutorAddress]
    is_first: bool
    is_last: bool


class _Loaded(Struct, frozen=True):
    """A batch. ``begin``: how many inputs there were before it; ``functions``: of each priority."""

    joined: Sequence[JoinedInput]
    begin: int
    unit: LoadedUnit
    functions: dict[int, list[ExecutorAddress]]


class Batches:
    """The batch that is being run, if one is. ``are_allowed``: no input will be undone alone."""

    def __init__(self, state: SessionState) -> None:
        self._state = state
        self.are_allowed = False
        self._single_until = 0  # inputs: where one fails the next ones often do
        self._batch: _Loaded | None = None
        self._separate: dict[int, tuple[str, bytes]] = {}  # if it could not be linked as one

    def most(self) -> int:
        """Of how many inputs the next batch may be: what waits is linked one by one."""
        state = self._state
        if state.waiting or not self.are_allowed or len(state.steps) < self._single_until:
            return 1
        return state.options.joined_inputs.most()

    def take(self, compiled: CompiledInput) -> tuple[Loaded, Part | None]:
        """What is loaded for an input of a batch, and what of it is to be run; None: all.

        Raises what ``load`` does.
        """
        if compiled.joined:
            self._begin(compiled)
        if compiled.part in self._separate:
            return self._load_separately(*self._separate[compiled.part]), None
        batch = self._batch
        assert batch is not None
        is_first = bool(compiled.joined)
        is_last = compiled.part == batch.joined[-1].priority
        part = Part(batch.unit, batch.functions[compiled.part], is_first, is_last)
        return Loaded(batch.unit if is_first else None, self._state.waiting), part

    def _begin(self, compiled: CompiledInput) -> None:
        state, joined = self._state, compiled.joined
        self._batch, self._separate = None, {}
        names = f"{joined[0].name} to {joined[-1].name}"
        try:
            unit = state.program.load(names, compiled.machine_code)
        except LinkError:
            objects = state.compiler.separate(joined)
            self._separate = {e.priority: o for e, o in zip(joined, objects, strict=True)}
            return
        functions: dict[int, list[ExecutorAddress]] = {each.priority: [] for each in joined}
        first = functions[joined[0].priority]  # and what no input has asked for, as sanitizers do
        for function, priority in state.program.execution().prioritized(unit):
            functions.get(priority or 0, first).append(function)
        if not state.options.recover:  # then no input is taken back: all run with the last one
            last = [each for functions_of in functions.values() for each in functions_of]
            functions = {priority: [] for priority in functions} | {joined[-1].priority: last}
        self._batch = _Loaded(joined, len(state.steps), unit, functions)

    def _load_separately(self, name: str, machine_code: bytes) -> Loaded:
        state = self._state
        if not machine_code:
            return Loaded(None, state.waiting)
        return load(state.program, name, machine_code, state.waiting, is_run_next=False)

    def leave(self) -> bool:
        """The inputs of the batch that have not run will be compiled anew, because one has failed:
        nobody finds what the unit has of them any more. Whether there was something."""
        batch, self._batch, self._separate = self._batch, None, {}
        state = self._state
        if batch is None or not state.options.recover:  # or nothing comes after what has failed
            return False
        in_force = len(state.steps) - batch.begin
        if not 0 <= in_force < len(batch.joined):
            return False
        self._single_until = len(state.steps) + state.options.joined_inputs.highest
        if in_force == 0:  # the unit has gone
            return False
        objects = list(state.compiler.separate(batch.joined))
        for index, (_, code) in enumerate(objects[:in_force], batch.begin):
            state.steps[index] = replace(state.steps[index], machine_code=code, joined=())
        if not state.has_loaded(batch.unit):
            return False
        kept, gone = objects[:in_force], objects[in_force:]
        execution = state.program.execution()
        execution.withdraw(
            [
                name
                for name in _defined(gone) - _defined(kept)
                if (found := execution.find_definition(name)) is not None
                and found.unit == batch.unit.number
            ]
        )
        return True


def _defined(objects: Sequence[tuple[str, bytes]]) -> set[str]:
    return set().union(*(symbols_of(name, code).defined for name, code in objects))


def one_by_one(steps: Sequence[Step], state: SessionState) -> Iterator[Step]:
    """The steps with an object of its own for each that has code."""
    objects: list[tuple[str, bytes]] = []
    for step in steps:
        if step.joined:
            objects = list(state.compiler.separate(step.joined))
        yield replace(step, machine_code=objects.pop(0)[1], joined=()) if objects else step
