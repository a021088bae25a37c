"""The executor as the controller sees it: what can be asked of it, and how it ended.

Owns the controller's half of the protocol, starting, watching, checkpointing and ending
executors: in a child process, behind a listener, or in this process. Must not know objects or
symbols. Start reading at ``interface``, what everybody else knows; then ``client``, ``states`` and
``connection``, and for the three kinds of executors ``child``, ``remote`` and ``in_process``.
"""
