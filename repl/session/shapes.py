"""Which variables can go on as they are when inputs are compiled anew, and which cannot."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

from repl.clang.protocol import ClassShape, ShapesFound, VariableShape
from repl.errors import ShellError

_CLASS_DATA = ("_ZTV", "_ZTI", "_ZTS", "_ZTT", "_ZTC")
_BELONGS_TO_VARIABLE = re.compile(r"_ZG(?:V|R(?=.*?_$))(?P<name>.*?)(?:[0-9A-Z]*_)?$")
_PLAIN_NAME = re.compile(r"(?P<length>\d+)(?P<name>\D\w*)")


class Changes(Struct, frozen=True):
    """Between two versions of the inputs. ``classes``: names of those whose layout is another;
    ``affected``: they and those whose objects lead to theirs; ``variables``: symbols of those
    that must not be used on, by what is to be said of them."""

    classes: tuple[str, ...]
    affected: tuple[str, ...]
    variables: dict[str, str]
    same: frozenset[str]

    def keeps(self, symbol: str) -> bool:
        """Whether data of this symbol, which both versions define, stays."""
        if symbol in self.variables:
            return False
        if symbol in self.same:
            return True
        if symbol.startswith(_CLASS_DATA):
            return False  # the same, or of a class that has changed
        owner = _owner(symbol)
        return owner is None or not (owner & self.variables.keys())


def _owner(symbol: str) -> set[str] | None:
    """The symbols that a variable may have, of which this is the guard, or a temporary that
    lives as long."""
    match = _BELONGS_TO_VARIABLE.match(symbol)
    if match is None:
        return None
    name = match["name"]
    plain = _PLAIN_NAME.fullmatch(name)
    return {"_Z" + name, plain["name"]} if plain else {"_Z" + name}


def functions_of_thread_local(symbol: str) -> tuple[str, str]:
    """Those that initialize a thread-local variable (Itanium C++ ABI, 5.1.4)."""
    name = symbol[2:] if symbol.startswith("_Z") else f"{len(symbol)}{symbol}"
    return "_ZTW" + name, "_ZTH" + name


def compare(before: ShapesFound, after: ShapesFound) -> Changes:
    """What has become different."""
    classes = _changed(before.classes, after.classes)
    derived = _with_bases(before.classes, classes) | _with_bases(after.classes, classes)
    old = {each.symbol: each for each in before.variables}
    new = {each.symbol: each for each in after.variables}
    variables: dict[str, str] = {}
    for symbol in old.keys() & new.keys():
        reason = _difference(old[symbol], new[symbol], before.classes, derived)
        if reason:
            variables[symbol] = f"{new[symbol].name} ({reason})"
    for symbol in new.keys() - old.keys():
        variables[symbol] = ""
    return Changes(
        classes=tuple(sorted(classes)),
        affected=tuple(sorted(derived)),
        variables=variables,
        same=frozenset(old.keys() & new.keys() - variables.keys()),
    )


def check_same(before: ShapesFound, after: ShapesFound) -> None:
    """Raises ShellError if the objects that there are would be taken for something else."""
    found = compare(before, after)
    if found.classes:
        names = ", ".join(found.classes)
        raise ShellError(f"objects would be taken for what they are not: the layout of {names}")
    types = {each.symbol: each.type for each in before.variables}
    other = [v.name for v in after.variables if types.get(v.symbol, v.type) != v.type]
    if other:
        raise ShellError(f"variables would be of another type: {', '.join(other)}")


def _changed(before: Sequence[ClassShape], after: Sequence[ClassShape]) -> set[str]:
    """Classes that are complete in both, and different."""
    old, new = _layouts(before), _layouts(after)
    return {name for name in old.keys() & new.keys() if old[name] != new[name]}


def _layouts(classes: Iterable[ClassShape]) -> dict[str, list[str]]:
    # Classes without a name share one.
    found: dict[str, list[str]] = {}
    for each in classes:
        found.setdefault(each.name, []).append(each.layout)
    return {name: sorted(set(layouts)) for name, layouts in found.items()}


def _with_bases(classes: Sequence[ClassShape], changed: set[str]) -> set[str]:
    """An object may be looked at as one of its bases."""
    found = set(changed)
    pending = [each for each in classes if each.name in changed]
    while pending:
        for index in pending.pop().bases:
            base = classes[index]
            if base.name not in found:
                found.add(base.name)
                pending.append(base)
    return found


def _difference(
    old: VariableShape, new: VariableShape, classes: Sequence[ClassShape], affected: set[str]
) -> str:
    if old.type != new.type:
        return "another type"
    if old.shape != new.shape:
        return "its type has changed"
    if old.initializer != new.initializer:
        return "another initializer"
    reached = sorted({classes[index].name for index in old.reaches} & affected)
    return f"it can lead to an object of a class derived from {reached[0]}" if reached else ""
