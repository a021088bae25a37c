"""Values of LLVM's C++ library: with ``-stdlib=libc++`` they look as those of GNU's."""

from __future__ import annotations

from tests.support.program import Run
from tests.tables.values import check_values

# Not what hashes strings: Debian's package of this version may run with an older library.
HEADERS = (
    *("any", "array", "bitset", "chrono", "complex", "deque", "expected", "filesystem"),
    *("forward_list", "functional", "iostream", "list", "map", "memory", "mutex", "optional"),
    *("queue", "set", "span", "stack", "string", "string_view", "system_error", "thread"),
    *("tuple", "unordered_map", "unordered_set", "valarray", "variant", "vector", "cstring"),
)
PRELUDE = "\n".join(f"#include <{each}>" for each in HEADERS)

# fmt: off
ROWS = [
    ("", "std::vector<int>{1, 2}", "(std::vector<int>) { 1, 2 }"),
    ("", "std::vector<bool>{true, false}", "(std::vector<bool>) { true, false }"),
    ("", 'std::string("abc")', '(std::string) "abc"'),
    ("", "std::string(22, 'x')", f'(std::string) "{"x" * 22}"'),
    ("", "std::string(30, 'x')", f'(std::string) "{"x" * 30}"'),
    ("", "std::string()", '(std::string) ""'),
    ("", 'std::wstring(L"wide")', '(std::wstring) L"wide"'),
    ("", "std::u16string(20, u'z')", f'(std::u16string) u"{"z" * 20}"'),
    ("", 'std::map<int, std::string>{{1, "a"}, {2, "b"}, {0, "z"}}',
     '(std::map<int, std::string>) { 0: "z", 1: "a", 2: "b" }'),
    ("", "std::map<char, char>{{'a', 'b'}}", "(std::map<char, char>) { 'a': 'b' }"),
    ("", "std::map<int, int>()", "(std::map<int, int>) {}"),
    ("", 'std::set<std::string>{"b", "a"}', '(std::set<std::string>) { "a", "b" }'),
    ("", "std::multiset<char>{'x', 'x'}", "(std::multiset<char>) { 'x', 'x' }"),
    ("", "std::multimap<int, int>{{1, 2}, {1, 3}}", "(std::multimap<int, int>) { 1: 2, 1: 3 }"),
    ("", "std::unordered_map<int, char>{{1, 'c'}}", "(std::unordered_map<int, char>) { 1: 'c' }"),
    ("", "std::unordered_set<long>{5}", "(std::unordered_set<long>) { 5 }"),
    ("", "std::optional<int>()", "(std::optional<int>) nullopt"),
    ("", 'std::optional<std::string>("q")', '(std::optional<std::string>) "q"'),
    ("", 'std::variant<int, std::string>("v")', '(std::variant<int, std::string>) "v"'),
    ("struct Empty {};", 'std::tuple<Empty, double, std::string>({}, 2.5, "t")',
     '(std::tuple<Empty, double, std::string>) { {}, 2.5, "t" }'),
    ("", "std::tuple<>()", "(std::tuple<>) {}"),
    ("", "std::pair(1, 'c')", "(std::pair<int, char>) { 1, 'c' }"),
    ("std::deque<int> dq; for (int i = 0; i < 3000; ++i) dq.push_back(i); "
     "for (int i = 0; i < 2998; ++i) dq.pop_front();", "dq", "(std::deque<int>) { 2998, 2999 }"),
    ("", 'std::deque<std::string>(2, "d")', '(std::deque<std::string>) { "d", "d" }'),
    ("", 'std::list<std::string>{"l", "m"}', '(std::list<std::string>) { "l", "m" }'),
    ("", "std::forward_list<char>{'4', '5'}", "(std::forward_list<char>) { '4', '5' }"),
    ("", "std::make_unique<int>(5)", "(std::unique_ptr<int>) 0x~ -> 5"),
    ("auto sp = std::make_shared<int>(7); std::weak_ptr<int> wp = sp;", "wp",
     "(std::weak_ptr<int>) 0x~ (use count 1) -> 7"),
    ("", "sp", "(std::shared_ptr<int>) 0x~ (use count 1) -> 7"),
    ("sp = nullptr;", "wp", "(std::weak_ptr<int>) expired"),
    ("", 'std::string_view("view")', '(std::string_view) "view"'),
    ("int arr[3] = {1, 2, 3};", "std::span<int>(arr)", "(std::span<int>) { 1, 2, 3 }"),
    ("", "std::span<int, 3>(arr)", "(std::span<int, 3>) { 1, 2, 3 }"),
    ("", "std::array<int, 3>{1, 2, 3}", "(std::array<int, 3>) { 1, 2, 3 }"),
    ("", "std::bitset<5>(5)", "(std::bitset<5>) 0b00101"),
    ("", "std::chrono::milliseconds(5)", "(std::chrono::milliseconds) 5ms"),
    ("", "std::chrono::sys_days(std::chrono::year(2024) / 2 / 29)",
     "(std::chrono::sys_days) 2024-02-29"),
    ("", "std::chrono::year_month_day(std::chrono::year(2024) / 2 / 29)",
     "(std::chrono::year_month_day) 2024-02-29"),
    ("", "std::complex<double>(1, -2)", "(std::complex<double>) 1.0 - 2.0i"),
    ("int sq(int x) { return x * x; }", "std::function<int(int)>(sq)",
     "(std::function<int (int)>) <sq(int)>"),
    ("", "std::function<int(int)>()", "(std::function<int (int)>) empty"),
    ("", "std::any(5)", "(std::any) int(5)"),
    ("", 'std::any(std::string("short"))', '(std::any) std::string("short")'),
    ("", "std::any(std::string(30, 'l'))", f'(std::any) std::string("{"l" * 30}")'),
    ("", "std::expected<int, std::string>(5)", "(std::expected<int, std::string>) 5"),
    ("", 'std::expected<int, std::string>(std::unexpected("bad"))',
     '(std::expected<int, std::string>) unexpected("bad")'),
    ("", 'std::runtime_error("oops")', '(std::runtime_error) "oops"'),
    ("", "std::error_code(2, std::generic_category())",
     '(std::error_code) generic:2 "No such file or directory"'),
    ("", "std::queue<int>({1, 2})", "(std::queue<int>) { 1, 2 }"),
    ("", "std::stack<int>({1, 2})", "(std::stack<int>) { 1, 2 }"),
    ("", "std::atomic<int>(5)", "(std::atomic<int>) 5"),
    ("", "std::valarray<int>{1, 2, 3}", "(std::valarray<int>) { 1, 2, 3 }"),
    ("", 'std::filesystem::path("/tmp/x")', '(std::filesystem::path) "/tmp/x"'),
    ("", "std::initializer_list<int>{1, 2}", "(std::initializer_list<int>) { 1, 2 }"),
    ("", "1 <=> 2", "(std::strong_ordering) less"),
    ("", "std::ref(arr[1])", "(std::reference_wrapper<int>) 2"),
    ("std::mutex m;", "m", "(std::mutex) unlocked"),
    ("", "std::thread()", "(std::thread) no thread"),
    # What makes no sense is said, and not read.
    ("std::vector<int> bad(2); ((long *)&bad)[1] = 8;", "bad",
     "(std::vector<int>) <corrupt: begins at 0x~, ends at 0x8>"),
    ("std::string cut(40, 'c'); ((long *)&cut)[1] = -1;", "cut",
     "(std::string) <corrupt: length 18446744073709551615>"),
    ("memset((void *)&cut, 0, sizeof cut); memset((void *)&bad, 0, sizeof bad);", "bad",
     "(std::vector<int>) {}"),
]
# fmt: on


def test_values(forkrepl: Run) -> None:
    check_values(forkrepl, ROWS, "-stdlib=libc++", prelude=PRELUDE)
