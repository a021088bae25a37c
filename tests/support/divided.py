"""Programs whose machine code two processes make: of any size, and how many objects they are."""

from __future__ import annotations

from pathlib import Path

_CUSTOMIZATION = """\
import sys
from pathlib import Path

if any(word.endswith("/bin/forkrepl") for word in sys.orig_argv):
    from repl.session import program_file

    def compile(*arguments, original=program_file._compile):
        compiled = original(*arguments)
        with Path({log!r}).open("a") as log:
            print(len(compiled.objects), file=log)
        return compiled

    program_file._compile = compile
    if {is_forced}:
        program_file._worth_two_processes = lambda options: 0
"""


class Divided:
    """``python_path``: of a forkrepl that divides all programs that can be divided; not
    ``is_forced``: those that it would in any case."""

    def __init__(self, folder: Path, *, is_forced: bool = True) -> None:
        path = folder / "customization"
        path.mkdir()
        self._log = folder / "objects"
        text = _CUSTOMIZATION.format(log=str(self._log), is_forced=is_forced)
        (path / "sitecustomize.py").write_text(text)
        self.python_path = str(path)

    def take_objects(self) -> list[int]:
        """Of how many objects each program was that has been compiled since the last call."""
        numbers = [int(line) for line in self._log.read_text().split()]
        self._log.unlink()
        return numbers
