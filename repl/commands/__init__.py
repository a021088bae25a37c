"""Commands: lines that begin with ``%``, ``!`` or ``?``, and some of cling's.

Owns what each command does and its help. Must not know how inputs are read (a prompt, a
script) nor the wire or the linker: it asks the session and prints by returning text.

Start reading at ``catalogue``, the table of all, and ``registry``. One module for each
group, imported when one of it is used: ``general`` (going back, leaving), ``environment``
(folders, variables, levels), ``history``, ``loading`` (files), ``inspection`` (types,
names), ``timing``, ``machine_code``, ``memory`` (drawn by ``memory_picture/``), ``saving``
(with ``source_file``).
"""

from repl.commands.catalogue import COMMAND_LINES, COMMANDS
from repl.commands.command import Command, Quit
from repl.commands.registry import run_command

__all__ = ["COMMANDS", "COMMAND_LINES", "Command", "Quit", "run_command"]
