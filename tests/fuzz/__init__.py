"""Fuzzing of the linker: real inputs, changed in all ways, through all of it.

``samples.py`` makes the inputs, ``mutations.py`` changes them, ``pipeline.py`` reads and
links them without running anything and judges how that ends, ``__main__.py`` does it
many times (``make fuzz``).
"""
