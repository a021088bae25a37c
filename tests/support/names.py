"""What can be named in this tree: its files, its modules, and what these define.

Read from the sources, nothing is imported: names in documents are looked up here
(``tests/rules/test_names_in_documents.py``).
"""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

SOURCES = ("forkrepl", "repl", "runtime", "platform_support", "tests", "examples")
_LEFT_OUT = {"__pycache__", "build", "node_modules"}


@dataclass(slots=True)
class Module:
    """A Python file: ``names`` are what it defines or imports at the top level."""

    name: str
    names: set[str] = field(default_factory=set)
    classes: dict[str, Class] = field(default_factory=dict)


@dataclass(slots=True)
class Class:
    """``members``: methods, annotated fields and attributes that are assigned to ``self``."""

    members: set[str] = field(default_factory=set)
    bases: set[str] = field(default_factory=set)


class Tree:
    """Everything below a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = sorted(_files(root))
        self._paths = {path.relative_to(root).as_posix() for path in self.files}
        folders = {f"{parent.as_posix()}" for p in self._paths for parent in Path(p).parents}
        self._known = self._paths | (folders - {"."})
        # Every end of a path that begins at a folder: "passes/reach.py", "reach.py".
        self._ends = {
            "/".join(path.split("/")[at:])
            for path in self._known
            for at in range(path.count("/") + 1)
        }
        self.modules = {
            module.name: module
            for path in self.files
            if path.suffix == ".py"
            for module in [_module(path, root)]
        }
        self._by_last_word: dict[str, list[Module]] = defaultdict(list)
        self._classes: dict[str, list[Class]] = defaultdict(list)
        for module in self.modules.values():
            self._by_last_word[module.name.split(".")[-1]].append(module)
            for name, found in module.classes.items():
                self._classes[name].append(found)

    def has_path(self, path: str) -> bool:
        """Whether a file or folder exists: from the root, or by the end of its path."""
        return path.strip("/") in self._ends

    def has_path_from_root(self, path: str) -> bool:
        """The same, from the root only."""
        return path.strip("/") in self._known

    def has_name(self, dotted: str) -> bool:
        """Whether ``repl.clang.frontend.Frontend.parse`` is there, or any part of it from a
        module on (``frontend.Frontend``), or from a class on (``Frontend.parse``)."""
        words = dotted.split(".")
        return any(
            self._holds(module, words[count:])
            for count in range(1, len(words) + 1)
            for module in self._modules_called(words[:count])
        ) or self._class_has(words)

    def knows(self, word: str) -> bool:
        """Whether a module, package or class is called so."""
        return bool(self._modules_called([word]) or self._classes_called(word))

    def _modules_called(self, words: list[str]) -> list[Module]:
        candidates = self._by_last_word.get(words[-1], [])
        return [m for m in candidates if m.name.split(".")[-len(words) :] == words]

    def _classes_called(self, name: str) -> list[Class]:
        return self._classes.get(name, [])

    def _holds(self, module: Module, words: list[str]) -> bool:
        if not words:
            return True
        if len(words) == 1:
            return words[0] in module.names or f"{module.name}.{words[0]}" in self.modules
        return words[0] in module.names and self._class_has(words)

    def _class_has(self, words: list[str]) -> bool:
        if len(words) < 2:
            return False
        member = words[1]
        return any(member in self._members(known) for known in self._classes_called(words[0]))

    def _members(self, known: Class) -> set[str]:
        """With those of its bases, as far as these are ours."""
        members = set(known.members)
        for base in known.bases:
            for inherited in self._classes_called(base):
                if inherited is not known:
                    members |= self._members(inherited)
        return members


def _files(root: Path) -> list[Path]:
    found = [path for path in root.iterdir() if path.is_file()]
    found += [path for path in (root / ".ci").iterdir() if path.is_file()]
    for folder in SOURCES:
        for path in (root / folder).rglob("*"):
            parts = path.relative_to(root).parts
            if path.is_file() and not _LEFT_OUT.intersection(parts):
                found.append(path)
    return found


def _module(path: Path, root: Path) -> Module:
    parts = path.relative_to(root).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    module = Module(name)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ClassDef):
            module.classes[node.name] = _class(node)
            module.names.add(node.name)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            module.names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            module.names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            module.names |= _targets(node)
    return module


def _class(node: ast.ClassDef) -> Class:
    found = Class()
    for base in node.bases:
        name = base.value if isinstance(base, ast.Subscript) else base
        if isinstance(name, ast.Name | ast.Attribute):
            found.bases.add(name.id if isinstance(name, ast.Name) else name.attr)
    for part in node.body:
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.members.add(part.name)
        elif isinstance(part, ast.Assign | ast.AnnAssign):
            found.members |= _targets(part)
    for inner in ast.walk(node):
        if isinstance(inner, ast.Assign | ast.AnnAssign):
            found.members |= _targets(inner, of_self=True)
    return found


def _targets(node: ast.Assign | ast.AnnAssign, *, of_self: bool = False) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    single = [t for one in targets for t in (one.elts if isinstance(one, ast.Tuple) else [one])]
    if of_self:
        return {
            t.attr
            for t in single
            if isinstance(t, ast.Attribute)
            and isinstance(t.value, ast.Name)
            and t.value.id == "self"
        }
    return {t.id for t in single if isinstance(t, ast.Name)}
