"""From text to machine code: the compilers, as the controller sees them.

Owns the two compiler processes, going back in them, Clang's options, precompiled headers, and
what is asked of Clang besides. Must not know the program, or what is printed. Start reading at
``compiler``; then ``frontend`` (transactions) and ``frontend_copies`` (the processes).

The processes are ``repl/frontend_process`` (C++) and ``repl/code_generator_process``;
``framing`` is what they share with the controller.
"""
