"""Damaged objects, archives and linker scripts, linked but not run."""

from __future__ import annotations

import resource
from pathlib import Path
from random import Random

import msgspec

from tests.fuzz.cases import Case, Target
from tests.fuzz.mutations import Mutation, some_mutation, structure
from tests.fuzz.pipeline import Case as Link
from tests.fuzz.pipeline import outcome_of
from tests.fuzz.samples import all_samples, write_files

_MEMORY = 3 << 30
"""Bytes of address space of a process: who wants more has read a number that is wrong."""


class LinkerWorld:
    """A case is the number of a sample and whether the process has symbols, and changes."""

    def __init__(self, folder: Path) -> None:
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        self._samples = all_samples()
        self._folders = [folder / str(number) for number in range(len(self._samples))]
        for sample, own in zip(self._samples, self._folders, strict=True):
            write_files(sample, own)
        self._fields = [structure(sample.files[sample.target]).fields for sample in self._samples]

    def make(self, random: Random) -> Case:
        """Up to three changes."""
        number = random.randrange(len(self._samples))
        sample = self._samples[number]
        data, fields = sample.files[sample.target], self._fields[number]
        changes = [some_mutation(random, data, fields) for _ in range(random.randint(1, 3))]
        head = msgspec.json.encode((number, random.random() < 0.5))
        return [head, *map(msgspec.json.encode, changes)]

    def try_case(self, case: Case) -> str:
        """Link it, twice."""
        head, *changes = case
        try:
            number, has_symbols = msgspec.json.decode(head, type=tuple[int, bool])
        except msgspec.ValidationError:  # the head was taken away
            return "nothing"
        sample, folder = self._samples[number], self._folders[number]
        changed = sample.files[sample.target]
        for change in changes:
            changed = msgspec.json.decode(change, type=Mutation).apply(changed)
        (folder / sample.target).write_bytes(changed)
        return outcome_of(Link(folder, sample.inputs, sample.whole_archive, has_symbols))

    def close(self) -> None:
        """Nothing is open."""


TARGET = Target("linker", "damaged objects, archives, linker scripts", LinkerWorld, 60)
