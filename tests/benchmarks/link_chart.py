"""Draws the link benchmarks as an SVG file: a panel of horizontal bars for each table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from tests.benchmarks.measure import Timings

# A card of its own, so that the page around may be light or dark.
_CARD, _INK, _FAINT, _GRID = "#fbfbf9", "#24292f", "#5b6470", "#dddfe2"
_COLOURS = {"forkrepl": "#2a6fbb", "llvm-jitlink": "#e08a2e", "gcc and ld": "#8a929b"}
_READING = "#9cc3ea"
_FONT = "system-ui, 'Segoe UI', 'DejaVu Sans', Helvetica, sans-serif"
_HEADING = "font-size:15px;font-weight:600"
_AXIS_TEXT = f"fill:{_FAINT};text-anchor:middle"
_WIDTH, _PANEL, _LABELS, _AXIS = 900, 450, 88, 290
_TOP, _TITLE, _BAR, _GAP, _BOTTOM = 74, 34, 15, 9, 44


@dataclass(frozen=True)
class Bar:
    """``reading``: seconds of the median that are drawn lighter."""

    who: str
    mode: str
    timings: Timings
    reading: float = 0


@dataclass(frozen=True)
class Panel:
    """Bars under a title; those of one mode stand together."""

    title: str
    bars: list[Bar]

    def modes(self) -> dict[str, list[Bar]]:
        """Bars by mode, in order."""
        found: dict[str, list[Bar]] = {}
        for bar in self.bars:
            found.setdefault(bar.mode or "native", []).append(bar)
        return found

    def height(self) -> int:
        """Pixels, with the axis."""
        return _TITLE + _BAR * len(self.bars) + _GAP * len(self.modes()) + _BOTTOM


def draw(path: Path, panels: Sequence[Panel], caption: str) -> None:
    """Write the file, with two panels in a row. Raises OSError."""
    rows = [panels[at : at + 2] for at in range(0, len(panels), 2)]
    heights = [max(panel.height() for panel in row) for row in rows]
    height = _TOP + sum(heights) + 34
    svg = ElementTree.Element("svg", xmlns="http://www.w3.org/2000/svg")
    svg.set("viewBox", f"0 0 {_WIDTH} {height}")
    svg.set("width", str(_WIDTH))
    svg.set("style", f"font:12px {_FONT};fill:{_INK}")
    _add(svg, "rect", width=_WIDTH, height=height, rx=10, fill=_CARD)
    _text(svg, 24, 30, "Linking into memory: forkrepl and llvm-jitlink", _HEADING)
    _legend(svg, 52)
    top = _TOP
    for row, row_height in zip(rows, heights, strict=True):
        for column, panel in enumerate(row):
            _panel(svg, panel, 16 + column * (_PANEL - 6), top)
        top += row_height
    _text(svg, 24, height - 18, caption, f"font-size:11px;fill:{_FAINT}")
    ElementTree.indent(svg)
    path.write_text(ElementTree.tostring(svg, encoding="unicode") + "\n")


def _legend(svg: ElementTree.Element, y: int) -> None:
    entries = [("forkrepl", _COLOURS["forkrepl"]), ("of it, reading objects", _READING)]
    entries += [(who, colour) for who, colour in _COLOURS.items() if who != "forkrepl"]
    x = 24.0
    for label, colour in entries:
        _add(svg, "rect", x=x, y=y - 10, width=12, height=12, rx=2, fill=colour)
        _text(svg, x + 17, y, label)
        x += 17 + 6.6 * len(label) + 22


def _panel(svg: ElementTree.Element, panel: Panel, left: int, top: int) -> None:
    start = left + _LABELS
    most = max(max(bar.timings.seconds) for bar in panel.bars)
    step = _step(most)
    limit = step * math.ceil(most / step)
    _text(svg, left + 8, top + 20, panel.title, _HEADING)
    bottom = top + panel.height() - _BOTTOM
    for number in range(round(limit / step) + 1):
        x = start + _AXIS * number * step / limit
        _add(svg, "line", x1=x, x2=x, y1=top + _TITLE, y2=bottom, stroke=_GRID)
        _text(svg, x, bottom + 15, f"{number * step * 1e3:g}", _AXIS_TEXT)
    axis_title = "milliseconds, median; whiskers: least and most"
    _text(svg, start + _AXIS / 2, bottom + 30, axis_title, _AXIS_TEXT)
    y = top + _TITLE + _GAP / 2
    for mode, bars in panel.modes().items():
        middle = y + _BAR * len(bars) / 2 + 4
        _text(svg, start - 8, middle, mode, "text-anchor:end")
        for bar in bars:
            _bar(svg, bar, start, y, _AXIS / limit)
            y += _BAR
        y += _GAP


def _bar(svg: ElementTree.Element, bar: Bar, x: float, y: float, scale: float) -> None:
    median, height = bar.timings.median, _BAR - 2
    _add(svg, "rect", x=x, y=y, width=median * scale, height=height, fill=_COLOURS[bar.who])
    if bar.reading:
        _add(svg, "rect", x=x, y=y, width=bar.reading * scale, height=height, fill=_READING)
    low, high = (x + bound(bar.timings.seconds) * scale for bound in (min, max))
    middle = y + height / 2
    for x1, x2, half in ((low, high, 0), (low, low, 3), (high, high, 3)):
        _add(svg, "line", x1=x1, x2=x2, y1=middle - half, y2=middle + half, stroke=_INK)
    digits = 1 if median < 0.1 else 0
    _text(svg, high + 6, middle + 4, f"{median * 1e3:,.{digits}f}", "font-size:11px")


def _step(most: float) -> float:
    """Between lines of the grid: a power of ten, or 2 or 5 times one."""
    power = 10.0 ** math.floor(math.log10(most))
    return next(power * part for part in (0.2, 0.5, 1, 2) if most / (power * part) <= 5.5)


def _text(svg: ElementTree.Element, x: float, y: float, content: str, style: str = "") -> None:
    _add(svg, "text", x=x, y=y, style=style).text = content


def _add(svg: ElementTree.Element, name: str, **attributes: object) -> ElementTree.Element:
    """An element; numbers with one digit after the point are exact enough."""
    shown = {
        key: f"{value:.1f}" if isinstance(value, float) else str(value)
        for key, value in attributes.items()
    }
    return ElementTree.SubElement(svg, name, shown)
