"""What the linker knows of processors: one module for each instruction set.

Nothing outside has bytes of instructions. It must not know objects, symbols or
segments: it gets columns of positions and addresses. Start reading in ``x86_64``.
"""
