"""Programs whose functions name each other's symbols in all the ways that there are.

``test_divided_programs.py`` has two processes make their machine code. All that they do is in
what they print, and in their exit status; see ``program_table``, which has the rows' type.
"""

from __future__ import annotations

from tests.tables.program_table import CXX, C, Row

ROWS = (
    Row(
        "static functions and variables",
        C,
        r"""
#include <stdio.h>
#include <string.h>
static int count, calls[4];
static int add(int n) { ++calls[0]; return count += n; }
static int sub(int n) { ++calls[1]; return count -= n; }
int one(void) { return add(1); }
int two(void) { return add(2) * sub(1); }
int three(int n) { calls[2] += n; return n ? three(n - 1) + count : sub(7); }
static int (*chosen)(int) = add;
int is_chosen(int (*f)(int)) { return f == chosen; }
void choose(int (*f)(int)) { chosen = f; }
int (*adder(void))(int) { return add; }
static int (*const table[])(int) = {add, sub, 0};
int from_table(int at, int n) { return table[at](n); }
static const char *const names[] = {"zero", "one", "two"};
static const char *const nothing = "nothing";
const char *find(int n) { return n ? names[n] : nothing; }
int is_nothing(const char *s) { return s == nothing; }
int is_nothing_else(const char *s) { return s != nothing && s[0]; }
int count_nothing(void) { return is_nothing(find(0)) * 10 + is_nothing(find(1)); }
const char *name(int n) { return names[n]; }
const char *literal(void) { return "the same text"; }
const char *other_literal(void) { return "the same text"; }
int is_literal(const char *s) { return !strcmp(s, "the same text"); }
int word(const char *s) {
  switch (s[0]) { case 'a': return 11; case 'b': return 5; case 'c': return 77;
                  case 'd': return 2; case 'e': return 31; default: return -1; }
}
const char *day(int n) {
  switch (n) { case 0: return "mon"; case 1: return "tue"; case 2: return "wed";
               case 3: return "thu"; default: return "sun"; }
}
int main(void) {
  printf("%d %d %d\n", one(), two(), three(3));
  printf("%d", is_chosen(adder()));
  choose(sub);
  printf("%d%d\n", is_chosen(adder()), is_chosen(sub));
  printf("%d %d %s %s\n", from_table(0, 5), from_table(1, 2), name(2), day(word("d")));
  printf("%d%d\n", is_literal(literal()), is_literal(other_literal()));
  printf("%d%d%d\n", is_nothing(find(0)), is_nothing_else(find(0)), count_nothing());
  printf("%d %d %d %d\n", count, calls[0], calls[1], calls[2]);
  return word("x") + 4;
}
""",
    ),
    Row(
        "attributes of symbols",
        C,
        r"""
#include <stdio.h>
int plain(int n) { return n + 1; }
int second_name(int) __attribute__((alias("plain")));
static int quiet(int n) { return n * 2; }
int loud(int) __attribute__((alias("quiet")));
int variable = 4;
extern int other_variable __attribute__((alias("variable")));
static int fast(int n) { return n + 100; }
static int (*resolve(void))(int) { return fast; }
int resolved(int) __attribute__((ifunc("resolve")));
__attribute__((weak)) int weak(int n) { return n + 3; }
__attribute__((weak)) int never(void);
__attribute__((visibility("hidden"))) int hidden(int n) { return n + 5; }
__attribute__((visibility("hidden"))) int hidden_variable = 6;
__attribute__((section("of_mine"))) int first = 1;
__attribute__((section("of_mine"))) int next = 2;
extern int __start_of_mine[], __stop_of_mine[];
__attribute__((section("text_of_mine"))) int placed(int n) { return n - 1; }
__attribute__((used)) static int by_name(void) { return 21; }
int called_by_assembly(void) {
  int result;
  __asm__("call by_name" : "=a"(result) : : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11",
          "memory", "cc");
  return result;
}
int common;
int *address_of_common(void) { return &common; }
__attribute__((constructor(200))) void begin(void) { common += 10; }
__attribute__((constructor(101))) static void begin_earlier(void) { common = 3; }
__attribute__((destructor)) static void end(void) { printf("end %d\n", common); fflush(stdout); }
int sum(void) {
  int all = 0;
  for (int *at = __start_of_mine; at < __stop_of_mine; ++at) all += *at;
  return all;
}
int main(void) {
  printf("%d %d %d %d %d\n", second_name(1), loud(4), resolved(1), weak(1), hidden(1));
  other_variable = 9;
  printf("%d %d %d %d\n", variable, never ? never() : 0, hidden_variable, placed(3));
  printf("%d %d %d\n", sum(), called_by_assembly(), *address_of_common());
  printf("%d%d\n", plain == second_name, &variable == &other_variable);
}
""",
    ),
    Row(
        "labels with addresses",
        C,
        r"""
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
int run(const char *code) {
  static void *const labels[] = {&&add, &&twice, &&stop};
  int n = 0;
next:
  goto *labels[*code++ - '0'];
add:
  ++n;
  goto next;
twice:
  n *= 2;
  goto next;
stop:
  return n;
}
int distance(int which) {
  static const int places[] = {0, &&late - &&early};
  goto *(&&early + places[which]);
early:
  return 1;
late:
  return 2;
}
static jmp_buf place;
void jump(int n) { longjmp(place, n); }
int sum(int count, ...) {
  va_list rest;
  int all = 0;
  va_start(rest, count);
  while (count--) all += va_arg(rest, int);
  va_end(rest);
  return all;
}
_Complex double turned(_Complex double z) { return z * 1i; }
long double wide(long double x) { return x / 3; }
__int128 large(long n) { return (__int128)n * n; }
typedef float four __attribute__((vector_size(16)));
four doubled(four v) { return v + v; }
int main(void) {
  printf("%d %d %d\n", run("00112"), distance(0), distance(1));
  int n = setjmp(place);
  if (n < 3) jump(n + 1);
  printf("%d %d %.1f %.3Lf %ld %.0f\n", n, sum(3, 1, 2, 3), __imag__ turned(2), wide(1),
         (long)(large(1l << 40) >> 64), doubled((four){1, 2, 3, 4})[3]);
}
""",
    ),
    Row(
        "classes",
        CXX,
        r"""
#include <cstdio>
#include <memory>
#include <string>
#include <typeinfo>
#include <vector>
struct Shape { virtual ~Shape(); virtual double area() const = 0; static int alive; };
int Shape::alive;
Shape::~Shape() { --alive; }
struct Square : Shape { double side; Square(double s) : side(s) { ++alive; }
  double area() const override { return side * side; } };
namespace {
struct Hidden : virtual Shape { Hidden() { ++alive; } double area() const override { return 7; } };
struct Deeper : Hidden { double area() const override { return Hidden::area() + 1; } };
}
template <class T> struct Holder { T value; static inline int made = 0; static int later;
  Holder(T v) : value(v) { ++made; ++later; } };
template <class T> int Holder<T>::later = sizeof(T);
template <class T> T largest(T a, T b) { return a < b ? b : a; }
inline constexpr const char *tag = "tag";
struct Tagged { const char *tag; int n; };
template <class T> const char *type_id() { return __PRETTY_FUNCTION__; }
Tagged tagged(int n) { return {tag, n}; }
bool is_tagged(const Tagged &t) { return t.tag == tag; }
bool is_int(const char *id) { return id == type_id<int>(); }
const char *id_of(int) { return type_id<int>(); }
const char *id_of(long) { return type_id<long>(); }
std::unique_ptr<Shape> make(int n) {
  if (n == 0) return std::make_unique<Square>(3);
  if (n == 1) return std::make_unique<Hidden>();
  return std::make_unique<Deeper>();
}
bool is_square(const Shape &s) { return dynamic_cast<const Square *>(&s); }
bool is_hidden(const Shape &s) { return dynamic_cast<const Hidden *>(&s); }
const char *name(const Shape &s) { return typeid(s).name(); }
auto counter() { return [n = 0]() mutable { static int all; return ++n * 100 + ++all; }; }
int (Square::*unused)() = nullptr;
double (Shape::*pointer)() const = &Shape::area;
int main() {
  std::vector<std::unique_ptr<Shape>> shapes;
  for (int n = 0; n < 3; ++n) shapes.push_back(make(n));
  for (auto &each : shapes)
    std::printf("%g %d%d %s\n", (each.get()->*pointer)(), is_square(*each), is_hidden(*each),
                name(*each));
  std::printf("%d", Shape::alive);
  shapes.clear();
  std::printf("%d\n", Shape::alive);
  Holder<int> a(1), b(2); Holder<std::string> c("text");
  std::printf("%d %d %d\n", Holder<int>::made, Holder<int>::later, Holder<std::string>::made);
  auto first = counter(), second = counter();
  first();
  std::printf("%d %d\n", first(), second());
  std::printf("%d%d%d\n", is_tagged(tagged(1)), is_int(id_of(1)), is_int(id_of(1l)));
  std::printf("%s %d\n", largest(std::string("a"), std::string("b")).c_str(), largest(1, 2));
}
""",
    ),
    Row(
        "exceptions",
        CXX,
        r"""
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
namespace { struct Own { int n; }; }
struct Mine : std::runtime_error { using std::runtime_error::runtime_error; };
struct Guard { const char *name; ~Guard() { std::printf("~%s ", name); } };
void deep(int n) {
  Guard guard{"deep"};
  if (n == 0) throw 5;
  if (n == 1) throw Mine("mine");
  if (n == 2) throw Own{8};
  if (n == 3) throw std::string(99, 'x');
  if (n == 4) std::string().at(3);
  deep(n - 5);
}
void middle(int n) { Guard guard{"middle"}; deep(n); }
void again(int n) { try { middle(n); } catch (Mine &) { Guard guard{"again"}; throw; } }
int caught(int n) {
  try { again(n); }
  catch (int number) { return number; }
  catch (Own &own) { return own.n; }
  catch (std::string &text) { return text.size(); }
  catch (Mine &mine) { return *mine.what(); }
  catch (std::exception &) { return -1; }
  return 0;
}
void quiet(int n) noexcept { deep(n); }
int main() {
  for (int n = 0; n < 10; ++n) std::printf("%d\n", caught(n));
  std::set_terminate([] { std::printf("terminated\n"); std::fflush(stdout); std::_Exit(3); });
  quiet(1);
}
""",
    ),
    Row(
        "variables in order",
        CXX,
        r"""
#include <cstdio>
#include <string>
#include <thread>
struct Said { const char *name; Said(const char *n) : name(n) { std::printf("+%s ", n); }
  ~Said() { std::printf("-%s ", name); std::fflush(stdout); } };
Said first("first");
static Said second("second");
inline Said third("third");
namespace { Said fourth("fourth"); }
template <class T> struct With { static Said member; };
template <class T> Said With<T>::member("member");
int from(int n) { static int start = n; return start++; }
const int computed = from(40);
extern const int shown = computed + 1;
inline int guarded() { static Said local("local"); static int n = from(0); return n; }
thread_local int mine = from(7);
static thread_local std::string text = "of thread";
inline thread_local Said in_thread("thread");
thread_local int plain = 3;
static thread_local int quiet = 4;
int sum() { return mine + ++plain + ++quiet + text.size(); }
const char *touched() { return in_thread.name; }
int *place() { return &quiet; }
int main() {
  std::printf("\n%d %d %s\n", computed, shown, With<int>::member.name);
  std::printf("%d %d\n", guarded(), guarded());
  std::printf("%d %d\n", sum(), sum());
  std::thread([] { std::printf("%d %s %d\n", sum(), touched(), *place()); }).join();
  std::printf("%d %d\n", sum(), *place());
}
""",
    ),
    Row(
        "the library",
        CXX,
        r"""
#include <algorithm>
#include <coroutine>
#include <functional>
#include <iostream>
#include <map>
#include <numeric>
#include <regex>
#include <sstream>
#include <variant>
struct Numbers {
  struct promise_type {
    int value;
    using Handle = std::coroutine_handle<promise_type>;
    Numbers get_return_object() { return {Handle::from_promise(*this)}; }
    std::suspend_always initial_suspend() { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    std::suspend_always yield_value(int n) { value = n; return {}; }
    void return_void() {}
    void unhandled_exception() {}
  };
  std::coroutine_handle<promise_type> handle;
  int next() { handle.resume(); return handle.promise().value; }
  ~Numbers() { handle.destroy(); }
};
Numbers count(int n) { for (;;) co_yield n++; }
using Value = std::variant<int, std::string, std::vector<int>>;
std::string show(const Value &value) {
  return std::visit([](const auto &v) -> std::string {
    using T = std::decay_t<decltype(v)>;
    if constexpr (std::is_same_v<T, int>) return std::to_string(v);
    else if constexpr (std::is_same_v<T, std::string>) return v;
    else return std::to_string(std::accumulate(v.begin(), v.end(), 0));
  }, value);
}
int main() {
  Numbers numbers = count(5);
  numbers.next();
  std::map<std::string, std::function<int(int)>> functions{
      {"add", [](int n) { return n + 1; }}, {"twice", [](int n) { return n * 2; }}};
  std::istringstream words("add twice none");
  for (std::string word; words >> word;)
    if (auto found = functions.find(word); found != functions.end())
      std::cout << word << ' ' << found->second(numbers.next()) << '\n';
  std::regex pattern("([a-z]+)-([0-9]+)");
  std::cout << std::regex_replace("ab-12 c-3", pattern, "$2:$1") << '\n';
  for (const Value &each : {Value(3), Value("text"), Value(std::vector{1, 2, 3})})
    std::cout << show(each) << ' ';
  std::vector<int> v(100);
  std::iota(v.begin(), v.end(), 0);
  std::sort(v.begin(), v.end(), std::greater<>());
  std::cout << v[1] << std::endl;
}
""",
        ("-std=c++20",),
    ),
)
