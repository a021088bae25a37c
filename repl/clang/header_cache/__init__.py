"""Precompiled standard headers, as they are stored.

Owns ``$XDG_CACHE_HOME/forkrepl``. Must not be needed by anything: without it all is the
same, but slower. Start reading at ``storage``; ``builder`` makes entries.
"""
