"""Precompiled standard headers: made in the background, used if they fit exactly.

Owns ``$XDG_CACHE_HOME/forkrepl``. Must not be needed by anything: without it all is the
same, but slower. Start reading at ``session_headers``.
"""
