"""Colours: which theme is in force, and what it makes of each part of an input.

A theme maps prompt_toolkit's class names to its style strings. The neutral one has only
names of the terminal's own colours, which its user has made readable on light or dark.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prompt_toolkit.styles import Style

_COMMON = {
    "matching-bracket.cursor": "bold underline",
    "matching-bracket.other": "bold underline",
    "bottom-toolbar": "noreverse",
    "signature.current": "bold underline",
}

_NEUTRAL = {
    "prompt": "ansigreen bold",
    "continuation": "ansigreen",
    "auto-suggestion": "ansibrightblack",
    "command": "ansicyan bold",
    "shell": "ansiyellow",
    "signature": "",
    "pygments.comment": "ansibrightblack italic",
    "pygments.comment.preproc": "noitalic ansimagenta",
    "pygments.comment.preprocfile": "noitalic ansigreen",
    "pygments.keyword": "ansiblue bold",
    "pygments.keyword.type": "ansicyan nobold",
    "pygments.literal.string": "ansigreen",
    "pygments.literal.number": "ansimagenta",
    "pygments.name.function": "ansiblue",
    "pygments.name.class": "ansicyan",
    "pygments.name.label": "ansiyellow",
    "pygments.error": "ansired",
}

_LIGHT = {
    "prompt": "#00662a bold",
    "continuation": "#00662a",
    "auto-suggestion": "#8a8a8a",
    "command": "#005f87 bold",
    "shell": "#875f00",
    "signature": "#3a3a3a",
    "completion-menu": "bg:#e4e4e4 #262626",
    "completion-menu.completion.current": "noreverse bg:#005f87 #ffffff",
    "completion-menu.meta.completion": "bg:#d0d0d0 #444444",
    "completion-menu.meta.completion.current": "bg:#005f87 #e4e4e4",
    "pygments.comment": "#767676 italic",
    "pygments.comment.preproc": "noitalic #870087",
    "pygments.comment.preprocfile": "noitalic #00662a",
    "pygments.keyword": "#0000af bold",
    "pygments.keyword.type": "#005f5f nobold",
    "pygments.literal.string": "#00662a",
    "pygments.literal.number": "#870087",
    "pygments.name.function": "#00408a",
    "pygments.name.class": "#005f5f",
    "pygments.name.label": "#875f00",
    "pygments.error": "#af0000",
}

_DARK = {
    "prompt": "#87d787 bold",
    "continuation": "#87d787",
    "auto-suggestion": "#767676",
    "command": "#5fd7ff bold",
    "shell": "#ffd75f",
    "signature": "#c6c6c6",
    "completion-menu": "bg:#303030 #d0d0d0",
    "completion-menu.completion.current": "noreverse bg:#5fafd7 #000000",
    "completion-menu.meta.completion": "bg:#3a3a3a #a8a8a8",
    "completion-menu.meta.completion.current": "bg:#5fafd7 #1c1c1c",
    "pygments.comment": "#8a8a8a italic",
    "pygments.comment.preproc": "noitalic #d787d7",
    "pygments.comment.preprocfile": "noitalic #afd787",
    "pygments.keyword": "#87afff bold",
    "pygments.keyword.type": "#5fd7d7 nobold",
    "pygments.literal.string": "#afd787",
    "pygments.literal.number": "#d7af87",
    "pygments.name.function": "#87d7ff",
    "pygments.name.class": "#5fd7d7",
    "pygments.name.label": "#ffd75f",
    "pygments.error": "#ff5f5f",
}

_THEMES = {"neutral": _NEUTRAL, "light": _LIGHT, "dark": _DARK, "none": {}}


def resolve_theme(choice: str) -> str:
    """The name of the theme for what is configured: ``auto`` believes ``$COLORFGBG``.

    The terminal is not asked (OSC 11): an answer that comes late, as over a slow line, would
    be taken for typed text, and what the user types meanwhile for the answer.
    """
    if choice != "auto":
        return choice if choice in _THEMES else "neutral"
    background = os.environ.get("COLORFGBG", "").rpartition(";")[2]
    if not background.isdecimal() or len(background) > 3:
        return "neutral"
    # The sixteen colours of a terminal: 7 is light grey, 8 dark grey, the others above are bright.
    return "light" if int(background) == 7 or int(background) > 8 else "dark"


def load_style(choice: str) -> Style:
    """The styles of the theme that is configured, as prompt_toolkit wants them."""
    from prompt_toolkit.styles import Style

    return Style.from_dict(_COMMON | _THEMES[resolve_theme(choice)])
