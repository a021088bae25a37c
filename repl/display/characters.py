"""Characters and strings as C++ writes them."""

from __future__ import annotations

from repl.display.types import ValueType

PLAIN_CHARACTER = ValueType("char", "char", 1, bits=8, signed=True)
"""``char``, for strings that the C++ library keeps."""

_PREFIXES = {"wchar_t": "L", "char8_t": "u8", "char16_t": "u", "char32_t": "U"}
_ESCAPES = {0: "\\0", 7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r"}
_ENCODINGS = {1: "utf-8", 2: "utf-16-le", 4: "utf-32-le"}


def quote_character(code: int, type_: ValueType) -> str:
    """``'x'``, with the prefix of its type."""
    valid = code < (0x80 if type_.size == 1 else 0x110000) and not 0xD800 <= code < 0xE000
    text = _escape(code, "'") if valid else f"\\x{code:02x}"
    return f"{_prefix(type_)}'{text}'"


def quote_string(data: bytes, type_: ValueType) -> str:
    """``"text"``, with the prefix of its characters' type; what is no text is escaped."""
    text = decode(data, type_)
    pieces = []
    for at, character in enumerate(text):
        code = ord(character)
        if 0xDC80 <= code <= 0xDCFF:
            pieces.append(f"\\x{code - 0xDC00:02x}")
        elif code == 0 and text[at + 1 : at + 2].isdigit():
            pieces.append("\\000")  # "\01" would be one character
        else:
            pieces.append(_escape(code, '"'))
    return f'{_prefix(type_)}"{"".join(pieces)}"'


def decode(data: bytes, type_: ValueType) -> str:
    """As text; single bytes that are not UTF-8 become what ``surrogateescape`` makes of
    them."""
    errors = "surrogateescape" if type_.size == 1 else "replace"
    return data.decode(_ENCODINGS[type_.size], errors)


def until_nul(data: bytes, size: int) -> bytes | None:
    """``data`` up to the first character of ``size`` bytes that is zero, if there is one."""
    if size == 1:
        end = data.find(0)
        return data[:end] if end >= 0 else None
    for at in range(0, len(data) - size + 1, size):
        if not any(data[at : at + size]):
            return data[:at]
    return None


def whole_characters(data: bytes, limit: int) -> bytes:
    """``data`` up to ``limit`` bytes, without a part of a UTF-8 character at the end."""
    end = min(limit, len(data))
    if end < len(data):
        while end > max(limit - 3, 0) and data[end] & 0xC0 == 0x80:
            end -= 1
    return data[:end]


def _prefix(type_: ValueType) -> str:
    return _PREFIXES.get(type_.name.replace("const ", "").replace("volatile ", ""), "")


def _escape(code: int, quote: str) -> str:
    if code in _ESCAPES:
        return _ESCAPES[code]
    if chr(code) in (quote, "\\"):
        return "\\" + chr(code)
    if code < 0x20 or 0x7F <= code < 0xA0:
        return f"\\x{code:02x}"
    if not chr(code).isprintable():  # would move the cursor, or turn the text around
        return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return chr(code)
