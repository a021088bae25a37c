"""The loop around a session: a prompt, or a script.

Owns reading one input after another, running it as a command or as code, printing what comes of
it, and the exit status; and that no exception ends a session (``repl.errors.telling_unexpected``
makes an error of any, ``prompt_loop`` goes on after it). Must not know how any of that works
below. Start reading at ``run_input``; then ``prompt_loop`` and ``script``.
"""
