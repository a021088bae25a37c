"""Containers and matrices as tables of HTML, which a click on a column sorts."""

from __future__ import annotations

import html
import itertools
import re

from msgspec import Struct

from repl.display.nodes import Mapping, Node, Numbers, Plain, Record, Sequence
from repl.display.scalars import scalar
from repl.display.text import render

_WIDE = 1 << 20  # columns of text: a cell is one line
_LONGEST = 500  # characters of a cell
_MOST_COLUMNS = 50
_NUMBER = re.compile(r"[-+]?(?:\d[\d.]*(?:e[-+]?\d+)?|inf|nan)", re.IGNORECASE)

# Of the table only what it needs: there may be many. Numbers before text, as what they are.
_SORT = """\
(function(h){var t=h.closest('table'),b=t.tBodies[0],i=h.cellIndex,\
d=h.dataset.up=h.dataset.up=='1'?'0':'1',s=d=='1'?1:-1,k=function(r){return r.cells[i].innerText},\
l=[].slice.call(b.rows);l.sort(function(x,y){var p=k(x),q=k(y),m=parseFloat(p),n=parseFloat(q);\
return s*(isNaN(m)||isNaN(n)?p.localeCompare(q):m-n)});\
l.forEach(function(r){b.appendChild(r)})})(this)"""

Rows = list[list[Node]]


class Table(Struct, frozen=True):
    """``left``: how many rows are not shown, None if nobody knows."""

    columns: list[str]
    rows: Rows
    left: int | None = 0

    def html(self) -> str:
        """All of it."""
        heads = [_head(name) for name in ["", *self.columns[:_MOST_COLUMNS]]]
        rows = [_row(number, row) for number, row in enumerate(self.rows)]
        text = (
            '<table class="dataframe">'
            f"<thead><tr>{''.join(heads)}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        )
        if self.left:
            text += f"<p>... {self.left:,} more</p>"
        elif self.left is None:
            text += "<p>...</p>"
        return text


def table_of(node: Node) -> Table | None:
    """A value as a table; None if it is none."""
    match node:
        case Mapping():
            return _of_mapping(node)
        case Sequence(is_tuple=False):
            return _of_sequence(node)
        case Numbers(shape=(_, columns)) if columns:
            return _of_matrix(node, columns)
        case Plain(text=text) if "\n" in text:
            return _of_text(text)
        case _:
            return None


def _of_mapping(node: Mapping) -> Table | None:
    if not node.items:
        return None
    rows = [[key, *_cells(value)] for key, value in node.items]
    values = _columns([value for _, value in node.items]) or ["value"]
    if len({len(row) for row in rows}) != 1 or len(values) + 1 != len(rows[0]):
        rows, values = [[key, value] for key, value in node.items], ["value"]
    return Table(["key", *values], rows, node.count - len(node.items))


def _of_sequence(node: Sequence) -> Table | None:
    columns = _columns(list(node.items))
    rows = [_cells(each) for each in node.items]
    if columns is None or any(len(row) > len(columns) for row in rows):
        return None
    left = None if node.count is None and node.is_cut else (node.count or len(rows)) - len(rows)
    return Table(columns, rows, left)


def _columns(nodes: list[Node]) -> list[str] | None:
    """What the columns of rows are called that these are; None if they are no rows."""
    if not nodes:
        return None
    first = nodes[0]
    if isinstance(first, Record) and first.members and not first.is_lambda:
        labels = [member.label for member in first.members]
        is_same = all(
            isinstance(each, Record) and [member.label for member in each.members] == labels
            for each in nodes
        )
        return [label.removeprefix(".") for label in labels] if is_same else None
    if all(isinstance(each, Sequence) or _is_line(each) for each in nodes):
        most = max(len(_cells(each)) for each in nodes)
        return [str(number) for number in range(most)] if most else None
    return None


def _is_line(node: Node) -> bool:
    return isinstance(node, Numbers) and len(node.shape) == 1


def _cells(node: Node) -> list[Node]:
    match node:
        case Record():
            return [member.node for member in node.members]
        case Sequence():
            return list(node.items)
        case Numbers():
            return _numbers(node)
        case _:
            return [node]


def _numbers(node: Numbers) -> list[Node]:
    size = node.type.size
    return [scalar(node.type, node.data[at : at + size]) for at in range(0, len(node.data), size)]


def _of_matrix(node: Numbers, columns: int) -> Table:
    numbers = _numbers(node)
    rows = [numbers[at : at + columns] for at in range(0, len(numbers), columns)]
    return Table([str(number) for number in range(columns)], rows, node.shape[0] - len(rows))


def _of_text(text: str) -> Table | None:
    """A matrix as a library prints it: lines of numbers, as many in each."""
    lines = [line.split() for line in text.strip("\n").split("\n")]
    is_matrix = len({len(line) for line in lines}) == 1 and all(
        _NUMBER.fullmatch(word) for word in itertools.chain(*lines)
    )
    if not is_matrix or not lines[0]:
        return None
    rows: Rows = [[Plain(word, None) for word in line] for line in lines]
    return Table([str(number) for number in range(len(lines[0]))], rows)


def _head(name: str) -> str:
    return f'<th style="cursor:pointer" onclick="{html.escape(_SORT)}">{html.escape(name)}</th>'


def _row(number: int, row: list[Node]) -> str:
    cells = "".join(_cell(node) for node in row[:_MOST_COLUMNS])
    more = "<td>...</td>" if len(row) > _MOST_COLUMNS else ""
    return f"<tr><th>{number}</th>{cells}{more}</tr>"


def _cell(node: Node) -> str:
    text = render(node, 0, _WIDE).strip()
    shown = text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
    style = "" if _NUMBER.fullmatch(text) else ' style="text-align:left"'
    return f"<td{style}>{html.escape(shown)}</td>"
