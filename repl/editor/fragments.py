"""Styled text, in prompt_toolkit's form, and what to do with lines that are too long."""

from __future__ import annotations

from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput

_LONGEST = 4000  # characters: each is a step in drawing the screen, and that at each key
_STEP = 1000  # how far the cut moves on
_CUT = ("class:auto-suggestion", "...")


def cut(parts: StyleAndTextTuples, begin: int, end: int) -> StyleAndTextTuples:
    """The characters from ``begin`` to ``end`` of a styled text."""
    left: StyleAndTextTuples = []
    position = 0
    for style, text, *_ in parts:
        piece = text[max(begin - position, 0) : max(end - position, 0)]
        if piece:
            left.append((style, piece))
        position += len(text)
    return left


class LongLines(Processor):
    """Shows only a part of a line that is much longer than a screen: where the cursor is."""

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        """See prompt_toolkit."""
        parts = transformation_input.fragments
        length = sum(len(part[1]) for part in parts)
        if length <= _LONGEST:
            return Transformation(parts)
        document = transformation_input.document
        column = 0
        if document.cursor_position_row == transformation_input.lineno:
            column = document.cursor_position_col
        begin = max(column // _STEP * _STEP - _LONGEST // 2, 0)
        end = min(begin + _LONGEST, length)
        before: StyleAndTextTuples = [_CUT] if begin else []
        after: StyleAndTextTuples = [_CUT] if end < length else []
        shift = begin - len(_CUT[1]) * len(before)
        return Transformation(
            before + cut(parts, begin, end) + after,
            source_to_display=lambda position: min(max(position, begin), end) - shift,
            display_to_source=lambda position: position + shift,
        )
