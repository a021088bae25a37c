"""The command line: options, what they mean for a session, ``--help``.

Owns how options are spelled and checked. Must not start anything while it parses. Start reading
at ``arguments``; ``session_setup`` joins the command line and the configuration.
"""
