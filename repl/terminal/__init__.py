"""The terminal: what may be shown, repairing it, and the first prompt.

Must not know sessions. Start reading at ``terminal_state``.
"""
