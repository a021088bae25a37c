"""How values are laid out, cut and escaped: pure functions, and memory that is made up."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repl.display.characters import PLAIN_CHARACTER, quote_character, quote_string, whole_characters
from repl.display.inspect import format_value
from repl.display.limits import Limits
from repl.display.names import as_users_write
from repl.display.nodes import Mapping, Member, Node, Plain, Record, Sequence, String
from repl.display.text import WIDTH, render
from repl.display.types import Base, Field, ValueType
from runtime.addresses import ExecutorAddress


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("std::basic_string<char>", "std::string"),
        ("std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >",
         "std::string"),
        ("std::vector<int, std::allocator<int> >", "std::vector<int>"),
        ("std::vector<std::vector<int, std::allocator<int> >, "
         "std::allocator<std::vector<int, std::allocator<int> > > >",
         "std::vector<std::vector<int>>"),
        ("std::map<int, S, std::less<int>, std::allocator<std::pair<const int, S>>>",
         "std::map<int, S>"),
        ("std::map<int, S, std::greater<int>>", "std::map<int, S, std::greater<int>>"),
        ("std::vector<int, Mine<int>>", "std::vector<int, Mine<int>>"),
        ("std::pair<int, std::allocator<int>>", "std::pair<int, std::allocator<int>>"),
        ("std::tuple<int, std::less<int>>", "std::tuple<int, std::less<int>>"),
        ("mine::vector<int, std::allocator<int>>", "mine::vector<int, std::allocator<int>>"),
        ("std::pmr::basic_string<wchar_t>", "std::pmr::wstring"),
        ("std::basic_string_view<char16_t>", "std::u16string_view"),
        ("(lambda at In[1]:1:10)", "lambda at In[1]:1:10"),
        ("S[abi:redefined7]", "S"),
        ("f(int)::operator->", "f(int)::operator->"),
        ("operator<", "operator<"),
        ("std::function<int (int)>", "std::function<int (int)>"),
    ],
)  # fmt: skip
def test_names_are_those_that_users_write(name: str, expected: str) -> None:
    assert as_users_write(name) == expected


@given(st.text(st.sampled_from("std::vector<int>, ->()&*x"), max_size=30))
def test_odd_names_lose_nothing(name: str) -> None:
    assert re.sub("[ ()]", "", as_users_write(name)) == re.sub("[ ()]", "", name)


@given(st.binary(max_size=60))
def test_strings_stay_on_their_line(data: bytes) -> None:
    text = quote_string(data, PLAIN_CHARACTER)
    assert text.isprintable()
    assert re.fullmatch(r'"([^"\\]|\\.)*"', text)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_printable_text_is_not_changed(text: str) -> None:
    if text.isprintable() and '"' not in text and "\\" not in text:
        assert quote_string(text.encode(), PLAIN_CHARACTER) == f'"{text}"'


@given(st.integers(0, 255))
def test_characters_are_printable(code: int) -> None:
    assert quote_character(code, PLAIN_CHARACTER).isprintable()


@given(st.text(max_size=20), st.integers(0, 40))
def test_utf8_is_cut_between_characters(text: str, limit: int) -> None:
    data = text.encode("utf-8", "surrogatepass")
    cut = whole_characters(data, limit)
    assert data.startswith(cut)
    assert limit - 3 <= len(cut) <= limit or cut == data
    assert text.startswith(cut.decode("utf-8", "surrogatepass"))


def nodes() -> st.SearchStrategy[Node]:
    leaves: st.SearchStrategy[Node] = st.integers(0, 10**30).map(lambda n: Plain(str(n), n))
    leaves |= st.binary(max_size=150).map(lambda data: String(data, PLAIN_CHARACTER))
    return st.recursive(leaves, containers, max_leaves=40)


def containers(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    many = st.lists(inner, max_size=20).map(tuple)
    members = st.lists(st.builds(Member, st.just(".member"), inner), max_size=8).map(tuple)
    keys = st.integers(0, 9).map(lambda n: Plain(str(n), n))
    pairs = st.lists(st.tuples(keys, inner), max_size=8).map(tuple)
    return (
        st.builds(Sequence, many, st.just(None), st.booleans())
        | st.builds(Record, st.just("R"), members)
        | st.builds(Mapping, pairs, st.integers(8, 20))
    )


@given(nodes(), st.integers(0, 60))
def test_lines_break_only_at_white_space(node: Node, column: int) -> None:
    """A value says the same on one line and on many, and these are not too long."""
    text = render(node, column)
    on_one_line = render(node, -100_000)
    assert re.sub(r"\s", "", text) == re.sub(r"\s", "", on_one_line)
    lines = text.split("\n")
    if len(lines) == 1:
        return
    # Only what cannot be broken, such as a string, makes a longer line.
    for line in lines[1:]:
        assert len(line) <= WIDTH + 1 or line.count(", ") <= line.count('"') + 1


INT = ValueType("int", "int", 4, bits=32, signed=True)


class MadeUp:
    """Memory of 64 KiB from address 4096 on; elsewhere there is none."""

    def __init__(self, data: bytes = b"") -> None:
        self._data = data.ljust(1 << 16, b"\0")

    def read(self, address: ExecutorAddress, size: int) -> bytes:
        start = address - 4096
        return self._data[start : start + size] if start >= 0 else b""

    def known(self, address: ExecutorAddress, size: int) -> bytes:
        return b""

    def symbol(self, address: ExecutorAddress) -> str | None:
        return None

    def show(self, type_: ValueType, address: ExecutorAddress) -> Node | None:
        return Plain(f"shown by {type_.printer}", None)


HERE = ExecutorAddress(4096)


def array(element: ValueType, count: int) -> ValueType:
    return ValueType(
        "array", f"{element.name}[{count}]", element.size * count, count=count, element=element
    )


@given(st.integers(0, 300), st.integers(0, 120))
def test_elements_beyond_the_limit_are_counted(count: int, most: int) -> None:
    text = format_value(array(INT, count), HERE, MadeUp(), Limits(elements=most))
    shown = re.findall(r"\b0\b", text.partition(") ")[2])
    assert len(shown) == min(count, most)
    rest = re.search(r"\.\.\. (\d+) more", text)
    assert (int(rest[1]) if rest else 0) == count - len(shown)


def test_depth_and_nodes_are_limited() -> None:
    record = INT
    for _ in range(30):
        record = ValueType("record", "R", 4, fields=(Field("f", record, 0),))
    text = format_value(record, HERE, MadeUp(), Limits(depth=5))
    assert re.sub(r"\s", "", text) == "(R)" + "{.f=" * 5 + "..." + "}" * 5
    derived = nested = ValueType("record", "R", 4, fields=(Field("n", INT, 0),))
    for _ in range(300):
        derived = ValueType("record", "R", 4, bases=(Base(derived, 0),))
        nested = array(nested, 1)
    assert format_value(derived, HERE, MadeUp()).count("<R>") == 21
    assert "..." in format_value(nested, HERE, MadeUp())
    cube = array(array(array(INT, 20), 20), 20)
    assert format_value(cube, HERE, MadeUp(), Limits(nodes=50)).count("0") <= 51
    assert format_value(cube, HERE, MadeUp()).count("\n") < 200


def test_the_users_printer_comes_first_or_last() -> None:
    """One that the user wrote for this library wins over readers; operator<< does not."""

    def shown(qualified: str, printer: str) -> str:
        type_ = ValueType("record", "T", 8, qualified=qualified, printer=printer)
        return format_value(type_, HERE, MadeUp())

    assert shown("std::mutex", "overload") == "(T) shown by overload"
    assert shown("std::mutex", "stream") == "(T) unlocked"
    assert shown("Mine", "stream") == "(T) shown by stream"
    assert shown("Mine", "range") == "(T) shown by range"
    enum = ValueType("enum", "E", 4, bits=32, printer="stream")
    assert format_value(enum, HERE, MadeUp()) == "(E) shown by stream"
