"""The linker: from relocatable objects to bytes that are placed and relocated.

Owns the link graph and its passes, relocations, symbol tables, and what is told of a link.
Must not know sessions, sockets or how units are undone. Start reading at ``link.link``, one page
that lists the passes; then ``link_graph``, whose columns they fill.
"""
