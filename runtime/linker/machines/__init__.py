"""What the linker knows of processors: a class for each instruction set, and its relocations.

Nothing outside has bytes of instructions, or numbers of relocations. It must not know objects,
symbols or segments: it gets columns of positions and addresses. Start reading in ``machine``,
which is what the passes ask; ``x86_64`` and ``x86_64_kinds`` are one that is complete.
"""
