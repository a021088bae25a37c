"""``forkrepl link``: files and archives linked into memory and run.

Owns its options, compiling its sources, its report of times. Must not know sessions.
Start reading at ``command``.
"""
