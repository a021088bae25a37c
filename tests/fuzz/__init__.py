"""Fuzzing: odd inputs at every door, many of them (``make fuzz``).

``targets/`` has a module for each door, ``cases.py`` says what a target is, ``campaign.py``
tries its cases and looks after what is found, ``damage.py`` makes odd bytes. For the linker,
``samples.py`` makes real inputs, ``mutations.py`` changes their fields, ``pipeline.py`` links
them without running anything.
"""
