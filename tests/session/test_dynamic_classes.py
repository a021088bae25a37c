"""An object that is known by a base class is shown with all that it has."""

from __future__ import annotations

from tests.support.program import Run, piped
from tests.tables.values import check_values

PRELUDE = """\
#include <memory>
#include <vector>
#include <map>
#include <string>
#include <iostream>
#include <cstring>
namespace geo {
struct Shape { virtual ~Shape() = default; int id = 1; };
struct Named { virtual ~Named() = default; std::string name = "n"; };
struct Polygon : Shape { int sides = 4; };
struct Square final : Named, Polygon { double length = 2; };
template <class T> struct Circle : Shape { T radius = 3; };
namespace { struct Hidden : Shape { int h = 5; }; }
}
using namespace geo;
struct Root { virtual ~Root() = default; int r = 1; };
struct Left : virtual Root { int a = 2; }; struct Right : virtual Root { int b = 3; };
struct Diamond : Left, Right { int d = 4; };
std::unique_ptr<Shape> local() { struct Local : Shape { int l = 6; };
  return std::make_unique<Local>(); }
struct Node { virtual ~Node() = default; Node *next = nullptr; };
struct Leaf : Node { int n = 7; };
struct Loud : Shape { friend std::ostream &operator<<(std::ostream &o, const Loud &)
  { return o << "loud"; } };
Square square; Diamond diamond; Leaf leaf;
leaf.next = &leaf;
"""
DIAMOND = "<Left> = { .a = 2 }, <Right> = { .b = 3 }, <Root> = { .r = 1 }, .d = 4"

# fmt: off
ROWS = [
    ("", "(Shape &)square", "(geo::Shape) geo::Square {\n    <geo::Named> = { .name = \"n\" },\n"
     "    <geo::Polygon> = { <geo::Shape> = { .id = 1 }, .sides = 4 },\n    .length = 2.0\n}"),
    ("Named *named = &square;", "*named", "(geo::Named) geo::Square {\n"
     "    <geo::Named> = { .name = \"n\" },\n"
     "    <geo::Polygon> = { <geo::Shape> = { .id = 1 }, .sides = 4 },\n    .length = 2.0\n}"),
    ("", "(Polygon &&)Polygon()", "(geo::Polygon) { <geo::Shape> = { .id = 1 }, .sides = 4 }"),
    ("", "(const Shape &)Circle<int>()",
     "(const geo::Shape) geo::Circle<int> { <geo::Shape> = { .id = 1 }, .radius = 3 }"),
    ("", "(const Shape &)Hidden()",
     "(const geo::Shape) geo::Hidden { <geo::Shape> = { .id = 1 }, .h = 5 }"),
    ("", "local()",
     "(std::unique_ptr<geo::Shape>) 0x~ -> Local { <geo::Shape> = { .id = 1 }, .l = 6 }"),
    ("Root &root = diamond;", "root", f"(Root) Diamond {{ {DIAMOND} }}"),
    ("", "(Right &)diamond", f"(Right) Diamond {{ {DIAMOND} }}"),
    ("", "std::shared_ptr<Root>(new Diamond)",
     "(std::shared_ptr<Root>) 0x~ (use count 1) -> Diamond {\n    <Left> = { .a = 2 },\n"
     "    <Right> = { .b = 3 },\n    <Root> = { .r = 1 },\n    .d = 4\n}"),
    ("std::vector<Shape *> shapes{new Polygon, new Shape, nullptr};", "shapes",
     "(std::vector<geo::Shape *>) {\n"
     "    0x~ -> geo::Polygon { <geo::Shape> = { .id = 1 }, .sides = 4 },\n"
     "    0x~,\n    nullptr\n}"),
    ("Shape *one = new Circle<char>;", "one",
     "(geo::Shape *) 0x~ -> geo::Circle<char> { <geo::Shape> = { .id = 1 }, .radius = '\\x03' }"),
    ("Node *node = &leaf;", "node", "(Node *) 0x~ -> Leaf { <Node> = { .next = 0x~ }, .n = 7 }"),
    ("", "(Shape &)*std::make_unique<Loud>()", "(geo::Shape) loud"),
    # A later class of the same name is another one.
    ("struct Polygon : Shape { int corners = 3; };", "(const Shape &)::Polygon()",
     "(const geo::Shape) Polygon { <geo::Shape> = { .id = 1 }, .corners = 3 }"),
    # What an object's first word says is not believed.
    ("alignas(Shape) char raw[64]; Shape &fake = reinterpret_cast<Shape &>(raw);", "fake",
     "(geo::Shape) { .id = 0 }"),
    ("memset(raw, 0xff, sizeof raw);", "fake", "(geo::Shape) { .id = -1 }"),
    ("void *own = raw; memcpy(raw, &own, 8); memset(raw + 8, 0, 8);", "fake",
     "(geo::Shape) { .id = 0 }"),
    ("memcpy(raw, (void *)&diamond, 8);", "fake", "(geo::Shape) Diamond { .id = 0 }"),
]
# fmt: on


def test_derived_objects(forkrepl: Run) -> None:
    check_values(forkrepl, ROWS, prelude=PRELUDE)


def test_without_type_information(forkrepl: Run) -> None:
    result = forkrepl(
        "-fno-rtti",
        input="struct B { virtual ~B() {} int b = 1; }; struct D : B { int d = 2; };\n"
        "D d; B &b = d;\nb\nB *p = &d;\n*p\n",
    )
    assert result.stdout == "(B) D { <B> = { .b = 1 }, .d = 2 }\n" * 2


def test_classes_of_later_inputs_and_after_undo(forkrepl: Run) -> None:
    output, errors = piped(
        forkrepl,
        "struct B { virtual ~B() {} }; B *make();",
        "struct D : B { int d = 1; };",
        "B *p = new D;",
        "*p",
        "%undo 2",
        "struct D : B { int e = 2; };",
        "p = new D;",
        "B *p = new D; *p",
        "%vars p",
    )
    assert "(B) D { .d = 1 }\n" in output
    assert "(B) D { .e = 2 }\n" in output
    assert "-> D { .e = 2 }" in output
    assert "use of undeclared identifier 'p'" in errors
