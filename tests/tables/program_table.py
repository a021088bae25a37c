"""Programs of one file, a row for each kind of thing that is easily got wrong here.

``test_programs.py`` compares what they do natively with what they do in forkrepl. All
that they do is in what they print, and in their exit status.
"""

from __future__ import annotations

from dataclasses import dataclass

C, CXX = "c", "cpp"


@dataclass(frozen=True)
class Row:
    """``suffix``: of the file; ``flags``: of the compiler's."""

    name: str
    suffix: str
    text: str
    flags: tuple[str, ...] = ()


ROWS = (
    Row(
        "names of inner scopes",
        C,
        r"""
#include <stdio.h>
int n = 5;
static int count = 7;
typedef long T;
enum { red = 1 };
struct S { int a; };
int sq(int n) { return n * n; }
int next(void) { static int count; static int n = 40; return ++count + n++; }
int other(void) { static int count = 100; typedef char T; enum { red = 9 };
  struct S { char c[3]; }; return ++count + sizeof(T) + red + sizeof(struct S); }
int jumps(int k) { if (k) goto out; return 1; out: return 2; }
int again(int k) { if (k) goto out; return 3; out: return 4; }
int main(void) {
  next();
  printf("%d %d %d %d %d %d %d %zu %zu\n", n, sq(3), next(), other(), count, red,
         jumps(1) + again(1), sizeof(T), sizeof(struct S));
  { extern int n; int count = 3; printf("%d %d\n", n, count); }
  for (int n = 0; n < 2; ++n) printf("%d", n);
  printf(" %d %d\n", n, count);
}
""",
    ),
    Row(
        "used before it is defined",
        C,
        r"""
#include <stdio.h>
int late(int);
extern int value;
int tentative;
static int quiet(void);
int even(unsigned n);
int odd(unsigned n) { return n ? even(n - 1) : 0; }
struct later;
int size(struct later *);
int main(void) { printf("%d %d %d %d %d %d\n", late(2), value, tentative, quiet(), odd(7),
                        size(0)); return tentative; }
int even(unsigned n) { return n ? odd(n - 1) : 1; }
static int quiet(void) { return value + 1; }
int value = 41;
int tentative = 6;
int tentative;
int late(int x) { return x * x; }
struct later { int a[5]; };
int size(struct later *p) { return sizeof *p; }
""",
    ),
    Row(
        "parameters as in 1978, and what macros make of them",
        C,
        r"""
#include <stdio.h>
#define ARGS (int a, int b)
#define BEGIN {
#define END }
int
old(a, b)
    int a;
    char *b;
{
  return a + b[0];
}
static int
sum ARGS
BEGIN
  return a + b;
END
#ifdef UNKNOWN
int chosen(void) {
  return 1;
#else
int chosen(void) {
  return 2;
#endif
}
__attribute__((noinline))
int
marked(void)
{
  return 3;
}
int main() { printf("%d %d %d %d\n", old(1, "a"), sum(2, 3), chosen(), marked()); return 0; }
""",
        ("-Wno-deprecated-non-prototype",),
    ),
    Row(
        "places",
        C,
        r"""#include <stdio.h>
/* one
 two */ int first = __LINE__; /* three
*/
const char *slashes = "/* no comment"; // and \
int not_there;
#line 100 "named.c"
int hundred = __LINE__;

int main(void) {
  printf("%d %d %s %s %d %d\n", first, hundred, __FILE__, __func__, __LINE__, __COUNTER__);
#line 7
  printf("%d %s %d\n", __LINE__, __FILE__, __COUNTER__);
  return 0;
}
""",
    ),
    Row(
        "what only C has",
        C,
        r"""
#include <stdio.h>
#include <stdlib.h>
struct outer { struct inner { int x; } in; enum color { blue = 3 } c; };
struct inner one = { .x = 4 };
int table[] = { [3] = 9, [1] = 2 };
struct outer *make(void) { struct outer *p = malloc(sizeof *p); p->in = one; p->c = blue;
  return p; }
int class = 1, new = 2;
double vla(int n) { double a[n]; for (int i = 0; i < n; ++i) a[i] = i; return a[n - 1]; }
int computed(int k) { static void *to[] = { &&a, &&b }; goto *to[k]; a: return 10;
  b: return 11; }
_Complex double z = 1.0i;
int main(void) {
  int compound = ((struct inner){ 7 }).x + ({ int t = 1; t + 1; });
  printf("%d %d %zu %d %g %d %d %g %s\n", make()->in.x, make()->c,
         sizeof table / sizeof *table, class + new, vla(4), computed(1), compound,
         __imag__ z, _Generic(1.0f, float: "float", default: "other"));
  return EXIT_SUCCESS;
}
""",
    ),
    Row(
        "symbols by attributes and assembly",
        C,
        r"""
#include <stdio.h>
int real(void) { return 1; }
int alias(void) __attribute__((alias("real")));
__attribute__((weak)) int weak(void) { return 2; }
extern int nowhere(void) __attribute__((weak));
static int chosen(void) { return 3; }
static int (*choose(void))(void) { return chosen; }
int indirect(void) __attribute__((ifunc("choose")));
int renamed(void) __asm__("other_name");
int renamed(void) { return 4; }
__asm__(".globl from_assembly\n.type from_assembly, @function\n"
        "from_assembly: movl $5, %eax\nret\n");
int from_assembly(void);
int main(void) { printf("%d%d%d%d%d%d\n", alias(), weak(), !nowhere, indirect(), renamed(),
                        from_assembly()); return 0; }
""",
    ),
    Row(
        "order of constructors and of the end",
        CXX,
        r"""
#include <cstdio>
#include <cstdlib>
struct Say { const char *s; Say(const char *s) : s(s) { puts(s); } ~Say() { printf("~%s\n", s); } };
Say plain("plain");
__attribute__((init_priority(300))) Say late("300");
__attribute__((init_priority(200))) Say early("200");
__attribute__((constructor(250))) void between(int argc, char **argv, char **env) {
  printf("250 %d %d\n", argc, argv[1] == nullptr && env != nullptr); }
__attribute__((constructor)) void usual() { puts("constructor"); }
__attribute__((destructor(250))) void end_between() { puts("destructor 250"); }
__attribute__((destructor)) void end() { puts("destructor"); }
thread_local Say mine("thread");
void bye() { puts("atexit"); }
int main() { static Say inner("inner"); atexit(bye); mine.s = "thread's"; return 300; }
""",
    ),
    Row(
        "when variables begin",
        CXX,
        r"""
#include <cstdio>
#include <map>
#include <string>
int i = 2;
static int s = i + 1;
const int was = i;
int twelve() { return 12; }
template <class T> T vt = twelve() + 1;
int w = vt<int>;
template <class T> struct R { static inline std::map<int, int> m; static int n; };
template <class T> int R<T>::n = twelve();
inline int shared = twelve() + 2;
static thread_local int a = twelve();
namespace { int hidden = i + 10; }
auto g = [k = i](int x) { static int calls; return x + k + ++calls; };
int main() {
  R<int>::m[1] = 2;
  i = 9;
  printf("%d %d %d %d %d %d %d %d\n", s, was, w, R<int>::m[1], R<char>::n, shared, a, hidden);
  int one = g(1), two = g(1);
  printf("%d %d\n", one, two);
}
""",
    ),
    Row(
        "classes whose members come later",
        CXX,
        r"""
#include <cstdio>
#include <string>
#include <vector>
struct A { A(); virtual ~A(); virtual int f() const; static int count; int g() { return h() + 1; }
  int h(); };
struct Base { virtual ~Base() {} int b = 1; };
struct Left : virtual Base { Left() { b += 2; } };
struct Right : virtual Base { Right() { b *= 5; } };
struct Both : Left, Right { int sum() { return b; } };
std::vector<std::string>
names();
A::A() { ++count; }
A::~A() { --count; }
int A::f() const { return 5; }
int A::h() { return 6; }
int A::count;
int main() {
  A a;
  Both both;
  Base &base = both;
  printf("%d %d %d %d %zu\n", A::count, a.f(), a.g(), dynamic_cast<Both &>(base).sum(),
         names().size());
}
std::vector<std::string>
names()
{
  return {"a", "b", "c"};
}
""",
    ),
    Row(
        "what looks like a statement",
        CXX,
        r"""
#include <cstdio>
#include <string>
using namespace std;
struct C { int v; C(int v) : v(v) {} C *self(); };
C
make(int a)
{
  return C(a);
}
C *
C::self() {
  return this;
}
C (wrapped)(3);
int (called)(int);
alignas(16)
int aligned;
namespace { string unnamed = "x"; }
extern "C" { int linkage() { return 8; } }
const char *raw = R"(/* not " a
comment)";
string chained() {
  string s;
  s.append("a")
   .append("b");
  return s;
}
#pragma pack(push, 1)
struct Packed { char c; int i; };
#pragma pack(pop)
int main() {
  printf("%d %d %d %zu %s %s %d %zu\n", make(1).v, wrapped.self()->v, called(1),
         (size_t)&aligned % 16, raw, chained().c_str(), linkage(), sizeof(Packed) + unnamed.size());
}
int called(int x) { return x + 1; }
""",
    ),
    Row(
        "evaluated by the compiler",
        CXX,
        r"""
#include <array>
#include <cstdio>
#include <string_view>
consteval int square(int n) { return n * n; }
constexpr auto table = [] {
  std::array<int, 5> t{};
  for (int i = 0; i < 5; ++i) t[i] = square(3) + i;
  return t;
}();
template <class T> concept Small = sizeof(T) <= 4;
template <Small T> const char *size(T) { return "small"; }
template <class T> const char *size(T) { return "large"; }
constinit int started = square(4);
template <class... T> int sum(T... all) { return (all + ... + 0); }
int main() {
  using namespace std::literals;
  static_assert("abc"sv.size() == 3);
  printf("%d %d %s %s %d %d\n", square(5), table[4], size(1), size(1.0), started, sum(1, 2, 3));
}
""",
        ("-std=c++20",),
    ),
    Row(
        "threads",
        CXX,
        r"""
#include <cstdio>
#include <future>
#include <mutex>
#include <thread>
#include <vector>
thread_local int mine = 3;
std::once_flag once;
struct Last { ~Last() { puts("last"); } } last;
int main() {
  std::vector<std::thread> all;
  int results[4] = {};
  for (int i = 0; i < 4; ++i)
    all.emplace_back([&, i] {
      std::call_once(once, [] { puts("once"); });
      results[i] = ++mine + i;
    });
  for (auto &thread : all) thread.join();
  printf("%d %d %d %d %d\n", results[0], results[1], results[2], results[3], mine);
  auto thrown = std::async([]() -> int { throw 7; });
  try { thrown.get(); } catch (int n) { printf("caught %d\n", n); }
  std::thread([] { std::exit(5); }).join();
}
""",
    ),
    Row(
        "exceptions",
        CXX,
        r"""
#include <cstdio>
#include <stdexcept>
struct D { const char *s; ~D() { puts(s); } };
int parse(int n) try { D d{"unwound"}; if (n) throw std::out_of_range("far"); return n; }
catch (const std::logic_error &e) { puts(e.what()); return 2; }
int main() {
  printf("%d\n", parse(1));
  try {
    try { throw 4; } catch (...) { D d{"rethrown"}; throw; }
  } catch (int n) { printf("%d\n", n); }
  return parse(0);
}
""",
    ),
    Row(
        "an exception that nobody catches",
        CXX,
        r"""
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
struct D { ~D() { puts("never unwound"); } };
int main() {
  std::set_terminate([] {
    try { throw; } catch (const std::exception &e) { printf("terminated by %s\n", e.what()); }
    fflush(stdout);
    _Exit(9);
  });
  D d;
  throw std::runtime_error("mine");
}
""",
    ),
    Row(
        "an initializer throws",
        CXX,
        r"""
#include <cstdio>
struct First { First() { puts("first"); fflush(stdout); } ~First() { puts("never"); } } first;
int fails() { throw 5; }
int value = fails();
int main() { puts("not reached"); }
""",
    ),
    Row(
        "the end by a signal",
        C,
        r"""
#include <stdio.h>
int main(void) { printf("before\n"); fflush(stdout); *(volatile int *)0 = 1; return 0; }
""",
    ),
    Row(
        "an assertion",
        C,
        r"""
#include <assert.h>
int main(int argc, char **argv) { assert(argc > 5); return argv[0][0]; }
""",
    ),
    Row(
        "the end by quick_exit",
        CXX,
        r"""
#include <cstdio>
#include <cstdlib>
struct D { ~D() { puts("never"); } } d;
int main() { std::at_quick_exit([] { puts("quick"); fflush(stdout); }); std::quick_exit(4); }
""",
    ),
    Row(
        "operator new and delete replaced",
        CXX,
        r"""
#include <cstdio>
#include <cstdlib>
#include <locale>
#include <new>
#include <sstream>
#include <string>
static int news, deletes;
void *operator new(std::size_t size) { ++news; return std::malloc(size); }
void operator delete(void *p) noexcept { ++deletes; std::free(p); }
void operator delete(void *p, std::size_t) noexcept { ++deletes; std::free(p); }
int main() {
  {
    std::string s(40, 'x');
    int before = news;
    s.reserve(1000);                     // in the library
    std::ostringstream out;
    out << s << s << s;
    std::string copy = out.str();
    printf("%d %zu\n", news > before + 1, copy.size());
  }
  int *many = new int[3];
  int *none = new (std::nothrow) int;
  delete[] many;
  delete none;
  printf("%d\n", news == deletes);
}
""",
    ),
    Row(
        "malloc replaced",
        C,
        r"""
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static char pool[1 << 20];
static size_t used;
static int calls;
void *malloc(size_t size) {
  ++calls;
  size_t *p = (size_t *)(pool + used);
  used += (size + 31) / 16 * 16;
  if (used > sizeof pool) return NULL;
  *p = size;
  return p + 2;
}
void free(void *p) { if (p && ((char *)p < pool || (char *)p > pool + sizeof pool)) abort(); }
void *calloc(size_t n, size_t size) {
  void *p = malloc(n * size);
  return p ? memset(p, 0, n * size) : p;
}
void *realloc(void *p, size_t size) {
  void *q = malloc(size);
  if (p && q) { size_t old = ((size_t *)p)[-2]; memcpy(q, p, old < size ? old : size); }
  return q;
}
int main(void) {
  int before = calls;
  char *copy = strdup("copied by the library"), *made, *line = NULL;
  asprintf(&made, "%s %d", copy, 7);
  size_t size = 0;
  FILE *file = fmemopen("a line\n", 7, "r");
  getline(&line, &size, file);
  fclose(file);
  free(copy);
  int inside = copy > pool && copy < pool + sizeof pool && made > pool && line > pool;
  printf("%d %d %s %s", calls > before + 2, inside, made, line);
  return 0;
}
""",
    ),
    Row(
        "coroutines",
        CXX,
        r"""
#include <coroutine>
#include <cstdio>
struct Numbers {
  struct promise_type {
    int value;
    Numbers get_return_object() {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    std::suspend_always yield_value(int n) { value = n; return {}; }
    void return_void() {}
    void unhandled_exception() {}
  };
  std::coroutine_handle<promise_type> handle;
  ~Numbers() { handle.destroy(); }
};
Numbers count(int to) { for (int i = 0; i < to; ++i) co_yield i * i; }
int main() {
  Numbers numbers = count(4);
  for (numbers.handle.resume(); !numbers.handle.done(); numbers.handle.resume())
    printf("%d ", numbers.handle.promise().value);
  puts("");
}
""",
        ("-std=c++20",),
    ),
    Row(
        "the first program of a student",
        CXX,
        r"""
#include <algorithm>
#include <iostream>
#include <map>
#include <regex>
#include <vector>
using namespace std;
int main()
{
  map<string, int> counts;
  string text = "the quick brown fox jumps over the lazy dog";
  regex word("[a-z]+");
  for (sregex_iterator i(text.begin(), text.end(), word), e; i != e; ++i)
    ++counts[i->str()];
  for (auto &[name, n] : counts)
    cout << name << ' ' << n << endl;
  cerr << "done" << endl;
  return counts.size() == 8 ? 0 : 1;
}
""",
        ("-O2",),
    ),
)
