"""What users may choose: the settings, their file, the options of a session.

Owns the configuration file and the XDG folders. Must not start anything, nor know the command
line. Start reading at ``settings``, the table.
"""
