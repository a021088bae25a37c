"""Files that only save time: ``$XDG_CACHE_HOME/forkrepl``.

Owns where they are, whom they are believed from, and when what they were made of has
changed. Must not know what is in them, and must not be needed by anything: without it all is
the same, but slower. Start reading at ``entries``.
"""
