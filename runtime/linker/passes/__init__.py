"""The linker's passes, in the order in which ``runtime.linker.link.link`` calls them.

Each transforms a ``LinkGraph`` and fills the columns that are marked with its
name there.
"""
