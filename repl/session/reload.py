"""Edit and go on: the inputs again, with the new text of files, in a program that has them.

See README.md beside this. ``Reload.run`` is one transaction: the inputs are parsed and compiled
again, compared with what there is, and what is new of them is linked and put in force.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec import Struct

from repl.clang.compiler import Compiler
from repl.clang.protocol import DescribeShapes, FindIndependent, ShapesFound
from repl.errors import CompileError
from repl.input.seen_file import SeenFile
from repl.session.again import InputsAgain, NewInput, SplitFile
from repl.session.object_symbols import symbols_of
from repl.session.reload_report import ReloadReport
from repl.session.shapes import Changes, compare, functions_of_thread_local
from repl.session.state import SessionState
from repl.session.steps import Reloaded, Step
from repl.session.survival import Survival
from repl.session.uncaught_exceptions import uncaught_exception
from repl.session.waiting import WaitingInput, as_waiting

if TYPE_CHECKING:
    from runtime.executor_client.interface import Patch
    from runtime.units.redirection import Withdrawn
    from runtime.units.unit_journal import LoadedUnit


class _Loaded(Struct):
    unit: LoadedUnit
    patches: tuple[Patch, ...]
    withdrawn: tuple[Withdrawn, ...] = ()


class Reload:
    """``edited``: the files, by path, as they are now."""

    def __init__(
        self,
        state: SessionState,
        survival: Survival,
        compiler: Compiler,
        edited: dict[str, SeenFile],
        split: SplitFile,
    ) -> None:
        self._state = state
        self._survival = survival
        self._compiler = compiler
        self._before = state.position()
        self._again = InputsAgain(self._before, compiler, edited, split)
        self._too_short: list[str] = []

    def run(self) -> ReloadReport:
        """Raises ShellError, or what else an input raises; then all is as it was before."""
        self._survival.check_can_go_back()
        self._survival.attend()
        before = self._shapes()
        try:
            with _explained():
                self._again.parse()
            report = self._take_effect(compare(before, self._shapes()))
        except BaseException:
            # If the program went back further than to before this, the compiler has, too.
            if self._state.is_at(self._before):
                self._compiler.restore(self._before.compiler)
            raise
        return report

    def _shapes(self) -> ShapesFound:
        return self._compiler.ask(DescribeShapes(self._compiler.length))

    def _take_effect(self, changes: Changes) -> ReloadReport:
        loaded, report = None, ReloadReport(changes)
        dependent = self._dependent(changes)
        chosen = self._choose(changes, dependent)
        kept = {each.index: self._kept(each, changes) for each in chosen}
        objects = [
            (each.name, self._compiler.rebound(each.bitcode, sorted(kept[each.index])))
            for each in chosen
        ]
        objects = [(name, code) for name, code in objects if code]
        all_kept = frozenset().union(*kept.values())
        if objects:
            with self._survival.running_program():
                loaded = self._load(objects, all_kept, dependent)
                loaded.withdrawn = self._withdraw(chosen, all_kept)
            report = self._report(chosen, loaded, changes, dependent)
        if self._survival.can_rewind:
            self._survival.note_input(self._before)
        self._commit(loaded)
        return report

    # What has to be compiled for the program that there is.

    def _dependent(self, changes: Changes) -> frozenset[str]:
        """Functions that must not take the place of their old versions, because those that
        call them, and were compiled before, may have objects of a class as it was."""
        if not changes.affected:
            return frozenset()
        question = FindIndependent(self._compiler.length, changes.affected)
        all_of_them = frozenset().union(*(e.symbols.functions for e in self._again.inputs))
        return all_of_them.difference(self._compiler.ask(question).symbols)

    def _choose(self, changes: Changes, dependent: frozenset[str]) -> list[NewInput]:
        """The inputs whose code is another, or refers to what is."""
        waiting = {each.name for each in self._state.waiting}
        live = [e for e in self._again.inputs if e.machine_code and e.name not in waiting]
        outdated = {s for s, reason in changes.variables.items() if reason}
        chosen = [e for e in live if e.is_changed or e.symbols.data & outdated]
        while True:
            chosen = self._again.separated(chosen)
            indices = {each.index for each in chosen}
            moved = outdated.union(*(e.symbols.functions & dependent for e in chosen))
            more = [e for e in live if e.index not in indices and e.symbols.needs & moved]
            if not more:
                return sorted(chosen, key=lambda each: each.index)
            chosen += more

    def _kept(self, one: NewInput, changes: Changes) -> frozenset[str]:
        """What it defines, and the program's stays."""
        execution = self._state.program.execution()
        found: set[str] = set()
        for symbol in one.symbols.data:
            definition = execution.find_definition(symbol)
            if definition is not None and changes.keeps(symbol):
                found.add(symbol)
                if definition.module:
                    functions = functions_of_thread_local(symbol)
                    found.update(f for f in functions if execution.find_definition(f))
        return frozenset(found)

    # In the program.

    def _load(
        self,
        objects: Sequence[tuple[str, bytes]],
        kept: frozenset[str],
        dependent: frozenset[str],
    ) -> _Loaded:
        program = self._state.program
        execution = program.execution()
        unit = program.load_together(objects, kept=kept)
        functions = [n for n, d in unit.linked.definitions.items() if d.is_function]
        patches, self._too_short = execution.redirect(
            unit, [name for name in functions if name not in dependent]
        )
        outcome = program.initialize(unit)
        error = uncaught_exception(outcome, self._state)
        if error is not None:
            execution.patch(patches)
            self._state.unload(unit)
            self._survival.program_changed()
            raise error
        return _Loaded(unit, tuple(patches))

    def _withdraw(self, chosen: Sequence[NewInput], kept: frozenset[str]) -> tuple[Withdrawn, ...]:
        """What the old versions had and the new ones have not: nobody is to find it."""
        execution = self._state.program.execution()
        gone = []
        for step in self._again.replaced_by(chosen):
            for symbol in symbols_of(step.source.unit_name, step.machine_code).defined - kept:
                definition = execution.find_definition(symbol)
                if definition and step.unit and definition.unit == step.unit.number:
                    gone.append(symbol)
        return execution.withdraw(gone)

    def _report(
        self,
        chosen: Sequence[NewInput],
        loaded: _Loaded,
        changes: Changes,
        dependent: frozenset[str],
    ) -> ReloadReport:
        definitions = loaded.unit.linked.definitions
        replaced = self._again.changed_functions(chosen)
        stay = [n for n in replaced if n in dependent or n in self._too_short]
        return ReloadReport(
            changes=changes,
            replaced=[n for n in replaced if n not in stay],
            stay=stay,
            initialized=sorted(changes.variables.keys() & definitions.keys()),
        )

    def _commit(self, loaded: _Loaded | None) -> None:
        state = self._state
        waiting = {each.name for each in state.waiting}
        new_waiting = {
            each.name: as_waiting(each.name, each.machine_code)
            for each in self._again.inputs
            if each.is_changed and each.machine_code and each.name in waiting
        }
        steps = [_step(each, new_waiting) for each in self._again.inputs]
        state.steps[:] = steps
        state.reloads.append(
            Reloaded(
                inputs=len(steps),
                before=self._before,
                unit=loaded.unit if loaded else None,
                patches=loaded.patches if loaded else (),
                withdrawn=loaded.withdrawn if loaded else (),
            )
        )
        self._survival.program_changed()


def _step(each: NewInput, new_waiting: dict[str, WaitingInput]) -> Step:
    old = each.old
    waiting = old.waiting if old is not None else ()
    return Step(
        source=each.source,
        machine_code=each.machine_code,
        declares=each.declares,
        value_symbol=each.value_symbol,
        unit=old.unit if old is not None else None,
        bitcode=each.bitcode,
        level=each.level,
        waiting=tuple(new_waiting.get(one.name, one) for one in waiting),
    )


@contextmanager
def _explained() -> Iterator[None]:
    """Nothing has happened if an input is rejected."""
    try:
        yield
    except CompileError as error:
        error.add_note("nothing is reloaded: all is as it was")
        raise
