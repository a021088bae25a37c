"""All inputs in force once more, with the new text of files: parsed and compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from repl.clang.compiler import Compiler
from repl.clang.header_cache.standard_headers import only_includes
from repl.errors import CompileError
from repl.input.script_text import from_line
from repl.input.seen_file import SeenFile
from repl.input.source import Source
from repl.session.function_code import function_code
from repl.session.object_symbols import ObjectSymbols, symbols_of
from repl.session.steps import Position, Step

SplitFile = Callable[[SeenFile, str, Compiler], Iterator[Source]]
"""The inputs of a source file, from its text, its name and who is asked where they end."""


class NewInput(Struct):
    """``old``: the step that it takes the place of, if it is one. ``is_changed``: its code is
    another. ``machine_code``: as for ``Step``."""

    index: int
    source: Source
    bitcode: bytes
    value_symbol: str
    declares: bool
    old: Step | None
    machine_code: bytes
    is_changed: bool
    level: int

    @property
    def name(self) -> str:
        """Of its unit."""
        return self.source.unit_name

    @property
    def symbols(self) -> ObjectSymbols:
        """Of its machine code."""
        return symbols_of(self.name, self.machine_code)


class InputsAgain:
    """``inputs``: what has come of ``before``, once ``parse`` has been called.

    ``edited``: the files, by path, as they are now; all others are read as they were.
    """

    def __init__(
        self, before: Position, compiler: Compiler, edited: dict[str, SeenFile], split: SplitFile
    ) -> None:
        self._before = before
        self._compiler = compiler
        self._edited = edited
        self._split = split
        self.inputs: list[NewInput] = []

    def parse(self) -> None:
        """Raises CompileError or CodegenError."""
        steps = self._before.steps
        first = next((i for i in range(len(steps)) if self._is_edited(i)), len(steps))
        self._compiler.rollback(first)
        for step in steps[:first]:
            self._add(step.source, step.bitcode, step.value_symbol, step.declares, step)
        index = first
        while index < len(steps):
            end = self._end_of_file(index)
            if end > index:
                self._parse_file(index, end)
            else:
                end = index + 1
                known = self._known(index, end)
                defined = self._before.compiler.inputs[index].defined
                self._take(steps[index].source, steps[index], known, defined)
            index = end

    def separated(self, chosen: Iterable[NewInput]) -> list[NewInput]:
        """These, and the inputs that have one object with one of them: each with its own."""
        found = {each.index: each for each in chosen}
        for batch in self._batches():
            if any(each.index in found for each in batch):
                for each in batch:
                    if not each.is_changed:
                        each.machine_code = self._compiler.object_of(each.bitcode)
                        each.is_changed = True
                    if each.machine_code:
                        found[each.index] = each
        return list(found.values())

    def replaced_by(self, chosen: Iterable[NewInput]) -> list[Step]:
        """The steps whose code goes out of force with these."""
        indices = {each.index for each in chosen}
        outdated = (each for each in self.inputs if each.is_changed or each.index in indices)
        gone = [each.old for each in outdated if each.old is not None]
        left = {id(each.old) for each in self.inputs}
        return gone + [step for step in self._before.steps if id(step) not in left]

    def changed_functions(self, chosen: Sequence[NewInput]) -> list[str]:
        """The symbols of those that do something else than before."""
        steps = self.replaced_by(chosen)
        before: dict[str, bytes] = {}
        for step in reversed([*self._joint_steps(chosen), *steps]):
            before |= function_code(step.source.unit_name, step.machine_code)
        after: dict[str, bytes] = {}
        for each in reversed(chosen):
            after |= function_code(each.name, each.machine_code)
        return [name for name in after.keys() & before.keys() if after[name] != before[name]]

    def _joint_steps(self, chosen: Iterable[NewInput]) -> list[Step]:
        """Those that have the code of others of a batch, too."""
        indices = {each.index for each in chosen}
        batches = (b for b in self._batches() if any(each.index in indices for each in b))
        return [each.old for batch in batches for each in batch if each.old is not None]

    def _batches(self) -> Iterator[list[NewInput]]:
        """Inputs that were compiled to one object, which the last of them has."""
        batch: list[NewInput] = []
        for each in self.inputs:
            old = each.old
            if old is None or not old.bitcode:
                continue
            batch.append(each)
            if old.machine_code:
                if len(batch) > 1:
                    yield batch
                batch = []

    def _is_edited(self, index: int) -> bool:
        file = self._before.steps[index].source.file
        paths = {each.path for each in self._before.compiler.inputs[index].read}
        if file is not None:
            paths.add(file.path)
        return not paths.isdisjoint(self._edited)

    def _end_of_file(self, index: int) -> int:
        """After the last input of the source file that was loaded, if it is an edited one."""
        steps = self._before.steps
        file = steps[index].source.file
        if file is None or file.path not in self._edited:
            return index
        while index < len(steps) and steps[index].source.file is file:
            index += 1
        return index

    def _known(self, begin: int, end: int) -> list[SeenFile]:
        read = (file for each in self._before.compiler.inputs[begin:end] for file in each.read)
        return [file for file in read if file.path not in self._edited]

    def _parse_file(self, begin: int, end: int) -> None:
        steps = self._before.steps[begin:end]
        first = steps[0].source
        assert first.file is not None
        file = self._edited[first.file.path]
        known = self._known(begin, end)
        count = len(self.inputs)
        may_be_whole = any(step.source.is_whole for step in steps)
        for source in self._split(file, first.name, self._compiler):
            if may_be_whole and not only_includes(source.text):
                may_be_whole = False
                if self._take_whole(source, file, known):
                    break
            self._take(replace(source, file=file), None, known)
        made = self.inputs[count:]
        if len(made) == len(steps):
            for each, step in zip(made, steps, strict=True):
                _compare(each, step)

    def _take_whole(self, source: Source, file: SeenFile, known: Sequence[SeenFile]) -> bool:
        """The rest of a file as one input; False if it is a list of inputs."""
        rest = from_line(file.text.decode("utf-8", "surrogateescape"), source.line)
        try:
            self._take(replace(source, text=rest, is_whole=True, file=file), None, known)
        except CompileError as error:
            if str(error):
                raise
            return False
        return True

    def _take(
        self,
        source: Source,
        old: Step | None,
        known: Sequence[SeenFile],
        defined: tuple[str, ...] | None = None,
    ) -> None:
        parsed = self._compiler.parse_again(source, known)
        made = self._add(source, parsed.bitcode, parsed.value_symbol, parsed.declares, old)
        if made.is_changed:
            defined = made.symbols.weak_functions
        if defined is not None:
            self._compiler.note_defined(made.index, defined)

    def _add(
        self, source: Source, bitcode: bytes, value_symbol: str, declares: bool, old: Step | None
    ) -> NewInput:
        made = NewInput(
            index=len(self.inputs),
            source=source,
            bitcode=bitcode,
            value_symbol=value_symbol,
            declares=declares,
            old=None,
            machine_code=b"",
            is_changed=True,
            level=self._compiler.level,
        )
        if old is not None:
            _compare(made, old)
        if made.is_changed:
            made.machine_code = self._compiler.object_of(bitcode)
        self.inputs.append(made)
        return made


def _compare(made: NewInput, old: Step) -> None:
    made.old = old
    made.is_changed = made.bitcode != old.bitcode
    if not made.is_changed:
        made.machine_code = old.machine_code
        made.level = old.level
