"""``%memory``: which input uses what, and what is free.

Owns the picture and its two forms, text and SVG. Must not change anything. Start reading at
``model``.
"""
