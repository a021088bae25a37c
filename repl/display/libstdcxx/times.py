"""Durations, time points and dates of <chrono>."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from repl.display.libstdcxx.reader import Reader
from repl.display.nodes import Node, Plain
from repl.display.objects import LayoutError, Object
from repl.display.types import ValueType

if TYPE_CHECKING:
    from fractions import Fraction

_UNITS = {
    (1, 10**9): "ns",
    (1, 10**6): "us",
    (1, 10**3): "ms",
    (1, 1): "s",
    (60, 1): "min",
    (3600, 1): "h",
    (86400, 1): "d",
}
_WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def _duration(duration: Object) -> Node:
    from fractions import Fraction  # slow to import

    period = _period(duration.argument(1))
    count = duration.any("__r", "__rep_").show()
    if not isinstance(count, Plain) or not isinstance(count.value, int | float):
        return count
    unit = _UNITS.get(period.as_integer_ratio(), f"[{period}]s")
    try:
        value: object = timedelta(seconds=float(Fraction(count.value) * period))
    except (OverflowError, ValueError):  # longer than Python's, or not a number
        value = float(count.value * period)
    return Plain(f"{count.text}{unit}", value)


def _period(ratio: ValueType) -> Fraction:
    from fractions import Fraction  # slow to import

    match ratio.arguments:
        case (int(numerator), int(denominator)) if numerator > 0 and denominator > 0:
            return Fraction(numerator, denominator)
        case _:
            raise LayoutError("no std::ratio")


def _time_point(point: Object) -> Node:
    since_epoch = point.any("__d", "__d_")
    shown = _duration(since_epoch)
    if point.argument(0).qualified != "std::chrono::system_clock":
        return shown
    count = since_epoch.any("__r", "__rep_")
    if count.type.kind != "int":
        return shown
    period = _period(since_epoch.argument(1))
    seconds, rest = divmod(count.integer() * period, 1)
    try:
        moment = datetime(1970, 1, 1) + timedelta(seconds=int(seconds))
    except OverflowError:  # a year that has more than four digits
        return shown
    if period.denominator == 1 and period.numerator % 86400 == 0:
        return Plain(moment.date().isoformat(), moment.date())
    text = moment.isoformat(" ")
    digits = len(str(period.denominator)) - 1
    if digits:
        text += f".{int(rest * 10**digits):0{digits}d}"
    return Plain(f"{text} UTC", moment + timedelta(microseconds=int(rest * 10**6)))


def _year_month_day(date: Object) -> Node:
    year, month, day = (date.any(f"_M_{name}", f"__{name}_").show() for name in ("y", "m", "d"))
    numbers = [each.value for each in (year, month, day) if isinstance(each, Plain)]
    match numbers:
        case [int(y), int(m), int(d)]:
            sign = "-" if y < 0 else ""
            return Plain(f"{sign}{abs(y):04d}-{m:02d}-{d:02d}", (y, m, d))
        case _:
            raise LayoutError("no date")


def _year(year: Object) -> Node:
    number = year.any("_M_y", "__y_").integer()
    return Plain(str(number), number)


def _month(month: Object) -> Node:
    number = month.any("_M_m", "__m_").integer()
    return Plain(_MONTHS[number - 1] if 1 <= number <= 12 else f"month {number}", number)


def _day(day: Object) -> Node:
    number = day.any("_M_d", "__d_").integer()
    return Plain(f"{number:02d}", number)


def _weekday(weekday: Object) -> Node:
    number = weekday.any("_M_wd", "__wd_").integer()
    return Plain(_WEEKDAYS[number] if number < 7 else f"weekday {number}", number)


READERS = {
    "std::chrono::duration": Reader(_duration),
    "std::chrono::time_point": Reader(_time_point),
    "std::chrono::year_month_day": Reader(_year_month_day),
    "std::chrono::year": Reader(_year),
    "std::chrono::month": Reader(_month),
    "std::chrono::day": Reader(_day),
    "std::chrono::weekday": Reader(_weekday),
}
