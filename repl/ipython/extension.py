"""What is added to IPython, and taken away again."""

from __future__ import annotations

from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from msgspec import Struct

from repl.commands import COMMAND_LINES
from repl.ipython.completion import CellCompleter
from repl.ipython.errors import hide_our_frames
from repl.ipython.magics import CxxMagics
from repl.ipython.output import ProgramOutput, program_output
from repl.ipython.sessions import Sessions

_ATTRIBUTE = "_forkrepl_extension"
_NAMES = ("cpp", "c")


class Extension(Struct):
    """What has been added."""

    magics: CxxMagics
    completer: CellCompleter
    output: ProgramOutput


def load_into(ipython: InteractiveShell) -> None:
    """See ``repl.ipython.load``; a second time nothing happens."""
    if hasattr(ipython, _ATTRIBUTE):
        return
    sessions = Sessions()
    output = program_output(ipython)
    magics = CxxMagics(ipython, sessions, output)
    completer = CellCompleter(sessions)
    ipython.register_magics(magics)
    if ipython.Completer is not None:
        ipython.Completer.custom_matchers.append(completer.matcher)
    hide_our_frames(hide=True)
    _highlight(ipython)
    setattr(ipython, _ATTRIBUTE, Extension(magics, completer, output))


def unload_from(ipython: InteractiveShell) -> None:
    """See ``repl.ipython.unload``."""
    extension: Extension | None = getattr(ipython, _ATTRIBUTE, None)
    if extension is None:
        return
    delattr(ipython, _ATTRIBUTE)
    for kinds in ipython.magics_manager.magics.values():
        for name in _NAMES:
            kinds.pop(name, None)
    if ipython.Completer is not None:
        ipython.Completer.custom_matchers.remove(extension.completer.matcher)
    hide_our_frames(hide=False)
    extension.completer.end()
    extension.output.end()


def _highlight(ipython: InteractiveShell) -> None:
    """At IPython's prompt; notebooks highlight cells by themselves, or do not."""
    lexer: Any = getattr(getattr(ipython, "pt_app", None), "lexer", None)
    if lexer is None or not hasattr(lexer, "magic_lexers"):
        return
    from repl.editor.highlighting import CellLexer

    for name in _NAMES:
        lexer.magic_lexers[name] = CellLexer(COMMAND_LINES)
