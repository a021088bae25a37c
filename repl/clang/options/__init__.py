"""Clang's options: which there are, what follows each, and what they mean here.

Owns the command line as Clang's driver has it. Must not know the options of ours, which begin
with ``--`` and are few (``repl.command_line``). Start reading at ``gathering``.
"""
