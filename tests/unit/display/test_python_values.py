"""Values as Python objects."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from repl.configuration.session_options import SessionOptions
from repl.display.inspect import format_value
from repl.display.limits import TO_BE_READ
from repl.display.program_view import ProgramView
from repl.display.python_values import EnumValue, RecordValue
from repl.display.readers import types_to_ask_about
from repl.display.types import ValueType
from repl.python.session import Session
from runtime.addresses import ExecutorAddress
from tests.support.values import Values

DECLARATIONS = r"""
#include <bits/stdc++.h>
enum class Colour { red, green };
struct Base { int b = 1; };
struct P : Base { int x = 2; double y = 2.5; std::string name = "p"; int keys = 4; };
P p; Colour colour = Colour::green; const char *text = "text"; int *null_; int *to_x = &p.x;
std::string s = "h\u00e9"; std::string not_utf8 = "\xff"; char32_t c32 = U'x'; char letter = 'a';
unsigned char small = 7; bool yes = true; __int128 big = (__int128)1 << 100;
std::map<std::string, int> m{{"a", 1}, {"b", 2}}; std::multimap<int, int> mm{{1, 1}, {1, 2}};
std::map<std::vector<int>, int> odd{{{1}, 2}};
std::unordered_map<int, std::vector<int>> um{{3, {4}}};
std::pair<int, std::string> pair{1, "x"};
std::tuple<int, double, std::string> tuple{1, 2.5, "z"};
std::optional<int> some = 5, none; std::variant<int, std::string> variant = "v";
std::vector<std::string> strings{"a", "b"}; std::set<int> set{2, 1}; std::list<P> list_(2);
std::complex<double> complex_{1, -2}; std::unique_ptr<P> unique = std::make_unique<P>(), empty;
std::chrono::milliseconds ms{1500}; std::chrono::sys_days day{std::chrono::year{2024} / 2 / 29};
std::chrono::sys_time<std::chrono::milliseconds> moment{std::chrono::milliseconds{1500}};
std::vector<double> doubles(1000000, 0.5); std::vector<char> chars{'a', 'b'};
std::vector<unsigned char> bytes_{1, 2}; int matrix[2][3] = {{1, 2, 3}, {4, 5, 6}};
std::array<std::array<float, 2>, 2> nested{{{1, 2}, {3, 4}}}; std::vector<bool> bits{true, false};
std::span<double> span(doubles.data(), 3); bool flags[2] = {true, false}; std::vector<int> no_ints;
std::string long_(100000, 'x'); std::bitset<4> bitset(5); unsigned long words[2] = {1, ~0ul};
struct Loop { std::shared_ptr<Loop> next; }; std::shared_ptr<Loop> loop(new Loop);
std::vector<std::vector<int>> rows(1000, std::vector<int>(1000)); std::any any = 5;
auto lambda() { int n = 3; return [n] { return n; }; } auto closure = lambda();
int unreadable_ = 0; std::string_view unreadable((char *)16, 4);
std::map<Colour, P> by_colour; std::vector<std::vector<std::string>> words_ = {{"a"}};
"""


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with Session(SessionOptions(compiler_flags=("-std=c++20",))) as opened:
        from repl.input.source import Source

        opened.run(Source(DECLARATIONS, "In[1]"))
        opened.run(Source("loop->next = loop;", "In[2]"))
        yield opened


@pytest.fixture
def values(session: Session) -> Values:
    return Values(session)


PLAIN: dict[str, Any] = {
    "p.x": 2, "p.y": 2.5, "yes": True, "big": 1 << 100, "letter": "a", "c32": "x", "small": 7,
    "s": "h\u00e9", "not_utf8": b"\xff", "text": "text", "null_": None,
    "colour": EnumValue("Colour", "Colour::green", 1),
    "m": {"a": 1, "b": 2}, "mm": [(1, 1), (1, 2)], "pair": (1, "x"), "tuple": (1, 2.5, "z"),
    "some": 5, "none": None, "variant": "v", "strings": ["a", "b"], "set": [1, 2],
    "complex_": 1 - 2j, "empty": None, "ms": timedelta(seconds=1.5), "day": date(2024, 2, 29),
    "moment": datetime(1970, 1, 1, 0, 0, 1, 500000), "chars": b"ab", "bits": [True, False],
    "bitset": 5, "any": 5, "long_": "x" * 100000, "words_": [["a"]],
}  # fmt: skip

ARRAYS: dict[str, tuple[str, Any]] = {
    "matrix": ("int32", [[1, 2, 3], [4, 5, 6]]),
    "nested": ("float32", [[1, 2], [3, 4]]),
    "span": ("float64", [0.5, 0.5, 0.5]),
    "bytes_": ("uint8", [1, 2]),
    "no_ints": ("int32", []),
    "flags": ("bool", [True, False]),
    "words": ("uint64", [1, 2**64 - 1]),
}


def test_plain_values(values: Values) -> None:
    found = {name: values.python(name) for name in PLAIN}
    assert found == PLAIN
    assert {name: type(value) for name, value in found.items()} == {
        name: type(value) for name, value in PLAIN.items()
    }


def test_numbers_side_by_side_are_arrays(values: Values) -> None:
    for name, (dtype, expected) in ARRAYS.items():
        found = values.python(name)
        assert isinstance(found, np.ndarray)
        assert (str(found.dtype), found.tolist()) == (dtype, expected)
    doubles = values.python("doubles")
    assert doubles.shape == (1000000,)
    assert (doubles == 0.5).all()
    assert values.python("um")[3].tolist() == [4]
    assert np.array(values.python("rows")).shape == (1000, 1000)
    ((key, value),) = values.python("odd")  # no dict: an array is no key
    assert (key.tolist(), value) == ([1], 2)


def test_records(values: Values) -> None:
    record = values.python("p")
    assert isinstance(record, RecordValue)
    assert dict(record) == {"b": 1, "x": 2, "y": 2.5, "name": "p", "keys": 4}
    assert (record.x, record["name"], record.b, record["keys"]) == (2, "p", 1, 4)
    assert record.type_name == "P"
    assert repr(record) == "P(b=1, x=2, y=2.5, name='p', keys=4)"
    with pytest.raises(AttributeError, match="P has no member z"):
        record.z  # noqa: B018
    with pytest.raises(TypeError):
        record["x"] = 1
    assert values.python("unique").name == "p"
    assert [each.x for each in values.python("list_")] == [2, 2]
    assert values.python("closure").n == 3
    assert int(values.python("colour")) == 1
    assert values.python("to_x") == values.address("p.x")


@pytest.mark.parametrize(
    ("name", "reason"), [("unreadable", "cannot read memory at 0x10"), ("loop", "holds itself")]
)
def test_what_has_no_value_is_an_error(values: Values, name: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        values.python(name)


def test_a_part_is_no_value(values: Values) -> None:
    for name in ("doubles", "long_", "rows"):
        with pytest.raises(ValueError, match="only a part"):
            values.python(name, TO_BE_READ)


def test_only_what_is_shown_is_read(values: Values) -> None:
    for name in ("doubles", "rows", "long_"):
        lines, bytes_read = values.look(name, count_reads)
        assert lines < 200
        assert bytes_read < 1 << 20


def count_reads(type_: ValueType, address: ExecutorAddress, view: ProgramView) -> tuple[int, int]:
    counted = CountingView(view)
    return format_value(type_, address, counted).count("\n"), counted.bytes_read


class CountingView:
    """Counts what is read of another view."""

    def __init__(self, view: Any) -> None:
        self._view = view
        self.bytes_read = 0
        self.known = view.known
        self.symbol = view.symbol
        self.show = view.show

    def read(self, address: ExecutorAddress, size: int) -> bytes:
        self.bytes_read += size
        data: bytes = self._view.read(address, size)
        return data


def test_types_to_ask_about(values: Values) -> None:
    """The classes and enumerations inside, not the library's own machinery."""
    names = {
        name: {type_.name for type_ in types_to_ask_about(values.type(name))}
        for name in ("by_colour", "words_", "colour", "p.x", "unique")
    }
    assert names == {
        "by_colour": {"std::map<Colour, P>", "Colour", "P", "Base", "std::string"},
        "words_": {
            "std::vector<std::vector<std::string>>",
            "std::vector<std::string>",
            "std::string",
        },
        "colour": {"Colour"},
        "p.x": set(),
        "unique": {"std::unique_ptr<P>", "P", "Base", "std::string"},
    }
