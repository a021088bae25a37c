"""The command line: options, ``--help``, ``forkrepl executor``.

Must not start anything while it parses. Start reading at ``arguments``.
"""
