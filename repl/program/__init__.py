"""The user's program: starting it, loading code into it, looking at its values.

Owns which executor is used, its libraries, memory limits and arguments, and code of the user's
that prints values. Must not know inputs, Clang or what happens after a crash. Start reading at
``program.Program``.
"""
