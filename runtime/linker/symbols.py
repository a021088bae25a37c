"""Symbol tables: which address a name has for the code that is linked next.

A ``JITDylib`` (ORC's term) holds what the session's link units define. Behind it
come the platform's replacements (``atexit`` ...) and the executor process itself
with the libraries it has loaded, asked through dlsym.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, Protocol

from runtime.addresses import ExecutorAddress
from runtime.executor_client.interface import SymbolDescription


class SymbolSource(Protocol):
    """Where the process's symbols are asked for: see ``ExecutorProcessControl``."""

    @property
    def machine(self) -> int:
        """The ``e_machine`` of what it runs."""

    def lookup(self, names: list[str]) -> list[ExecutorAddress]:
        """Addresses; 0 where there is none."""

    def describe_symbols(self, names: list[str]) -> list[SymbolDescription]:
        """What names that ``lookup`` has found stand for."""

    def lookup_thread_locals(self, names: list[str]) -> list[tuple[int, int]]:
        """Module and offset; module 0 where there is none."""


class Definition(NamedTuple):
    """A symbol of a linked unit. ``unit`` is the number of that unit.

    ``module``: of a thread-local variable, whose ``address`` is then its offset in
    the thread's block; otherwise 0. ``size`` in bytes. ``is_exported``: libraries
    that are opened later may bind to it.
    """

    address: ExecutorAddress
    unit: int
    weak: bool
    module: int = 0
    size: int = 0
    is_function: bool = False
    is_exported: bool = False


class JITDylib:
    """The names that the session's units define; of one name, the newest is in force."""

    def __init__(self, *, redefinition: bool = False) -> None:
        """``redefinition``: strong definitions may follow strong ones of the same name."""
        self.redefinition = redefinition
        self._definitions: dict[str, list[Definition]] = {}  # oldest first
        self._groups: dict[str, int] = {}
        self._of_unit: dict[int, tuple[list[str], list[str]]] = {}

    def find(self, name: str) -> Definition | None:
        """The definition in force, if there is one."""
        definitions = self._definitions.get(name)
        return definitions[-1] if definitions else None

    def find_before(self, name: str, unit: int) -> Definition | None:
        """The definition that was in force before this unit's."""
        others = [d for d in self._definitions.get(name, ()) if d.unit != unit]
        return others[-1] if others else None

    def has_group(self, signature: str) -> bool:
        """Whether a COMDAT group of this name has been linked."""
        return signature in self._groups

    def defined_among(self, names: Iterable[str]) -> set[str]:
        """Those of the names for which ``find`` finds something."""
        return self._definitions.keys() & names

    def names(self) -> list[str]:
        """All names that are defined now."""
        return list(self._definitions)

    def add(self, unit: int, symbols: Mapping[str, Definition], groups: Iterable[str]) -> None:
        """Define a unit's symbols and COMDAT groups."""
        for name, definition in symbols.items():
            self._definitions.setdefault(name, []).append(definition)
        new_groups = [signature for signature in groups if signature not in self._groups]
        self._groups.update(dict.fromkeys(new_groups, unit))
        self._of_unit[unit] = (list(symbols), new_groups)

    def define(self, unit: int, name: str, definition: Definition) -> None:
        """One more symbol of a unit that has been added; nothing if that is gone."""
        if unit in self._of_unit:
            self._definitions.setdefault(name, []).append(definition)
            self._of_unit[unit][0].append(name)

    def undefine(self, unit: int, name: str) -> None:
        """Take back ``define``."""
        if unit in self._of_unit:
            self._of_unit[unit][0].remove(name)
            self._forget(unit, name)

    def withdraw_groups(self, unit: int, signatures: Iterable[str]) -> tuple[str, ...]:
        """Those of the COMDAT groups that a unit has brought may be linked again."""
        groups = self._of_unit[unit][1] if unit in self._of_unit else []
        found = tuple(each for each in signatures if each in groups)
        for each in found:
            groups.remove(each)
            del self._groups[each]
        return found

    def restore_groups(self, unit: int, signatures: Iterable[str]) -> None:
        """Take back ``withdraw_groups``."""
        if unit in self._of_unit:
            for each in signatures:
                if self._groups.setdefault(each, unit) == unit:
                    self._of_unit[unit][1].append(each)

    def remove(self, unit: int) -> None:
        """Take back what ``add`` did for this unit: an earlier definition returns."""
        names, groups = self._of_unit.pop(unit, ([], []))
        for name in names:
            self._forget(unit, name)
        for signature in groups:
            del self._groups[signature]

    def _forget(self, unit: int, name: str) -> None:
        kept = [d for d in self._definitions[name] if d.unit != unit]
        if kept:
            self._definitions[name] = kept
        else:
            del self._definitions[name]


class ProcessSymbols:
    """What the executor process defines, remembered between links."""

    def __init__(
        self,
        source: SymbolSource,
        replacements: Mapping[str, str],
        is_ours: Callable[[ExecutorAddress], bool],
    ) -> None:
        """``is_ours``: whether an address is in memory of the session's. The process
        knows such symbols from the exports, for the linker they are in the JITDylib."""
        self._source = source
        self._replacements = replacements
        self._is_ours = is_ours
        self._known: dict[str, ExecutorAddress] = {}

    @property
    def machine(self) -> int:
        """The ``e_machine`` of what the process runs."""
        return self._source.machine

    def forget(self) -> None:
        """Forget what is known of the process, because it has changed: ask it again."""
        self._known.clear()

    def find_thread_locals(self, names: list[str]) -> dict[str, tuple[int, int]]:
        """Module and offset of those thread-local variables that the process has."""
        found = self._source.lookup_thread_locals(names) if names else []
        return {name: pair for name, pair in zip(names, found, strict=True) if pair[0]}

    def describe(self, names: list[str]) -> list[SymbolDescription]:
        """What names that ``find`` has found stand for."""
        asked = [self._replaced(name) for name in names]
        return self._source.describe_symbols(asked) if asked else []

    def find(self, names: list[str]) -> dict[str, ExecutorAddress]:
        """The addresses of those names that the process has; one question for all."""
        wanted = [name for name in names if name not in self._known]
        if wanted:
            asked = [self._replaced(name) for name in wanted]
            for name, address in zip(wanted, self._source.lookup(asked), strict=True):
                # A library loaded later may bring what is missing now.
                if address and not self._is_ours(address):
                    self._known[name] = address
        return {name: self._known[name] for name in names if name in self._known}

    def _replaced(self, name: str) -> str:
        # Whatever version of it (NAME@VERSION) the code asks for.
        return self._replacements.get(name.partition("@")[0], name)
