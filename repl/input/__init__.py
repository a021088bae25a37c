"""Text of the user's, before Clang sees it: complete or not, command or code, one input
or several.

Must not ask Clang, or know sessions or terminals. Start reading at ``completeness``.
"""
