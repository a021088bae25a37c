"""A name with a typing error: the one that was meant, as Clang tells of it."""

from __future__ import annotations

import pytest

from repl import CompileError, Session

SETUP = """
#include <algorithm>
#include <string>
#include <vector>
std::vector<int> v{3, 1, 2};
struct Base { int height; };
class Box : public Base { int secret = 1; public: int width = 2; };
Box box;
enum class Color { Red, Green };
namespace outer { inline namespace inner { int value; } }
int counter = 0;
"""

_CASES = {
    "a function of std": ("std::srot(v.begin(), v.end())", "srot", "sort"),
    "a member": ("v.push_bakc(3)", "push_bakc", "push_back"),
    "a field": ("box.wdith", "wdith", "width"),
    "a field of a base": ("box.heihgt", "heihgt", "height"),
    "an enumerator": ("Color::Rde", "Rde", "Red"),
    "an inline namespace": ("outer::vaule", "vaule", "value"),
    "a type": ("std::strign s;", "strign", "string"),
    "a template": ("std::vecotr<int> w;", "vecotr", "vector"),
    "without a scope": ("coutner + 1", "coutner", "counter"),
}


@pytest.fixture(scope="module")
def session() -> Session:
    made = Session()
    made.run(SETUP)
    return made


def fault(session: Session, code: str) -> CompileError:
    with pytest.raises(CompileError) as caught:
        session.run(code)
    return caught.value


@pytest.mark.parametrize("case", _CASES)
def test_what_was_meant(session: Session, case: str) -> None:
    code, wrong, right = _CASES[case]
    error = fault(session, code)
    first = error.diagnostics[0]
    assert first.message.endswith(f"; did you mean '{right}'?")
    assert [(fix.removed, fix.text) for fix in first.fixes] == [(wrong, right)]
    assert f"did you mean '{right}'?" in str(error)


@pytest.mark.parametrize(
    "code",
    ["box.secrte", "box.x", "v.nothing_like_that()", "std::zzz()", "Color::Blue", "xqzt + 1"],
)
def test_nothing_is_made_up(session: Session, code: str) -> None:
    assert "did you mean" not in fault(session, code).full


def test_in_c() -> None:
    with Session(language="c") as session:
        session.run("struct point { int width; } p;")
        assert "did you mean 'width'?" in str(fault(session, "p.wdith"))
