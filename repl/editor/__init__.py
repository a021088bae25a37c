"""The line editor: what the user types, until it is submitted.

Owns keys, completion, signature help, highlighting, history and themes. The only package
that knows prompt_toolkit and pygments (together 60 ms to import), so others import it when
they are about to prompt or to print code in colour. Must not know the session, the
processes or how inputs are run: what can stand at a place it asks a ``CodeSource``.

Start reading at ``prompt.Prompt``; what may be configured is in ``options``.
"""
