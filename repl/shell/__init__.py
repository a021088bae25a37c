"""The loop around a session: a prompt, or a script.

Owns reading one input after another, running it as a command or as code, printing what comes of
it, and the exit status. Must not know how any of that works below. Start reading at ``run_input``;
then ``prompt_loop`` and ``script``.
"""
