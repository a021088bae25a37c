"""``python -m repl`` is ``forkrepl``."""

from repl.cli import main

main()
