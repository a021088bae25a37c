"""``forkrepl executor``: a program of its own, which starts an executor for each shell.

Owns the listening socket, handshakes in progress and the executors it has started. Must not
know the linker or Clang: it runs where neither is needed. Start reading at ``server``.
"""
