"""What users may choose: the settings, their file, and what follows for a session.

Owns the configuration file and the XDG folders. Must not start anything. Start reading at
``settings``, the table; ``session_setup`` makes options of it and of the command line.
"""
