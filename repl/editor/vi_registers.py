"""Named registers of vi mode: ``"ad``, ``"ac`` and ``"ay`` before a motion.

prompt_toolkit (3.0) has them, but looks for the name among the keys of the motion, where it
is not: IndexError, which would cost what has been typed.
"""

from __future__ import annotations

from functools import partial

from prompt_toolkit.filters import Filter, vi_navigation_mode, vi_waiting_for_text_object_mode
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.key_binding.bindings.vi import TextObject, vi_register_names
from prompt_toolkit.key_binding.vi_state import InputMode
from prompt_toolkit.keys import Keys


def add_register_operators(bindings: KeyBindings, editing: Filter) -> None:
    """Bind them, where ``editing`` is true."""
    begins = editing & vi_navigation_mode & ~vi_waiting_for_text_object_mode
    for key in "dcy":
        bindings.add('"', Keys.Any, key, filter=begins)(_begin)


def _begin(event: KeyPressEvent) -> None:
    """The motion that says how much is meant comes next."""
    name, key = event.key_sequence[1].data, event.key_sequence[2].data
    state = event.app.vi_state
    state.operator_func = partial(_operate, name, key)
    state.operator_arg = event.arg


def _operate(name: str, key: str, event: KeyPressEvent, moved_over: TextObject) -> None:
    document, text = moved_over.cut(event.current_buffer)
    state = event.app.vi_state
    if text.text and name in vi_register_names:
        state.named_registers[name] = text
    if key != "y":
        event.current_buffer.document = document
    if key == "c":
        state.input_mode = InputMode.INSERT
