"""``python -m forkrepl``: the shell."""

from repl.cli import main

main()
