"""From text to machine code: clients of the frontend and of the code generator.

Owns the two compiler processes, going back in them, Clang's options, and what was asked
of Clang besides. Must not know the program, or what is printed. Start reading at
``compiler``; then ``frontend`` (transactions) and ``frontend_copies`` (the processes).

``codegen_worker`` is the code generator process; ``framing`` is what the controller, it,
and the frontend (``repl/clang_frontend``, C++) share.
"""
