"""Values of the C++ library's classes."""

from __future__ import annotations

from tests.support.program import Run
from tests.tables.values import check_values

PRELUDE = """\
#include <bits/stdc++.h>
using namespace std::chrono_literals;
struct P { int x; int y; }; P p{1, 2};
struct Error : std::runtime_error { int code = 3; using std::runtime_error::runtime_error; };
int square(int x) { return x * x; }
struct Node { int v; std::shared_ptr<Node> next; };
"""

# fmt: off
ROWS = [
    # Strings.
    ('std::string s = "hello";', "s", '(std::string) "hello"'),
    ('std::string l(40, \'x\');', "l", f'(std::string) "{"x" * 40}"'),
    ('std::string odd("h\\xff\\303\\251\\n\\0z1\\0001\\"", 11);', "odd",
     '(std::string) "h\\xff\u00e9\\n\\0z1\\0001\\""'),
    ("std::string none;", "none", '(std::string) ""'),
    ('const std::string cs = "c";', "cs", '(const std::string) "c"'),
    ('std::string_view sv = "view";', "sv", '(std::string_view) "view"'),
    ('std::wstring ws = L"wide";', "ws", '(std::wstring) L"wide"'),
    ('std::u16string u16 = u"u16";', "u16", '(std::u16string) u"u16"'),
    ('std::pmr::string ps = "pmr";', "ps", '(std::pmr::string) "pmr"'),
    ("std::basic_string<long> numbers{1, 2};", "numbers", "(std::basic_string<long>) { 1, 2 }"),
    ('std::filesystem::path path = "/tmp/x";', "path", '(std::filesystem::path) "/tmp/x"'),

    # Sequences.
    ("std::vector<int> v{1, 2, 3};", "v", "(std::vector<int>) { 1, 2, 3 }"),
    ("std::vector<int> v0;", "v0", "(std::vector<int>) {}"),
    ("std::vector<P> vp{{1, 2}, {3, 4}};", "vp",
     "(std::vector<P>) { { .x = 1, .y = 2 }, { .x = 3, .y = 4 } }"),
    ("std::vector<bool> vb{true, false, true};", "vb", "(std::vector<bool>) { true, false, true }"),
    ("", "vb[2]", "(std::vector<bool>::reference) true"),
    ("std::vector<std::vector<int>> vv{{1, 2}, {}, {3}};", "vv",
     "(std::vector<std::vector<int>>) { { 1, 2 }, {}, { 3 } }"),
    ("std::vector<unsigned char> vu{1, 'A'};", "vu",
     "(std::vector<unsigned char>) { '\\x01', 'A' }"),
    ("std::vector<std::byte> vy{std::byte{1}, std::byte{0xff}};", "vy",
     "(std::vector<std::byte>) { 0x01, 0xff }"),
    ("std::array<int, 3> ar{1, 2, 3};", "ar", "(std::array<int, 3>) { 1, 2, 3 }"),
    ("std::array<P, 0> ar0;", "ar0", "(std::array<P, 0>) {}"),
    ("std::array<std::array<double, 2>, 2> aa{{{1, 2}, {3, 4}}};", "aa",
     "(std::array<std::array<double, 2>, 2>) { { 1.0, 2.0 }, { 3.0, 4.0 } }"),
    ("std::list<std::string> li{\"a\", \"b\"};", "li", '(std::list<std::string>) { "a", "b" }'),
    ("std::list<long double> ll{1, 2};", "ll", "(std::list<long double>) { 1.0, 2.0 }"),
    ("std::forward_list<char> fl{'a', 'b'};", "fl", "(std::forward_list<char>) { 'a', 'b' }"),
    ("std::deque<int> dq; for (int i = 0; i < 4; ++i) dq.push_front(i);", "dq",
     "(std::deque<int>) { 3, 2, 1, 0 }"),
    ("std::deque<std::array<char, 600>> db(2);", "db.size()", "(size_t) 2"),
    ("std::stack<int> st({1, 2});", "st", "(std::stack<int>) { 1, 2 }"),
    ("std::queue<int> qu({1, 2});", "qu", "(std::queue<int>) { 1, 2 }"),
    ("std::priority_queue<int> pq; pq.push(3); pq.push(5);", "pq",
     "(std::priority_queue<int>) { 5, 3 }"),
    ("std::span<P> sp(vp);", "sp", "(std::span<P>) { { .x = 1, .y = 2 }, { .x = 3, .y = 4 } }"),
    ("std::span<int, 3> sp3(ar);", "sp3", "(std::span<int, 3>) { 1, 2, 3 }"),
    ("std::initializer_list<int> il = {1, 2};", "il", "(std::initializer_list<int>) { 1, 2 }"),
    ("std::valarray<double> va{1.5, 2};", "va", "(std::valarray<double>) { 1.5, 2.0 }"),
    ("std::bitset<10> bs(5);", "bs", "(std::bitset<10>) 0b0000000101"),
    ("std::bitset<70> bl(1);", "bl", f"(std::bitset<70>) 0b{'0' * 69}1"),

    # Associative containers.
    ('std::map<std::string, int> m{{"a", 1}, {"b", 2}};', "m",
     '(std::map<std::string, int>) { "a": 1, "b": 2 }'),
    ("std::map<char, long double> ml{{'a', 1}};", "ml",
     "(std::map<char, long double>) { 'a': 1.0 }"),
    ("std::map<int, std::vector<std::string>> mv{{1, {\"a\"}}, {2, {}}};", "mv",
     '(std::map<int, std::vector<std::string>>) { 1: { "a" }, 2: {} }'),
    ("std::multimap<int, char> mm{{1, 'a'}, {1, 'b'}};", "mm",
     "(std::multimap<int, char>) { 1: 'a', 1: 'b' }"),
    ("std::set<int> se; for (int i : {5, 2, 8, 1, 9, 3}) se.insert(i);", "se",
     "(std::set<int>) { 1, 2, 3, 5, 8, 9 }"),
    ("std::multiset<int> ms{2, 1, 2};", "ms", "(std::multiset<int>) { 1, 2, 2 }"),
    ('std::unordered_map<std::string, int> um{{"k", 1}};', "um",
     '(std::unordered_map<std::string, int>) { "k": 1 }'),
    ("std::unordered_map<int, P> up{{1, {2, 3}}};", "up",
     "(std::unordered_map<int, P>) { 1: { .x = 2, .y = 3 } }"),
    ("std::unordered_set<int> us{7};", "us", "(std::unordered_set<int>) { 7 }"),
    ("std::unordered_multiset<long> uu{7, 7};", "uu", "(std::unordered_multiset<long>) { 7, 7 }"),
    ("std::map<int, int> m0;", "m0", "(std::map<int, int>) {}"),

    # One value, or a few.
    ('std::pair<int, std::string> pr{1, "x"};', "pr", '(std::pair<int, std::string>) { 1, "x" }'),
    ('std::tuple<int, std::string, double> tu{1, "x", 2.5};', "tu",
     '(std::tuple<int, std::string, double>) { 1, "x", 2.5 }'),
    ("std::tuple<> t0;", "t0", "(std::tuple<>) {}"),
    ("std::tuple<int &, std::monostate, std::less<>> tr(p.x, {}, {});", "tr",
     "(std::tuple<int &, std::monostate, std::less<>>) { 1, {}, {} }"),
    ("std::optional<int> op = 5, op0;", "op", "(std::optional<int>) 5"),
    ("", "op0", "(std::optional<int>) nullopt"),
    ("std::optional<std::vector<int>> ov{{1, 2}};", "ov",
     "(std::optional<std::vector<int>>) { 1, 2 }"),
    ("std::variant<int, P, std::string> vr = P{1, 2};", "vr",
     "(std::variant<int, P, std::string>) P { .x = 1, .y = 2 }"),
    ("std::variant<int, double> vd = 2.5;", "vd", "(std::variant<int, double>) 2.5"),
    ("struct Thrower { Thrower() = default; Thrower(const Thrower &) { throw 1; } };"
     " std::variant<int, Thrower> vl; try { Thrower t; vl = t; vl.emplace<1>(t); } catch (int) {}",
     "vl", "(std::variant<int, Thrower>) valueless"),
    ("std::any an = 5, an0, ans = std::string(\"hey\"), anp = p;", "an", "(std::any) int(5)"),
    ("", "an0", "(std::any) empty"),
    ("", "ans", '(std::any) std::string("hey")'),
    ("", "anp", "(std::any) P(...)"),
    ("std::expected<int, std::string> e1 = 5, e2 = std::unexpected(\"bad\");", "e1",
     "(std::expected<int, std::string>) 5"),
    ("", "e2", '(std::expected<int, std::string>) unexpected("bad")'),
    ("std::expected<void, int> e3;", "e3", "(std::expected<void, int>) {}"),
    ("std::complex<double> co(1, -2);", "co", "(std::complex<double>) 1.0 - 2.0i"),
    ("std::atomic<int> at = 5;", "at", "(std::atomic<int>) 5"),
    ("std::atomic<double> ad = 1.5;", "ad", "(std::atomic<double>) 1.5"),
    ("std::atomic<int *> ap = nullptr;", "ap", "(std::atomic<int *>) nullptr"),
    ("auto rw = std::ref(p);", "rw", "(std::reference_wrapper<P>) { .x = 1, .y = 2 }"),
    ("auto mi = std::ranges::minmax({3, 1, 2});", "mi",
     "(std::ranges::minmax_result<int>) { .min = 1, .max = 3 }"),

    # Smart pointers.
    ("auto un = std::make_unique<P>(P{5, 6});", "un",
     "(std::unique_ptr<P>) 0x~ -> { .x = 5, .y = 6 }"),
    ("std::unique_ptr<int> un0; std::unique_ptr<int[]> una(new int[3]);", "un0",
     "(std::unique_ptr<int>) nullptr"),
    ("", "una", "(std::unique_ptr<int[]>) 0x~"),
    ("std::unique_ptr<P, std::function<void(P *)>> und(&p, [](P *) {});", "und",
     "(std::unique_ptr<P, std::function<void (P *)>>) 0x~ -> { .x = 1, .y = 2 }"),
    ("auto sh = std::make_shared<int>(5); std::shared_ptr<void> sv0 = sh;", "sh",
     "(std::shared_ptr<int>) 0x~ (use count 2) -> 5"),
    ("std::weak_ptr<int> we = sh, we0, wee = std::make_shared<int>(3);", "we",
     "(std::weak_ptr<int>) 0x~ (use count 2) -> 5"),
    ("", "we0", "(std::weak_ptr<int>) nullptr"),
    ("", "wee", "(std::weak_ptr<int>) expired"),
    ("", "sv0", "(std::shared_ptr<void>) 0x~ (use count 2)"),
    ("auto cy = std::make_shared<Node>(Node{1}); cy->next = cy;", "cy",
     "(std::shared_ptr<Node>) 0x~ (use count 2) -> {\n    .v = 1,\n"
     "    .next = 0x~ (use count 2) -> ... @0x~\n}"),

    # Times.
    ("auto t1 = 5s; auto t2 = 250ms; auto t3 = -3h;", "t1", "(std::chrono::seconds) 5s"),
    ("", "t2", "(std::chrono::milliseconds) 250ms"),
    ("", "t3", "(std::chrono::duration<long, std::ratio<3600>>) -3h"),
    ("std::chrono::duration<double> t4(1.5); std::chrono::weeks t5(2);", "t4",
     "(std::chrono::duration<double>) 1.5s"),
    ("", "t5", "(std::chrono::weeks) 2[604800]s"),
    ("std::chrono::system_clock::time_point tp{std::chrono::nanoseconds(1700000000123456789)};",
     "tp", "(std::chrono::system_clock::time_point) 2023-11-14 22:13:20.123456789 UTC"),
    ("std::chrono::steady_clock::time_point sc{5ns}; std::chrono::sys_seconds ss{-1s};", "ss",
     "(std::chrono::sys_seconds) 1969-12-31 23:59:59 UTC"),
    ("std::chrono::sys_days sd{std::chrono::year{2024} / 2 / 29};", "sd",
     "(std::chrono::sys_days) 2024-02-29"),
    ("std::chrono::year_month_day ymd{sd};", "ymd", "(std::chrono::year_month_day) 2024-02-29"),
    ("", "ymd.month()", "(std::chrono::month) February"),
    ("", "std::chrono::Friday", "(const std::chrono::weekday) Friday"),

    # Functions, types, errors.
    ("std::function<int(int)> fu = square, fu0, ful = [](int x) { return x; };", "fu",
     "(std::function<int (int)>) <square(int)>"),
    ("", "fu0", "(std::function<int (int)>) empty"),
    ("", "ful", "(std::function<int (int)>) <lambda>"),
    ("std::move_only_function<int()> mo = [] { return 1; }, mo0;", "mo",
     "(std::move_only_function<int ()>) <lambda>"),
    ("", "mo0", "(std::move_only_function<int ()>) empty"),
    ("std::type_index ti = typeid(P);", "ti", "(std::type_index) P"),
    ("", "typeid(std::string)", "(const std::type_info) std::string"),
    ('std::runtime_error re("bad");', "re", '(std::runtime_error) "bad"'),
    ('Error er("mine"); std::exception &ex = er;', "er",
     '(Error) { <std::runtime_error> = "mine", .code = 3 }'),
    ("", "ex", '(std::exception) Error { <std::runtime_error> = "mine", .code = 3 }'),
    ('std::exception_ptr ep = std::make_exception_ptr(Error("boom")), ep0;', "ep",
     '(std::exception_ptr) Error("boom")'),
    ("", "ep0", "(std::exception_ptr) nullptr"),
    ("auto ei = std::make_exception_ptr(42), es = std::make_exception_ptr(p);", "ei",
     "(std::exception_ptr) int(42)"),
    ("", "es", "(std::exception_ptr) P(...)"),
    ("std::exception_ptr ec;"
     " try { throw \"text\"; } catch (...) { ec = std::current_exception(); }", "ec",
     '(std::exception_ptr) char const*("text")'),
    ("auto code = std::make_error_code(std::errc::no_such_file_or_directory);", "code",
     '(std::error_code) generic:2 "No such file or directory"'),
    ("", "std::error_code()", "(std::error_code) system:0"),

    # Iterators.
    ("auto i1 = vp.begin(); auto i2 = li.cbegin(); auto i3 = se.begin(), i4 = se.end();", "i1",
     "(std::vector<P>::iterator) 0x~ -> { .x = 1, .y = 2 }"),
    ("", "i2", '(std::list<std::string>::const_iterator) 0x~ -> "a"'),
    ("", "i3", "(std::set<int>::iterator) 0x~ -> 1"),
    ("", "i4", "(std::set<int>::iterator) end"),
    ("auto i5 = m.begin(); auto i6 = s.cbegin(); auto i7 = dq.begin(); auto i8 = us.end();", "i5",
     '(std::map<std::string, int>::iterator) 0x~ -> { "a", 1 }'),
    ("", "i6", "(std::string::const_iterator) 0x~ -> 'h'"),
    ("", "i7", "(std::deque<int>::iterator) 0x~ -> 3"),
    ("", "i8", "(std::unordered_set<int>::iterator) end"),
    ("", "m0.end()", "(std::map<int, int>::iterator) end"),

    # Printing has changed nothing.
    ("", "s == \"hello\" && v == std::vector{1, 2, 3} && li.front() == \"a\" && dq[0] == 3",
     "(bool) true"),
    ("", "m[\"a\"] == 1 && m.size() == 2 && um[\"k\"] == 1 && se.size() == 6", "(bool) true"),
    ("", "sh.use_count() == 2 && *op == 5 && vd.index() == 1 && fu(3) == 9", "(bool) true"),
    # Others.
    ("std::mutex mu;", "mu", "(std::mutex) unlocked"),
    ("std::mutex mh; mh.lock();", "mh", "(std::mutex) locked"),
    ("", "std::thread::id()", "(std::thread::id) no thread"),
    ("auto so = 1 <=> 2; auto po = 1.0 <=> NAN;", "so", "(std::strong_ordering) less"),
    ("", "po", "(std::partial_ordering) unordered"),
    ("std::source_location sl = std::source_location::current();", "sl.line() > 9", "(bool) true"),
    ("std::regex rx(\"a\");", "rx", "(std::regex) {...}"),
    ("", "std::cout", "(std::ostream) {...}"),
    ("std::monostate mono;", "mono", "(std::monostate) {}"),
    ("std::byte by{0x1f};", "by", "(std::byte) 0x1f"),
    ("struct My : std::vector<int> { int extra = 1; } my;", "my",
     "(My) {}"),  # as a range
]
# fmt: on


def test_values_of_the_library(forkrepl: Run) -> None:
    check_values(forkrepl, ROWS, "-std=c++23", prelude=PRELUDE)
