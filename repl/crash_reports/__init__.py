"""What a crash report says: why the program ended, and the calls that led to it.

Owns the words of it. Must not know the session: what is done about a crash is decided there.
Start reading at ``report``.
"""
