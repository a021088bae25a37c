"""Values of C's types."""

from __future__ import annotations

from tests.support.program import Run
from tests.tables.values import check_values

PRELUDE = """\
#include <complex.h>
#include <stdio.h>
#include <time.h>
#include <wchar.h>
struct point { int x, y; };
int square(int x) { return x * x; }
enum colour { red, green = 5 };
enum flags { A = 1, B = 2, C = 4 };
struct node { int value; struct node *next; };
struct opaque;
"""

# fmt: off
ROWS = [
    ("struct point p = {1, 2};", "p", "(struct point) { .x = 1, .y = 2 }"),
    ("", "(struct point){3, 4}", "(struct point) { .x = 3, .y = 4 }"),
    ("const struct point cp = {1, 2};", "cp", "(const struct point) { .x = 1, .y = 2 }"),
    ("typedef struct point Point; Point tp;", "tp", "(Point) { .x = 0, .y = 0 }"),
    ("struct point ps[2] = {{1, 2}};", "ps",
     "(struct point[2]) { { .x = 1, .y = 2 }, { .x = 0, .y = 0 } }"),
    ("struct line { struct point from; const char *name; } l = {{1, 2}, \"up\"};", "l",
     '(struct line) { .from = { .x = 1, .y = 2 }, .name = "up" }'),
    ("union u { int i; short s[2]; } u = {65537};", "u",
     "(union u) { .i = 65537, .s = { 1, 1 } }"),
    ("struct { int a; union { int b; unsigned c; }; struct { int d; }; } an = {1, {2}, {3}};", "an",
     "(struct (unnamed at -:25:1)) { .a = 1, .b = 2, .c = 2, .d = 3 }"),
    ("struct bits { unsigned a:3; int b:5; _Bool c:1; unsigned :4; unsigned long long d:40; }"
     " b = {5, -3, 1, 123456789012ULL};", "b",
     "(struct bits) { .a = 5, .b = -3, .c = true, .d = 123456789012 }"),
    ("", "b.b", "(int) -3"),
    ("struct packed { char a; int b; } __attribute__((packed)) pk = {'x', 258};", "pk",
     "(struct packed) { .a = 'x', .b = 258 }"),
    ("struct empty {} em;", "em", "(struct empty) {}"),
    ("struct flexible { int n; int d[]; }; static struct flexible wf = {3};", "wf",
     "(struct flexible) { .n = 3, .d = <array of unknown length, at 0x~> }"),
    ("struct node n2 = {2, 0}, n1 = {1, &n2};", "n1",
     "(struct node) { .value = 1, .next = 0x~ }"),
    ("", "n2", "(struct node) { .value = 2, .next = nullptr }"),
    ("struct opaque *op = 0;", "op", "(struct opaque *) nullptr"),

    ("enum colour c = green;", "c", "(enum colour) green (5)"),
    ("", "(enum colour)7", "(enum colour) 7"),
    ("", "(enum flags)3", "(enum flags) A | B (3)"),
    ("", "(enum flags)9", "(enum flags) 9"),
    ("", "(enum flags)0", "(enum flags) 0"),

    ("int grid[2][3] = {{1, 2, 3}, {4, 5, 6}};", "grid",
     "(int[2][3]) { { 1, 2, 3 }, { 4, 5, 6 } }"),
    ("", "grid[1]", "(int[3]) { 4, 5, 6 }"),
    ("int zero[0];", "zero", "(int[0]) {}"),
    ("char name[8] = \"ab\\n\";", "name", '(char[8]) "ab\\n"'),
    ("char full[2] = \"ab\";", "full", '(char[2]) "ab"'),
    ("char words[2][4] = {\"ab\", \"cd\"};", "words", '(char[2][4]) { "ab", "cd" }'),
    ("const char *s = \"text\";", "s", '(const char *) "text"'),
    ("const char *nothing = 0;", "nothing", "(const char *) nullptr"),
    ("const char *latin = \"caf\\xe9\";", "latin", '(const char *) "caf\\xe9"'),
    ("const char *control = \"\\x1b[31m\\x7f\\\"\\\\\";", "control",
     '(const char *) "\\x1b[31m\\x7f\\"\\\\"'),
    ("const char *words_[2] = {\"a\", 0};", "words_", '(const char *[2]) { "a", nullptr }'),
    ("int vals[150] = {1, 2, 3};", "vals[149]", "(int) 0"),

    ("double _Complex z = 1.5 - 2.0 * I;", "z", "(_Complex double) 1.5 - 2.0i"),
    ("float _Complex zf = 1;", "zf", "(_Complex float) 1.0 + 0.0i"),
    ("_Bool t = 1;", "t", "(_Bool) true"),
    ("__int128 big = -((__int128)1 << 100);", "big", f"(__int128) {-(1 << 100)}"),
    ("_Float16 h = 1.1f16;", "h", "(_Float16) 1.1"),
    ("__float128 q = 0.1q;", "q", "(__float128) 0.1"),
    ("", "(__float128)1e40", "(__float128) 1.000000000000000030378602842700367e+40"),
    ("__bf16 bf = 1.5;", "bf", "(__bf16) 1.5"),
    ("long double ld = 0.1L;", "ld", "(long double) 0.1"),
    ("_BitInt(5) bi = -3;", "bi", "(_BitInt(5)) -3"),
    ("unsigned _BitInt(70) ub = ((unsigned _BitInt(70))1 << 69);", "ub",
     f"(unsigned _BitInt(70)) {1 << 69}"),
    ("_Atomic int ai = 7;", "ai", "(int) 7"),
    ("volatile int vi = 3;", "vi", "(volatile int) 3"),
    ("typedef int v4si __attribute__((vector_size(16))); v4si v = {1, 2, 3, 4};", "v",
     "(v4si) { 1, 2, 3, 4 }"),
    ("typedef float f3 __attribute__((ext_vector_type(3))); f3 v3 = {1, 2, 3};", "v3",
     "(f3) { 1.0, 2.0, 3.0 }"),
    ("wchar_t wc[3] = L\"hi\";", "wc[0]", "(wchar_t) 104"),

    ("", "square", "(int (*)(int)) 0x~ <square>"),
    ("int (*f)(int) = square;", "f", "(int (*)(int)) 0x~ <square>"),
    ("struct ops { int (*f)(int); void *data; } ops = {square, 0};", "ops",
     "(struct ops) { .f = 0x~ <square>, .data = nullptr }"),
    ("int *ip = &p.x;", "ip", "(int *) 0x~"),
    ("struct timespec ts = {1, 2};", "ts", "(struct timespec) { .tv_sec = 1, .tv_nsec = 2 }"),
    ("struct tm tm = {.tm_year = 99};", "tm.tm_year", "(int) 99"),
    ("", "stdout", "(FILE *) 0x~"),
]
# fmt: on


def test_values_of_c(forkrepl: Run) -> None:
    check_values(forkrepl, ROWS, "-x", "c", prelude=PRELUDE)
