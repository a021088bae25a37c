"""An input, as it was typed or read."""

from __future__ import annotations

from msgspec import Struct


class Source(Struct, frozen=True):
    """An input: its text, and the file and line that diagnostics name for it.

    ``keeps_value``: the next inputs may call its value ``_``. ``is_whole``: it is all of a
    source file (or what follows its first includes): it is rejected, without a
    diagnostic, if there are statements in it.
    """

    text: str
    name: str
    line: int = 1
    keeps_value: bool = True
    is_whole: bool = False

    @property
    def unit_name(self) -> str:
        """What its code is called: ``In[3]``, or for one of a file's inputs ``FILE:LINE``."""
        return self.name if self.name.startswith("In[") else f"{self.name}:{self.line}"

    def with_line_directive(self) -> bytes:
        """What Clang gets to see."""
        quoted = self.name.replace("\\", "\\\\").replace('"', '\\"')
        text = f'#line {self.line} "{quoted}"\n{self.text}'
        return text.encode("utf-8", "surrogateescape")
