"""The shell: from what the user types to what is printed.

Owns the command line, the prompt, script mode, the session (the transaction), the
frontend and code generator clients, value printing and commands. Must not know
ELF or mmap.

Start reading at ``session.Session.run``, the life of an input; for going back after a
crash at ``survival`` and ``recovery``; for what users may choose at ``settings`` and
``session_setup``; for values in ``display/``; for ``forkrepl link`` at ``link_command``.
By process:

- in the controller: everything but the next two; ``editor/`` is the prompt;
- ``clang_frontend/`` (C++): the frontend process, on ``clang::Interpreter``;
- ``codegen_worker``: the code generator process, on llvmlite.

What is on the screen first is ``early_prompt``. Standard headers that Clang does not have
to parse: ``precompiled_headers`` uses them, ``header_cache`` keeps, ``header_builder`` makes.

``framing`` is what the controller and these two share.
"""
