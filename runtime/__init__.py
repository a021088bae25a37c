"""The runtime: from relocatable objects to code running in the executor.

Owns ELF reading, the link graph and its passes, symbol tables, the memory manager
and its mappers, and the executor process. Must not know Clang, source text, or
prompts.

Start reading at ``linker.link``, which lists the passes. By process:

- in the controller: ``elf``, ``link_graph``, ``relocations``, ``passes/``,
  ``machines/`` (all that knows instructions), ``linker``, ``symbols``,
  ``memory_manager``, ``memory_mapper`` (the interface), ``memfd_mapper`` and
  ``stream_mapper``, ``executor_client`` (its half of the protocol) with
  ``executor_process`` (and its ``keeper`` and ``checkpoint``) and
  ``remote_executor``; ``symbolizer`` and ``address_book`` for crash reports;
- in the listener of ``forkrepl executor``: ``executor_server``;
- in the executor: ``executor/`` (C) and the library of ``platform_support``;
- shared: the wire format, ``wire.py`` and ``executor/wire.h``; with the listener also
  ``handshake`` and ``listener_address``.
"""
