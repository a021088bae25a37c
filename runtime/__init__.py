"""The runtime: from relocatable objects to code that runs in the executor.

Must not know Clang, source text or prompts. In the controller, from below:

- ``addresses``, ``errors``, ``protocol/``: what all speak of;
- ``objects/`` reads files; ``executor_client/`` is the executor as seen from here;
- ``memory/``: reservations and mappers; ``linker/``: the link graph and its passes;
- ``debugging/``: what crash reports and debuggers are told; ``units/``: what is loaded.

Programs of their own: ``executor_process/`` (C, with the library of ``platform_support``), where
the user's code runs, and ``listener_process/``, ``forkrepl executor``.

Start reading at ``linker.link``, which lists the passes, then ``units.execution_session``.
"""
