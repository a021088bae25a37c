"""What the two sides of a socket say to each other: the controller with an executor or a listener.

Owns the packed structs (``wire.py``, and for the executor ``wire.h``, which a test compares),
what a crash report looks like on its way, the handshake, and how listeners are addressed. Must
not know who speaks: no process is started and no socket is opened here. Start reading at
``wire``.
"""
