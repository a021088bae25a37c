"""The platform: what code that can be unmapped needs from its process.

Owns initializers, the ``atexit`` family, exception frames, values on their way out,
and what debuggers and profilers are told. Must not know prompts, nor how bytes get to
the executor.

- in the controller: ``initializers`` (what runs, in which order) and ``replacements``
  (which names are bound to the platform library);
- in the executor: ``native/`` (C and C++), a library that the executor is linked
  with. Start reading at ``native/forkrepl_platform.h``.
"""
