"""Functions for each element of arrays, with the loop in C++."""

from __future__ import annotations

import numpy as np
import pytest

from repl import Session

DECLARED = """
#include <cmath>
#include <complex>
#include <stdexcept>
#include <string>
double area(double width, double height) { return width * height; }
int twice(int n) { return 2 * n; }
bool positive(double x) { return x > 0; }
template <class T> T square(T x) { return x * x; }
std::complex<double> rotated(std::complex<double> z) { return z * std::complex<double>(0, 1); }
double checked(double x) {
  if (x < 0) throw std::invalid_argument("negative");
  return std::sqrt(x);
}
std::string text(int) { return ""; }
float single(float x) { return x / 2; }
"""


def test_shapes_and_dtypes(session: Session) -> None:
    area = session.vectorize("area")
    columns, rows = np.arange(3.0), np.arange(4.0)[:, np.newaxis]
    assert np.array_equal(area(columns, rows), columns * rows)
    assert area(2, 3.5) == 7
    assert area(np.zeros((0, 3)), 1.0).shape == (0, 3)
    twice = session.vectorize("twice")(np.arange(5))
    assert (twice.tolist(), twice.dtype) == ([0, 2, 4, 6, 8], np.int32)
    assert session.vectorize("positive")([-1, 2]).tolist() == [False, True]
    assert session.vectorize("single")(np.float32(3)).dtype == np.float32
    assert session.vectorize("rotated")(np.array([1 + 0j])).tolist() == [1j]
    square = session.vectorize("square")
    assert square(np.arange(3, dtype=np.int16)).tolist() == [0, 1, 4]
    assert square(np.arange(3) / 2).tolist() == [0, 0.25, 1]
    assert session.vectorize("std::fmax")(np.arange(3.0), 1.0).tolist() == [1, 1, 2]


def test_a_million(session: Session) -> None:
    numbers = np.arange(1_000_000.0)
    out = np.empty_like(numbers)
    assert session.vectorize("checked")(numbers, out=out) is out
    assert np.allclose(out, np.sqrt(numbers))


def test_what_is_wrong(session: Session) -> None:
    with pytest.raises(ValueError, match="negative"):
        session.vectorize("checked")(np.array([1.0, -1.0]))
    with pytest.raises(OverflowError):
        session.vectorize("twice")(np.array([2**40]))
    with pytest.raises(TypeError):
        session.vectorize("twice")(np.array([0.5]))
    with pytest.raises(TypeError, match="number"):
        session.vectorize("text")(np.arange(3))
    with pytest.raises(TypeError, match="dtype"):
        session.vectorize("twice")(np.array(["a"]))
    with pytest.raises(ValueError, match="broadcast"):
        session.vectorize("area")(np.zeros(2), np.zeros(3))
    with pytest.raises((TypeError, AttributeError)):
        session.vectorize("unheard_of")(1)
