"""Inputs that wait: they only define things, and need what is not defined yet.

A compiler takes ``void late(); int f() { late(); }`` and leaves the rest to the linker, which
sees the whole program. Here the linker sees one input after another. So an input that runs
nothing is kept until the last symbol that it needs has come, and is linked together with the
input that brought it. What runs (a statement, an initializer) cannot wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from repl.display.redefined_names import as_written
from repl.program.printing import is_last_value, number_of_value
from repl.session.object_symbols import symbols_of
from runtime.errors import UndefinedSymbolsError

if TYPE_CHECKING:
    from repl.program.program import Program
    from runtime.units.unit_journal import LoadedUnit


class WaitingInput(Struct, frozen=True):
    """``name``: of its unit; ``defines``: its global symbols; ``needs``: those that nothing
    defined when it came."""

    name: str
    machine_code: bytes
    defines: frozenset[str]
    needs: frozenset[str]


def as_waiting(name: str, machine_code: bytes) -> WaitingInput:
    """An input of which is not known yet what it needs."""
    return WaitingInput(name, machine_code, symbols_of(name, machine_code).defined, frozenset())


class Loaded(Struct, frozen=True):
    """An input's unit, None if it waits; and all inputs that wait after it. ``waits_for``:
    what itself waits for, as text."""

    unit: LoadedUnit | None
    waiting: tuple[WaitingInput, ...]
    waits_for: str = ""


def load(
    program: Program,
    name: str,
    machine_code: bytes,
    waiting: Sequence[WaitingInput],
    *,
    is_run_next: bool,
) -> Loaded:
    """Link an input, with those that have waited for it; or let it wait, too. ``is_run_next``:
    see ``ExecutionSession.load_objects``.

    Raises UndefinedSymbolsError, with what the user is to be told, if it cannot wait; and
    what ``Program.load`` raises.
    """
    if not waiting:
        with suppress(UndefinedSymbolsError):
            return Loaded(program.load(name, machine_code, is_run_next=is_run_next), ())
    return _Linking(program, name, machine_code, waiting).load(is_run_next)


class _Linking:
    """One input and those that wait, of which some can be linked now.

    Only the linker knows what an object needs. So what can be linked as far as is known
    is tried, until the linker names nothing new.
    """

    def __init__(
        self, program: Program, name: str, machine_code: bytes, waiting: Sequence[WaitingInput]
    ) -> None:
        newest = as_waiting(name, machine_code)
        self._program = program
        # Of `main`, which keeps its name, the newest counts. (See `Shadowing` for others.)
        left = [each for each in waiting if not each.defines or each.defines - newest.defines]
        self._inputs = [*left, newest]  # the newest comes last
        self._refused: set[int] = set()  # which must not be tried again
        self._error: UndefinedSymbolsError | None = None  # the linker's last one

    def load(self, is_run_next: bool) -> Loaded:
        last = len(self._inputs) - 1
        while True:
            chosen = self._complete()
            if last not in chosen:
                return self._let_wait()
            objects = [(self._inputs[i].name, self._inputs[i].machine_code) for i in chosen]
            try:
                unit = self._program.load_together(objects, is_run_next=is_run_next)
            except UndefinedSymbolsError as error:
                self._error = error
                self._learn(chosen, error)
                continue
            left = (each for i, each in enumerate(self._inputs) if i not in chosen)
            return Loaded(unit, tuple(left))

    def _complete(self) -> list[int]:
        """Which inputs need nothing, as far as is known, but what is there or one another."""
        known = self._program.defined(_all_needs(self._inputs))
        chosen = [i for i in range(len(self._inputs)) if i not in self._refused]
        while True:
            defined = known.union(*(self._inputs[i].defines for i in chosen))
            fit = [i for i in chosen if self._inputs[i].needs <= defined]
            if fit == chosen:
                return chosen
            chosen = fit

    def _learn(self, chosen: list[int], error: UndefinedSymbolsError) -> None:
        """What the linker has not found is needed by the objects that it names."""
        for index, place in enumerate(chosen):
            before = self._inputs[place]
            missing = {n for n, objects in error.needed_by.items() if index in objects}
            if missing <= before.needs and missing:
                self._refused.add(place)  # as if the symbol were hidden in a library
            needs = before.needs | missing
            self._inputs[place] = replace(before, needs=needs)

    def _let_wait(self) -> Loaded:
        error = self._undefined()
        if any(map(is_last_value, error.names)) or self._runs_code():
            raise error
        return Loaded(None, tuple(self._inputs), needs_of(self._inputs[-1], self._program))

    def _runs_code(self) -> bool:
        """Whether the newest input does something when it is loaded."""
        from runtime.linker.link import runs_code
        from runtime.objects.object_reader import read_object

        newest = self._inputs[-1]
        return runs_code(read_object(newest.name, newest.machine_code))

    def _undefined(self) -> UndefinedSymbolsError:
        """What the newest input lacks, also by way of those that wait; for the user."""
        newest = self._inputs[-1]
        needed_by = self._roots()
        error = self._error
        if error is not None and set(error.names) == set(needed_by):  # says more: advice
            text = explained(error)
        else:
            text = _listed(newest.name, needed_by)
        if not any(map(is_last_value, needed_by)):
            text = "\n".join([text, *self._program.libraries.hints(needed_by)])
        return UndefinedSymbolsError(text, text, tuple(needed_by))

    def _roots(self) -> dict[str, str]:
        """The symbols that nothing defines for the newest input to run, and the name of the
        input that needs each."""
        known = self._program.defined(_all_needs(self._inputs))
        found: dict[str, str] = {}
        reached = [len(self._inputs) - 1]
        for place in reached:  # which grows
            for name in sorted(self._inputs[place].needs - known):
                owners = [i for i, each in enumerate(self._inputs) if name in each.defines]
                reached += [i for i in owners if i not in reached]
                if not owners:
                    found.setdefault(name, self._inputs[place].name)
        return found


def _listed(newest: str, needed_by: dict[str, str]) -> str:
    from runtime.objects.demangle import demangle

    rows = [
        as_written(demangle(name)) + (f" (needed by {by})" if by != newest else "")
        for name, by in needed_by.items()
    ]
    if len(rows) == 1:
        return f"{newest}: undefined symbol: {rows[0]}"
    return "\n  ".join([f"{newest}: {len(rows)} undefined symbols:", *rows])


def _all_needs(inputs: Iterable[WaitingInput]) -> list[str]:
    return sorted(set().union(*(each.needs for each in inputs)))


def what_waits(waiting: Sequence[WaitingInput], program: Program) -> list[tuple[WaitingInput, str]]:
    """Inputs that wait, each with what for, as the user is told."""
    return [(each, needs_of(each, program)) for each in waiting]


def needs_of(one: WaitingInput, program: Program) -> str:
    """What an input waits for, as the user is told: ``late(), n``."""
    from runtime.objects.demangle import demangle

    names = sorted(one.needs - program.defined(sorted(one.needs)))
    return ", ".join(as_written(demangle(name)) for name in names)


def explained(error: UndefinedSymbolsError) -> str:
    """What the user is told."""
    gone = [name for name in error.names if is_last_value(name)]
    numbers = [number for number in map(number_of_value, gone) if number]
    if numbers:
        return (
            f"Out[{numbers[0]}]: the value is gone: it was a temporary that cannot be kept, or "
            "newer ones have taken its place (100 values, and 8 objects of classes, are kept), "
            "or what has been undone since"
        )
    if gone:
        return (
            "`_`: the last value is gone: it was a temporary that cannot be kept, or what "
            "has been undone since had taken its place"
        )
    return as_written(error.brief)
