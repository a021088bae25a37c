"""Text of the user's, before Clang sees it: command or code, one input or several.

Where an input ends is Clang's to say: who needs it is given a function that asks. Must not
know Clang, sessions or terminals. Start reading at ``script_inputs``.
"""
