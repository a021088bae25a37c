"""The input in an editor of the user's choice."""

from __future__ import annotations

import subprocess

from prompt_toolkit.application import get_app, run_in_terminal
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document

from repl.editor.editor_choice import EditorFailed, edit_text


def edit_externally(buffer: Buffer, configured: str | None) -> None:
    """Open the text of a buffer in an editor; the prompt comes back when that ends.

    The text is taken over, not submitted. If there is no editor, or it fails, a message is
    printed and the buffer stays as it is.
    """

    async def edit() -> None:
        text = buffer.text
        edited = await run_in_terminal(lambda: _edit(text, configured), in_executor=True)
        if edited is not None:
            buffer.document = Document(edited, len(edited))

    get_app().create_background_task(edit())


def _edit(text: str, configured: str | None) -> str | None:
    """What the user has made of a text; None, and a message, if that failed."""
    try:
        edited = edit_text(text + "\n", "input.cpp", configured, subprocess.call)
    except EditorFailed as error:
        print(f"{error}: nothing is changed")
        return None
    # A terminal cannot show what is no UTF-8.
    shown = edited.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return shown.removesuffix("\n")
