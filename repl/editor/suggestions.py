"""Suggestions from the history, shown behind the cursor."""

from __future__ import annotations

from itertools import islice

from prompt_toolkit.auto_suggest import AutoSuggest, Suggestion
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document

from repl.editor.history import InputHistory

_MOST_ENTRIES = 5000  # looked through at each key
_LONGEST_LINE = 500  # nobody remembers how a longer one goes on


class HistorySuggestions(AutoSuggest):
    """Suggests how the last line goes on, as the newest line that begins like it does."""

    def get_suggestion(self, buffer: Buffer, document: Document) -> Suggestion | None:
        """What is missing of that line, if there is one."""
        history = buffer.history
        begin = document.text.rfind("\n") + 1
        line = document.text[begin : begin + _LONGEST_LINE + 1]
        if not line.strip() or len(line) > _LONGEST_LINE or not isinstance(history, InputHistory):
            return None
        for entry in islice(history.newest_first, _MOST_ENTRIES):
            if line not in entry:
                continue
            for old in reversed(entry.split("\n")):
                if old.startswith(line) and old != line:
                    return Suggestion(old[len(line) :])
        return None
