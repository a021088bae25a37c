"""Memory for code and data of the executor, allocated by the controller.

Owns reservations, slabs, stripes and free ranges, and how bytes get to the executor (shared
memory or the socket). Must not know what is put there: no symbols, no relocations. Start
reading at ``manager.MapperMemoryManager``; ``mapper`` is the interface of the two mappers.
"""
