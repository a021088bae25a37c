"""Texts as arguments: ``const char *`` and std::string first, then what else a text may be."""

from __future__ import annotations

from repl.python.errors import CallError
from repl.python.frame import Frame
from repl.python.glue import GLUE
from repl.python.spelling import Argument, Pack

_SHORT = 1024  # bytes of text that always have room in a frame


def str_argument(value: str) -> Argument:
    """Raises CallError for what is no text: half of a surrogate pair."""
    try:
        return _text(value.encode("utf-8", "surrogateescape"), "str")
    except UnicodeEncodeError as error:
        raise CallError(f"a str that is no text cannot be passed to C++: {error}") from None


def bytes_argument(value: bytes) -> Argument:
    """As a text."""
    return _text(value, "bytes")


def _spelled(characters: str) -> tuple[str, ...]:
    as_it_is = (characters,) * 3
    return (*as_it_is, f"{GLUE}::Letter{{{characters}}}", f"{GLUE}::WidePointer{{{characters}}}")


def _with_zero(characters: str) -> tuple[str, ...]:
    """A zero does not end it."""
    sized = f"{characters}, __f.size(#)"
    as_it_is = (f"::std::string({sized})",) * 3
    return (*as_it_is, f"{GLUE}::WideText({sized})", f"{GLUE}::WidePointer({sized})")


_IN_FRAME, _ELSEWHERE = "__f.text(#)", "__f.value<const char *>(#)"
_SPELLED = {
    (is_long, has_zero): (_with_zero if has_zero else _spelled)(
        _ELSEWHERE if is_long else _IN_FRAME
    )
    for is_long in (False, True)
    for has_zero in (False, True)
}


def _text(data: bytes, key: str) -> Argument:
    is_long, has_zero = len(data) > _SHORT, b"\0" in data
    spelled = _SPELLED[is_long, has_zero]
    if not is_long:
        return Argument((key, has_zero), spelled, _packed_text(data))

    def pack_long(frame: Frame, at: int) -> None:
        frame.put_word(at, frame.room.put(data + b"\0"), len(data))

    return Argument((f"long {key}", has_zero), spelled, pack_long)


def _packed_text(data: bytes) -> Pack:
    def pack(frame: Frame, at: int) -> None:
        if not frame.put_text(at, data):
            raise CallError("the texts are too long together: pass some by variables")

    return pack
