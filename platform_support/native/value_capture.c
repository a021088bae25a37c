// Takes the value of an expression without `;` (see value_capture.h of the frontend,
// which makes the snippet call these functions), and keeps it for `_`.
//
// What is kept is dropped when its unit goes and at exit, in the order of static
// objects: it is on the list of handlers.c. And it is dropped when the next one of its
// kind takes its place. There are two kinds, so that numbers do not drop objects: after
// a std::string, `_.size()` leaves the string where it is.
#include "handlers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct kept {
  void (*drop)(void *);
  void *object;
};

static struct kept bytes, held; // the last ones; they may have gone with their units
static void (*look)(const struct forkrepl_value *);
static int is_running;                    // a snippet is
static void *unit;                        // that it belongs to
static struct forkrepl_outcome *reported; // what becomes of it

void forkrepl_attend_values(void (*function)(const struct forkrepl_value *)) {
  look = function;
}

void forkrepl_values_begin(void *dso_handle, struct forkrepl_outcome *outcome) {
  is_running = 1;
  unit = dso_handle;
  reported = outcome;
}

void forkrepl_values_end(void) { is_running = 0; }

static void show(const struct forkrepl_value *value) {
  int of_program = errno;
  if (look)
    look(value);
  errno = of_program;
}

// Shows the value; then what is kept takes the place of the last one.
static void show_and_keep(struct forkrepl_value *value, struct kept *last,
                          struct kept next) {
  struct kept before = *last;
  // First of all: what is gone may have been where the next one is.
  int is_there = before.object && forkrepl_handler_cancel(before.drop, before.object);
  *last = next;
  if (next.object && forkrepl_cxa_atexit(next.drop, next.object, unit) == 0)
    value->kept = (uint64_t)next.object;
  else
    value->keep = FORKREPL_NOT_KEPT;
  show(value);
  if (is_there)
    forkrepl_guarded_call(before.drop, before.object, reported);
}

void __forkrepl_capture_value(const void *object, unsigned long size, int keep) {
  struct forkrepl_value value = {(uint64_t)object, size, (uint64_t)object, keep};
  if (!is_running)
    return;
  // What is not there shall be a crash of the expression's, with a report.
  if (size)
    (void)*(const volatile char *)object;
  if (keep != FORKREPL_BYTES)
    return show(&value);
  void *copy = malloc(size ? size : 1);
  if (copy)
    memcpy(copy, object, size);
  show_and_keep(&value, &bytes, (struct kept){free, copy});
}

void *__forkrepl_allocate_value(unsigned long size, unsigned long alignment) {
  void *memory = NULL;
  if (alignment < sizeof(void *))
    alignment = sizeof(void *);
  return posix_memalign(&memory, alignment, size) ? NULL : memory;
}

void __forkrepl_free_value(void *memory) { free(memory); }

void __forkrepl_hold_object(void *object, unsigned long size, void (*drop)(void *)) {
  struct forkrepl_value value = {(uint64_t)object, size, 0, FORKREPL_HELD};
  if (is_running && object)
    show_and_keep(&value, &held, (struct kept){drop, object});
}
