"""A file, module or member that a document or a comment names is there."""

from __future__ import annotations

import ast
import functools
import io
import re
import tokenize
from pathlib import Path

import pytest

from tests.support.names import Tree
from tests.support.runtime import ROOT

# Files that are not in the tree: users', those of examples and tests, other projects'.
ELSEWHERE = {
    *("config.toml", "prelude.cpp", "prelude.c"),
    *("FILE.cpp", "args.cpp", "script.cpp", "helper.c", "a.c"),
    *("repl/commands/greeting.py", "headers.h"),
    *("bfd/reloc.c", "unwind-dw2-fde.h"),
}

_PATH = re.compile(
    r"(?<![\w./<>$~*-])"
    r"((?:[\w.-]+/)*[\w-]+\.(?:py|pyi|cpp|c|h|md|toml)(?![\w(/*])"
    r"|(?:repl|runtime|platform_support|tests|examples|\.ci)/(?:[\w.-]+/?)*)"
)
_DOTTED = re.compile(r"(?<![\w./])((?:[A-Za-z_]\w*\.)+[A-Za-z_]\w*)(?![\w/])")
_ROOTS = ("repl", "runtime", "platform_support", "tests")
_IN_BACKTICKS = re.compile(r"``?([^`\n]+)``?")
_NATIVE_COMMENT = re.compile(
    r'"(?:\\.|[^"\\\n])*"|' + r"'(?:\\.|[^'\\\n])+'" + r"|(//[^\n]*|/\*.*?\*/)", re.DOTALL
)


@functools.cache
def tree() -> Tree:
    """Read by the tests, not by every process that collects them."""
    return Tree(ROOT)


def missing_names(text: str, folder: Path) -> list[str]:
    """The paths and dotted names in a text that are not there."""
    return [path for path in paths_in(text) if not exists(path, folder)] + [
        name for name in dotted_names_in(text) if not tree().has_name(name)
    ]


def paths_in(text: str) -> list[str]:
    return [match[1].rstrip(".,").removeprefix("./") for match in _PATH.finditer(text)]


def exists(path: str, folder: Path) -> bool:
    if path in ELSEWHERE or (folder / path).exists():
        return True
    if path.split("/")[0] in (*_ROOTS, "examples", ".ci") and "/" in path:
        return tree().has_path_from_root(path)
    return tree().has_path(path) or is_system_header(path)


@functools.cache
def is_system_header(path: str) -> bool:
    """Of the C library, the C++ library, the kernel, Clang or LLVM."""
    folders = ["/usr/include", "/usr/include/x86_64-linux-gnu", "/usr/lib/llvm-22/include"]
    return path.endswith(".h") and any((Path(folder) / path).exists() for folder in folders)


def dotted_names_in(text: str) -> list[str]:
    """Those that begin at one of our roots, and in backticks those that begin with a module
    or a class of ours."""
    names = [name for name in _DOTTED.findall(text) if name.split(".")[0] in _ROOTS]
    for quoted in _IN_BACKTICKS.findall(text):
        match = _DOTTED.fullmatch(quoted.removesuffix("()"))
        if match and tree().knows(match[1].split(".")[0]):
            names.append(match[1])
    return [name for name in names if not re.search(r"\.(py|pyi|c|cpp|h|md|toml|so|a|o)$", name)]


def words_of_document(path: Path) -> str:
    """Without examples: of code, and for users; pictures for developers are looked at."""
    text = path.read_text()
    if path.parts[len(ROOT.parts)] in ("README.md", "examples"):
        text = re.sub(r"^```.*?^```$|^ {4,}[^\n]*$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"^```(?!layers)\w.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def words_of_python(path: Path) -> str:
    """Its comments, and all strings that stand alone: docstrings, also of attributes."""
    source = path.read_text()
    strings = [
        node.value.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ]
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = [token.string for token in tokens if token.type == tokenize.COMMENT]
    return "\n".join(strings + comments)


def words_of_native(path: Path) -> str:
    return "\n".join(comment for comment in _NATIVE_COMMENT.findall(path.read_text()) if comment)


READERS = {
    ".md": words_of_document,
    ".py": words_of_python,
    ".c": words_of_native,
    ".cpp": words_of_native,
    ".h": words_of_native,
}


@pytest.mark.parametrize("suffix", READERS)
def test_what_is_named_exists(suffix: str) -> None:
    wrong = {
        path.relative_to(ROOT).as_posix(): names
        for path in tree().files
        if path.suffix == suffix and (names := missing_names(READERS[suffix](path), path.parent))
    }
    assert wrong == {}


def test_names_are_found_and_looked_up() -> None:
    """Of each kind one that is there and one that is not."""
    text = (
        "runtime/linker/link.py, runtime/linker/lynk.py; passes/reach.py, passes/rich.py; "
        "repl.session.timeline.Timeline.find, repl.session.timeline.Timeline.lose; "
        "`Session.run`, `Session.walk`; ``link.link()``; ``link_graph.LinkGraph``, "
        "``link_graph.LinkTree``; platform_support/nowhere/"
    )
    assert missing_names(text, ROOT) == [
        "runtime/linker/lynk.py",
        "passes/rich.py",
        "platform_support/nowhere/",
        "repl.session.timeline.Timeline.lose",
        "Session.walk",
        "link_graph.LinkTree",
    ]


CODE = re.compile(r"`[^`\n]*`")  # in which [k = n](int x) is a lambda


def links() -> list[tuple[Path, str]]:
    """Those of all documents, with where they stand."""
    return [
        (path, target)
        for path in tree().files
        if path.suffix == ".md"
        for target in re.findall(
            r"\[[^]\n]+\]\(([^)#:]+)(?:#[^)]*)?\)", CODE.sub("`", path.read_text())
        )
    ]


def test_links_lead_somewhere() -> None:
    assert len(links()) > 50
    broken = [
        (path.name, target) for path, target in links() if not (path.parent / target).exists()
    ]
    assert broken == []
