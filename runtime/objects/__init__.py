"""Files that a linker reads: relocatable objects, archives, libraries and their names.

Owns the reading of ELF and ``ar``, telling foreign files apart, and demangling. Must not know
processes or memory; nothing that is read is believed. Start reading at ``elf``.
"""
