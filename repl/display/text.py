"""Nodes as text: on one line if they fit, else each element or member on its own."""

from __future__ import annotations

from collections.abc import Iterator

from repl.display.characters import quote_string
from repl.display.names import shortened_type
from repl.display.nodes import (
    Cut,
    Enumerator,
    Labelled,
    Mapping,
    Node,
    Numbers,
    Plain,
    Pointer,
    Problem,
    Record,
    Sequence,
    String,
)
from repl.display.scalars import scalar
from runtime.errors import printable_lines

WIDTH = 100
"""Columns that one line should fit in, unless the terminal has fewer."""

_INDENT = 4
_NUMERALS = tuple("-0123456789")
_SHORT = 24  # characters: elements that go beside each other on a line


def render(node: Node, column: int = 0, width: int = WIDTH) -> str:
    """The text of a node that begins in ``column``, for ``width`` columns. One that has several
    lines by itself, such as a matrix, begins with an empty one, so that they line up. An
    enumerator that is the whole value has its number beside it."""
    if isinstance(node, Enumerator) and not node.text.startswith(_NUMERALS):
        return f"{node.text} ({node.value})"
    # Whoever has made a text of a value, the program above all: it is not for the terminal.
    return printable_lines("\n".join(_lines(node, column, 0, width)))


def _lines(node: Node, column: int, indent: int, width: int) -> list[str]:
    """The lines; all but the first begin with their indentation, of ``indent`` columns
    or more."""
    flat = _flat(node)
    has_lines = "\n" in flat
    if has_lines and isinstance(node, Plain):
        return ["", *(" " * indent + line for line in node.text.split("\n"))]
    if column + len(flat) <= width and not has_lines:
        return [flat]
    if isinstance(node, Labelled):
        return _wrapped(f"{node.label}(", node.node, ")", column, indent, width)
    if isinstance(node, Pointer) and node.target is not None:
        return _wrapped(_pointer_head(node) + " -> ", node.target, "", column, indent, width)
    opening, items, closing = _parts(node)
    if not items:
        return [flat]
    inner = " " * (indent + _INDENT)
    lines = [opening]
    texts = [label + _flat(each) for label, each in items]
    if not isinstance(node, Record) and not has_lines and max(map(len, texts)) <= _SHORT:
        lines += _filled(texts, inner, width)
    else:
        for number, (label, each) in enumerate(items):
            of_item = _lines(each, len(inner) + len(label) + 1, indent + _INDENT, width)
            comma = "," if number < len(items) - 1 else ""
            of_item[0] = (inner + label + of_item[0]).rstrip()
            of_item[-1] += comma
            lines += of_item
    return [*lines, " " * indent + closing]


def _wrapped(
    before: str, node: Node, after: str, column: int, indent: int, width: int
) -> list[str]:
    lines = _lines(node, column + len(before), indent, width)
    lines[0] = (before + lines[0]).rstrip()
    lines[-1] += after
    return lines


def _filled(texts: list[str], inner: str, width: int) -> list[str]:
    lines = [inner + texts[0]]
    for text in texts[1:]:
        if len(lines[-1]) + len(text) + 3 <= width:
            lines[-1] += f", {text}"
        else:
            lines[-1] += ","
            lines.append(inner + text)
    return lines


def _flat(node: Node) -> str:
    match node:
        case Plain(text=text) | Enumerator(text=text):
            return text
        case String():
            return quote_string(node.data, node.type) + ("..." if node.is_cut else "")
        case Problem(text):
            return f"<{text}>"
        case Cut(note):
            return f"... @{note}" if note else "..."
        case Labelled(label, labelled):
            return f"{label}({_flat(labelled)})"
        case Pointer():
            head = _pointer_head(node)
            return head if node.target is None else f"{head} -> {_flat(node.target)}"
        case _:
            opening, items, closing = _parts(node)
            if not items:
                return opening + closing
            space = "" if opening.endswith("[") else " "
            inner = ", ".join(label + _flat(each) for label, each in items)
            return f"{opening}{space}{inner}{space}{closing}"


def _pointer_head(pointer: Pointer) -> str:
    address = f"{pointer.address:#x}" if pointer.address else "nullptr"
    return f"{address} {pointer.note}" if pointer.note else address


Items = list[tuple[str, Node]]
"""What is between brackets: labels and nodes."""


def _parts(node: Node) -> tuple[str, Items, str]:
    """Opening bracket, items, closing bracket; no items for what has no brackets."""
    match node:
        case Sequence():
            items = [("", each) for each in node.items]
            return "{", items + _rest(len(items), node.count, node.is_cut), "}"
        case Numbers():
            return "{", _rows(node), "}"
        case Mapping():
            items = [(_flat(key) + ": ", each) for key, each in node.items]
            return "{", items + _rest(len(items), node.count, False), "}"
        case Record():
            return _record_parts(node)
        case _:
            return "", [], ""


def _rest(shown: int, count: int | None, is_cut: bool) -> Items:
    """What is printed in the place of the elements that are not shown."""
    if count is not None and count > shown:
        return [("", _more(count - shown))]
    return [("", Cut())] if is_cut else []


def _more(count: int) -> Node:
    return Plain(f"... {count} more", None)


def _rows(numbers: Numbers) -> Items:
    """The elements of the outermost dimension."""
    count, *inner = numbers.shape
    if not inner:
        return list(_elements(numbers)) + _rest(
            len(numbers.data) // numbers.type.size, count, False
        )
    size = len(numbers.data) // max(count, 1)
    rows = (numbers.data[at * size : (at + 1) * size] for at in range(count))
    return [("", Numbers(row, numbers.type, tuple(inner))) for row in rows]


def _elements(numbers: Numbers) -> Iterator[tuple[str, Node]]:
    size = numbers.type.size
    for at in range(0, len(numbers.data), size):
        yield "", scalar(numbers.type, numbers.data[at : at + size])


def _record_parts(record: Record) -> tuple[str, Items, str]:
    rest: Items = [("", Cut())] if record.is_cut else []
    if record.is_lambda:
        items = [(f"{each.label[1:]} = ", each.node) for each in record.members]
        return "[", items + rest, "]"
    items = [(f"{each.label} = ", each.node) for each in record.members]
    opening = f"{shortened_type(record.dynamic_type)} {{" if record.dynamic_type else "{"
    return opening, items + rest, "}"
