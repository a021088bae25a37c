"""A Jupyter kernel around a session, on ipykernel's base class; an optional part.

Owns what is said to notebooks (streams, results, errors, questions for input), and the command
``forkrepl kernel``. Must not know how inputs are run: that is the shell's
(``repl.shell.run_input``). Start reading at ``notebook_kernel``; then ``cells`` and ``output``.
"""
