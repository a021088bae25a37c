"""The header builder, a program of its own: ``python -m repl.header_builder_process JSON``.

Owns being modest: it makes precompiled headers behind the prompt with processor time that nobody
else wants, and ends with the shell. Must not know the session. Start reading at ``__main__``.
"""
