"""An input, as it was typed or read."""

from __future__ import annotations

from msgspec import Struct

from repl.input.seen_file import SeenFile


class Source(Struct, frozen=True):
    """An input: its text, and the file and line that diagnostics name for it (line 0 if it is no
    text of that file).

    ``keeps_value``: the next inputs may call its value ``_``. ``is_whole``: it is all of a
    source file (or what follows its first includes): it is rejected, without a
    diagnostic, if there are statements in it. ``file``: the one that it was loaded from.
    """

    text: str
    name: str
    line: int = 1
    keeps_value: bool = True
    is_whole: bool = False
    file: SeenFile | None = None

    @property
    def unit_name(self) -> str:
        """What its code is called: ``In[3]``, or for one of a file's inputs ``FILE:LINE``."""
        is_name = self.name.startswith("In[") or not self.line
        return self.name if is_name else f"{self.name}:{self.line}"

    @property
    def number(self) -> int:
        """The 3 of ``In[3]``; 0 if the input has none."""
        name = self.name
        has_number = name.startswith("In[") and name.endswith("]") and name[3:-1].isdecimal()
        return int(name[3:-1]) if has_number else 0

    def with_line_directive(self) -> bytes:
        """What Clang gets to see."""
        quoted = self.name.replace("\\", "\\\\").replace('"', '\\"')
        text = f'#line {self.line or 1} "{quoted}"\n{self.text}'
        return text.encode("utf-8", "surrogateescape")


def include_directive(name: str) -> str:
    """``#include`` of a header, which may be in quotes or angle brackets already. Raises ValueError
    for what cannot be the name of a file."""
    is_quoted = len(name) > 2 and (name[0], name[-1]) in (('"', '"'), ("<", ">"))
    bare = name[1:-1] if is_quoted else name
    if not bare.strip() or not bare.isprintable() or any(each in bare for each in '"<>'):
        raise ValueError(f"{name!r} is no name of a header")
    return f"#include {name}\n" if is_quoted else f'#include "{name}"\n'
