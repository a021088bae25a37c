"""The session: inputs as transactions, and what survives the end of the program.

Owns the inputs in force, moments to go back to, values as Python objects, and the class that
users of the library see. Must not know prompts, commands or how inputs are read. Start reading at
``live_session.LiveSession.run``, the life of an input; ``session.Session`` is the face that users
of the library see.
"""
