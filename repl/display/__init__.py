"""Values as text, and as Python objects.

A value is an object in the user's program: a type, described by the frontend
(``frontend_process/type_table.h``), and an address. What is there is read from the
program's memory, as a debugger does it: nothing of the user's runs, so printing can
neither crash the program nor change it. What cannot be read, or makes no sense, is
said in the place where its value would be.

Owns what values look like, and the layout of the C++ library's classes
(``libstdcxx/``). Must not know Clang, processes or the session: memory, the names of
symbols and the printers that users have written come by ``program_view.ProgramView``.

Start reading at ``inspect``: types and memory become a tree of ``nodes``, which
``text`` prints and ``python_values`` converts.
"""
