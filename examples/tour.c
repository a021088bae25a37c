#!/usr/bin/env forkrepl
/* A tour of C in the shell. Run it:   forkrepl examples/tour.c
 *
 * The file's name ends in .c, so this is C and not C++ (`-x c` says the same). Statements and
 * declarations run one after another; an expression without a semicolon shows its value. */
#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Values: (type) value. In C a character constant is an int. */
7 / 2
7 / 2.0
'A'
sizeof(long)

/* ---- Structures with designated initialisers: what is not named is zero. */
struct point { int x, y, z; };
struct point here = {.z = 3, .x = 1};
here.x + 10 * here.y + 100 * here.z

int primes[] = {[0] = 2, 3, 5, [5] = 13};
primes
sizeof primes / sizeof primes[0]

/* ---- Enumerations; a type is declared once and used by every later line. */
enum weekday { monday, tuesday, wednesday, sunday = 6 };
enum weekday today = wednesday;
today

/* ---- Unions show the same bytes as another type. */
union bits { float number; unsigned int word; };
union bits one = {.number = 1.0f};
one.word == 0x3f800000

/* ---- Strings are arrays of characters that end with a zero. */
char name[16] = "forkrepl";
name[0] = (char)toupper(name[0]);
name
strlen(name)
strcmp("apple", "pear") < 0

/* ---- Function pointers: a table of operations. */
int add(int a, int b) { return a + b; }
int multiply(int a, int b) { return a * b; }
struct operation { const char *symbol; int (*apply)(int, int); };
struct operation operations[] = {{"+", add}, {"*", multiply}};
for (int i = 0; i < 2; ++i)
    printf("6 %s 7 = %d\n", operations[i].symbol, operations[i].apply(6, 7));

/* ---- Static variables keep their value, in a function and outside. */
int next_number(void) {
    static int number = 100;
    return ++number;
}
next_number();
next_number()

static int calls = 0;
static void note_call(void) { ++calls; }
note_call(); note_call();
calls

/* ---- Variadic functions. */
int sum(int count, ...) {
    va_list arguments;
    va_start(arguments, count);
    int total = 0;
    while (count-- > 0) total += va_arg(arguments, int);
    va_end(arguments);
    return total;
}
sum(4, 10, 20, 30, 40)

/* ---- qsort calls back into our code. */
int by_length(const void *left, const void *right) {
    const char *a = *(const char *const *)left, *b = *(const char *const *)right;
    size_t x = strlen(a), y = strlen(b);
    return x != y ? (x > y) - (x < y) : strcmp(a, b);
}
const char *words[] = {"mapper", "fork", "executor", "slab", "linker"};
qsort(words, 5, sizeof words[0], by_length);
words

/* ---- malloc and free: a linked list. */
struct node { int value; struct node *next; };
struct node *push(struct node *list, int value) {
    struct node *node = malloc(sizeof *node);
    if (!node) abort();
    *node = (struct node){.value = value, .next = list};
    return node;
}
struct node *list = NULL;
for (int i = 1; i <= 4; ++i)
    list = push(list, i * i);
while (list) {
    struct node *next = list->next;
    printf("%d%s", list->value, next ? " -> " : "\n");
    free(list);
    list = next;
}

/* ---- At the end of the session the registered handlers run, the last one first. */
void say_goodbye(void) { puts("goodbye"); }
atexit(say_goodbye);
