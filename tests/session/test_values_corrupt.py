"""Containers whose memory makes no sense, and memory that cannot be read: the value says
so, and the session goes on."""

from __future__ import annotations

from tests.support.program import Run
from tests.tables.values import check_values

# Nothing here is destroyed: what is new stays.
PRELUDE = """\
#include <bits/stdc++.h>
#include <sys/mman.h>
auto nowhere = (char *)mmap(nullptr, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
auto edge = (char *)mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
memset(edge, 'x', 8192); mprotect(edge + 4096, 4096, PROT_NONE);
template <class T> size_t *words(T &object) { return (size_t *)&object; }
struct P { int x; std::string s; };
"""

# fmt: off
ROWS = [
    ("auto &v = *new std::vector<int>{1, 2, 3}; words(v)[1] -= 16;", "v",
     "(std::vector<int>) <corrupt: begins at 0x~, ends at 0x~>"),
    ("auto &v2 = *new std::vector<int>{1, 2, 3}; words(v2)[2] -= 4;", "v2",
     "(std::vector<int>) <corrupt: the capacity is less than the size>"),
    ("auto &v3 = *new std::vector<int>{1, 2, 3}; words(v3)[1] -= 1;", "v3",
     "(std::vector<int>) <corrupt: 11 bytes of elements with 4>"),
    ("auto &v4 = *new std::vector<int>; words(v4)[0] = 16; words(v4)[1] = words(v4)[2] = 1 << 20;",
     "v4", "(std::vector<int>) <cannot read memory at 0x10>"),
    ("auto &vb = *new std::vector<bool>{true}; words(vb)[2] = words(vb)[0] - 8;", "vb",
     "(std::vector<bool>) <corrupt: size -63>"),
    ("auto &l = *new std::list<int>{1, 2, 3}; words(l)[2] = 5;", "l",
     "(std::list<int>) <corrupt: 5 elements expected, list ends after 3>"),
    ("auto &l2 = *new std::list<int>{1, 2, 3}; words(l2)[2] = 2;", "l2",
     "(std::list<int>) <corrupt: 2 elements expected, there are more>"),
    ("auto &l3 = *new std::list<int>{1, 2, 3}; *(size_t *)words(l3)[0] = words(l3)[0];", "l3",
     "(std::list<int>) <corrupt: 3 elements expected, list ends after 1>"),
    ("auto &l4 = *new std::list<int>{1, 2}; *(size_t *)words(l4)[0] = (size_t)nowhere;", "l4",
     "(std::list<int>) <cannot read memory at 0x~>"),
    ("auto &f = *new std::forward_list<int>{1, 2}; *(size_t *)words(f)[0] = words(f)[0];", "f",
     "(std::forward_list<int>) <corrupt: the list comes back to itself after 1 elements>"),
    ("auto &d = *new std::deque<int>{1, 2}; words(d)[9] = 8;", "d",
     "(std::deque<int>) <corrupt: its buffers are not in its map>"),
    ("auto &d2 = *new std::deque<int>{1, 2}; words(d2)[6] -= 16;", "d2",
     "(std::deque<int>) <corrupt: size -2>"),
    ("auto &m = *new std::map<int, int>{{1, 1}, {2, 2}}; words(m)[5] = 7;", "m",
     "(std::map<int, int>) <corrupt: 7 elements expected, tree ends after 2>"),
    ("auto &m2 = *new std::map<int, int>{{1, 1}, {2, 2}}; auto root = (size_t *)words(m2)[2];"
     " root[2] = (size_t)root;", "m2",
     "(std::map<int, int>) <corrupt: 2 elements expected, the tree is too deep>"),
    ("auto &m3 = *new std::map<int, int>{{1, 1}}; words(m3)[5] = size_t(-1);", "m3",
     f"(std::map<int, int>) <corrupt: size {2**64 - 1}>"),
    ("auto &u = *new std::unordered_set<int>{1, 2}; words(u)[3] = 5;", "u",
     "(std::unordered_set<int>) <corrupt: 5 elements expected, list ends after 2>"),
    ("auto &u2 = *new std::unordered_set<int>{1, 2}; *(size_t *)words(u2)[2] = words(u2)[2];", "u2",
     "(std::unordered_set<int>) <corrupt: 2 elements expected, there are more>"),
    ("auto &s = *new std::string(\"abc\"); words(s)[1] = 99;", "s",
     "(std::string) <corrupt: length 99, capacity 15>"),
    ("auto &s2 = *new std::string(99, 'x'); words(s2)[0] = (size_t)nowhere;", "s2",
     "(std::string) <cannot read memory at 0x~>"),
    ("auto &s3 = *new std::string(\"abc\"); words(s3)[1] = size_t(-1);", "s3",
     f"(std::string) <corrupt: length {2**64 - 1}>"),
    ("auto &va = *new std::variant<int, double>(1); words(va)[1] = 7;", "va",
     "(std::variant<int, double>) <corrupt: alternative 7 of 2>"),
    ("auto &sh = *new std::shared_ptr<int>(new int(1)); ((int *)words(sh)[1])[2] = -4;", "sh",
     "(std::shared_ptr<int>) <corrupt: use count -4>"),
    ("auto &an = *new std::any(1); words(an)[0] = 64;", "an",
     "(std::any) <a value of unknown type>"),
    ("auto &fu = *new std::function<void()>([] {}); words(fu)[2] = 64;", "fu",
     "(std::function<void ()>) <a function>"),

    ("std::string_view sv(nowhere, 5);", "sv", "(std::string_view) <cannot read memory at 0x~>"),
    ("std::span<int> sp((int *)nowhere, 3);", "sp", "(std::span<int>) <cannot read memory at 0x~>"),
    ("", "(const char *)nowhere", "(const char *) 0x~ <not a readable string>"),
    ("", "(const char *)(edge + 4090)", "(const char *) 0x~ <not a readable string>"),
    ("auto &un = *new std::unique_ptr<P>((P *)nowhere);", "un",
     "(std::unique_ptr<P>) 0x~ -> {\n    .x = <cannot read memory at 0x~>,\n"
     "    .s = <cannot read memory at 0x~>\n}"),
    ("struct Holder { int a; P &p; const char *t; } ho{1, *(P *)nowhere, nowhere};", "ho",
     "(Holder) {\n    .a = 1,\n    .p = {\n        .x = <cannot read memory at 0x~>,\n"
     "        .s = <cannot read memory at 0x~>\n    },\n    .t = 0x~ <not a readable string>\n}"),
    ("auto &ep = *new std::exception_ptr; words(ep)[0] = 4096;", "ep",
     "(std::exception_ptr) <cannot read memory at 0xf90>"),
    ("struct Poly { virtual ~Poly() {} int n = 1; }; auto &po = *new Poly; words(po)[0] = 8;", "po",
     "(Poly) { .n = 1 }"),
    ("struct Vb { int v = 7; }; struct Vd : virtual Vb { int d = 1; }; auto &vd = *new Vd;"
     " words(vd)[0] = (size_t)nowhere;", "vd",
     "(Vd) { <Vb> = <cannot read memory at 0x~>, .d = 1 }"),
    ("auto &ix = *new std::type_index(typeid(int)); words(ix)[0] = 8;", "ix",
     "(std::type_index) <cannot read memory at 0x10>"),
    ("", "1 + 1", "(int) 2"),
]
# fmt: on


def test_what_makes_no_sense_is_said(forkrepl: Run) -> None:
    check_values(forkrepl, ROWS, "-std=c++20", prelude=PRELUDE)
