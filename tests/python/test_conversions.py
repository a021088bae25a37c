"""What Python asks of an object of C++, and what lists and arrays become."""

from __future__ import annotations

import array
import ctypes

import pytest

from repl import Session

DECLARED = """
#include <functional>
#include <string>
#include <vector>
struct A { int value = 1; };
struct B { int value = 2; };
struct Chosen {
  int of(A *a) { return a->value; }
  int of(B *b) { return b->value; }
  int of(int *p) { return *p; }
  int of(short *p) { return 100 + *p; }
  static int twice(int n) { return 2 * n; }
  template <class T> T same(T value) const { return value; }
  virtual int which() { return 1; }
};
struct Derived : Chosen { int which() override { return 2; } };
struct Number {
  long whole = 7;
  operator long() const { return whole; }
  explicit operator double() const { return whole + 0.5; }
};
struct Size { unsigned long n = -1; operator unsigned long() { return n; } };
struct Label { operator const char *() { return "label"; } };
struct Title { operator std::string() const { return "title"; } };
struct Matrix {
  double cells[2][3] = {};
  double &operator()(int i, int j) { return cells[i][j]; }
};
struct Row {
  int cells[3] = {1, 2, 3};
  int &operator[](int i) { return cells[i]; }
  int &operator()(int i, int j) { return cells[i * j]; }
};
struct Functor { int operator()(int n) { return n; } };
struct Key { int n; bool operator==(const Key &other) const { return n == other.n; } };
template <> struct std::hash<Key> { size_t operator()(const Key &k) const { return k.n; } };
struct Loop { Loop *operator->() { return this; } };
struct Sum { int total; Sum &operator,(int n) { total += n; return *this; } };
int sum(const std::vector<int> &v) { int t = 0; for (int n : v) t += n; return t; }
int bytes(const std::vector<unsigned char> &v) { return (int)v.size(); }
double mean(const float *v, int n) {
  double t = 0;
  for (int i = 0; i < n; ++i) t += v[i];
  return t / n;
}
void fill(int *v, int n) { for (int i = 0; i < n; ++i) v[i] = i + 1; }
"""


def test_overloads_on_pointers_are_chosen_by_the_object(session: Session) -> None:
    gbl = session.gbl
    assert gbl.Chosen().of(gbl.A()) == 1
    assert gbl.Chosen().of(gbl.B()) == 2
    assert gbl.Chosen().of(array.array("i", [5])) == 5
    assert gbl.Chosen().of(array.array("h", [5])) == 105


def test_method_of_a_class_is_called_with_an_object(session: Session) -> None:
    gbl = session.gbl
    assert gbl.Chosen.of(gbl.Chosen(), gbl.A()) == 1
    assert gbl.Chosen.twice(4) == 8
    assert gbl.Chosen.same["double"](gbl.Chosen(), 2) == 2.0
    assert gbl.Chosen.which(gbl.Derived()) == 1
    assert gbl.std.vector[int].size(gbl.std.vector[int]([1, 2])) == 2
    with pytest.raises(TypeError, match="needs an object"):
        gbl.Chosen.of()
    with pytest.raises(TypeError):
        gbl.Chosen.of(gbl.A())


def test_pointer_to_what_is_only_declared_is_passed_on(session: Session) -> None:
    with Session() as other:
        other.run(
            "struct Hidden; Hidden *hidden(); int seen(Hidden *);"
            "struct Hidden { int n = 3; }; int seen(Hidden *h) { return h->n; }"
        )
        other.run("Hidden *hidden() { static Hidden h; return &h; }")
        assert other.gbl.seen(other.gbl.hidden()) == 3
    session.run("struct Secret; Secret *secret() { static int n = 4; return (Secret *)&n; }")
    session.run("int opened(const Secret &s) { return *(const int *)&s; }")
    assert session.gbl.opened(session.gbl.secret()) == 4


def test_numbers_in_lists_have_to_fit(session: Session) -> None:
    gbl = session.gbl
    assert gbl.sum([1, 2]) == 3
    assert gbl.sum([True, 2]) == 3
    with pytest.raises(TypeError):
        gbl.sum([1.5])
    with pytest.raises(OverflowError):
        gbl.sum([1 << 40])
    assert gbl.bytes([255]) == 1
    with pytest.raises(OverflowError):
        gbl.bytes([256])
    with pytest.raises(OverflowError):
        gbl.bytes([-1])


def test_buffers_are_arrays(session: Session) -> None:
    gbl = session.gbl
    assert gbl.mean(array.array("f", [1, 2]), 2) == 1.5
    assert gbl.mean(memoryview(array.array("f", [1, 2])), 2) == 1.5
    for buffer in (array.array("i", [0, 0]), (ctypes.c_int * 2)()):
        gbl.fill(buffer, 2)
        assert list(buffer) == [1, 2]


def test_conversions_of_a_class(session: Session) -> None:
    gbl = session.gbl
    assert int(gbl.Number()) == 7
    assert float(gbl.Number()) == 7.5
    assert int(gbl.Size()) == (1 << 64) - 1
    assert str(gbl.Label()) == "label"
    assert str(gbl.Title()) == "title"
    with pytest.raises(TypeError):
        int(gbl.A())


def test_several_indices(session: Session) -> None:
    matrix = session.gbl.Matrix()
    matrix[1, 2] = 5
    assert matrix[1, 2] == matrix(1, 2) == 5.0
    row = session.gbl.Row()
    row[1] = 7
    assert (row[1], row[1, 1], row[2]) == (7, 7, 3)
    with pytest.raises(TypeError):
        session.gbl.Functor()[1]


def test_hash_is_that_of_the_class(session: Session) -> None:
    gbl = session.gbl
    assert len({gbl.Key(1), gbl.Key(1), gbl.Key(2)}) == 2
    assert len({gbl.A(), gbl.A()}) == 2


def test_arrow_to_itself_ends(session: Session) -> None:
    with pytest.raises(AttributeError, match="Loop has no member nothing"):
        _ = session.gbl.Loop().nothing


def test_operators_that_python_lacks(session: Session) -> None:
    gbl = session.gbl
    place = gbl.std.vector[int]([1, 2, 3]).begin()
    assert place.__deref__() == 1
    assert place.__preinc__().__deref__() == 2
    assert place.__postdec__().__deref__() == 2
    assert place.__deref__() == 1
    assert gbl.Sum(1).__comma__(2).__comma__(3).total == 6
    first, second = gbl.A(), gbl.A()
    first.value = 9
    second.__assign__(first)
    assert second.value == 9


def test_lists_are_appended(session: Session) -> None:
    numbers = session.gbl.std.vector[int]()
    numbers += [1, 2]
    numbers += (3,)
    numbers += numbers
    assert numbers == [1, 2, 3, 1, 2, 3]
    with pytest.raises(TypeError):
        numbers += 5


def test_template_by_call_and_by_its_whole_name(session: Session) -> None:
    std = session.gbl.std
    assert std.vector(int) is std.vector[int] is getattr(std, "vector<int>")


def test_a_class_of_python_cannot_be_derived(session: Session) -> None:
    base = session.gbl.A
    with pytest.raises(TypeError, match="derive from it in C"):
        type("Mine", (base,), {})
