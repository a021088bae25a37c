"""The input in an editor of the user's choice."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from prompt_toolkit.application import get_app, run_in_terminal
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document

from repl.editor.editor_choice import editor_command


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
    folder = tempfile.mkdtemp(prefix="forkrepl-")  # its owner's alone
    try:
        path = Path(folder, "input.cpp")
        path.write_text(text + "\n", encoding="utf-8", errors="surrogateescape")
        command = [*editor_command(configured), str(path)]
        status = subprocess.call(command)
        if status:
            print(f"the editor ({command[0]}) failed with status {status}: nothing is changed")
            return None
        edited = path.read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError) as error:
        print(f"no editor: {error} (set $VISUAL or $EDITOR)")
        return None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return edited.removesuffix("\n")
