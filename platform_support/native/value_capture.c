// Takes the value of an expression without `;` (see value_capture.h of the frontend,
// which makes the snippet call these functions), and keeps it for `_`.
//
// What is kept is dropped when its unit goes and at exit, in the order of static
// objects: it is on the list of handlers.c. And it is dropped when newer ones of its kind
// take its place. The kinds are apart, so that numbers do not drop objects: after
// a std::string, `_.size()` leaves the string where it is.
#include "deadly_handlers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct kept {
  void (*drop)(void *);
  void *object; // NULL: there is none any more
  uint64_t size;
};

// The last ones of a kind, oldest first; they may have gone with their units.
struct ring {
  struct kept kept[FORKREPL_MOST_VALUES_KEPT + 1];
  unsigned count, most;
  uint64_t most_bytes;
};

static struct ring rings[] = {
    [FORKREPL_BYTES] = {.most = 1, .most_bytes = UINT64_MAX},
    [FORKREPL_HELD] = {.most = 1, .most_bytes = UINT64_MAX},
    [FORKREPL_NUMBERED_BYTES] = {.most = FORKREPL_MOST_VALUES_KEPT,
                                 .most_bytes = FORKREPL_MOST_BYTES_KEPT},
    [FORKREPL_NUMBERED_HELD] = {.most = FORKREPL_MOST_OBJECTS_KEPT,
                                .most_bytes = UINT64_MAX},
};
static void (*look)(const struct forkrepl_value *);
static int is_running;                    // a snippet is
static void *unit;                        // that it belongs to
static struct forkrepl_outcome *reported; // what becomes of it

// What code with AddressSanitizer's checks calls; NULL without its runtime.
__attribute__((weak)) void __asan_loadN(void *address, long size);

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

// What has been where `object` is now went with its unit.
static void forget(const void *object) {
  for (size_t kind = 0; kind < sizeof rings / sizeof *rings; ++kind)
    for (unsigned i = 0; i < rings[kind].count; ++i)
      if (rings[kind].kept[i].object == object)
        rings[kind].kept[i].object = NULL;
}

// How many of the oldest have to go.
static unsigned surplus(const struct ring *ring) {
  uint64_t bytes = 0;
  unsigned left = 0;
  for (; left < ring->count && left < ring->most; ++left) {
    bytes += ring->kept[ring->count - 1 - left].size;
    if (left && bytes > ring->most_bytes)
      break;
  }
  return ring->count - left;
}

// Shows the value; then what is kept takes the place of older ones.
static void show_and_keep(struct forkrepl_value *value, struct kept next) {
  struct ring *ring = &rings[value->keep];
  struct kept gone[FORKREPL_MOST_VALUES_KEPT + 1];
  // First of all: what is gone may have been where the next one is.
  forget(next.object);
  if (!next.object || forkrepl_cxa_atexit(next.drop, next.object, unit) != 0) {
    value->keep = FORKREPL_NOT_KEPT;
    return show(value);
  }
  value->kept = (uint64_t)next.object;
  ring->kept[ring->count++] = next;
  unsigned count = surplus(ring), dropped = 0;
  for (unsigned i = 0; i < count; ++i) {
    struct kept each = ring->kept[i];
    if (each.object && forkrepl_handler_cancel(each.drop, each.object))
      gone[dropped++] = each;
  }
  ring->count -= count;
  memmove(ring->kept, ring->kept + count, ring->count * sizeof *ring->kept);
  show(value);
  for (unsigned i = 0; i < dropped; ++i)
    forkrepl_handler_call((struct forkrepl_handler_identity){(uint64_t)gone[i].drop,
                                                             (uint64_t)gone[i].object},
                          gone[i].drop, gone[i].object, reported);
}

void __forkrepl_capture_value(const void *object, unsigned long size, int keep) {
  struct forkrepl_value value = {(uint64_t)object, size, (uint64_t)object, keep};
  if (!is_running)
    return;
  // What is not there shall be a crash of the expression's, with a report.
  if (size && __asan_loadN)
    __asan_loadN((void *)object, (long)size);
  else if (size)
    (void)*(const volatile char *)object;
  if (keep != FORKREPL_BYTES && keep != FORKREPL_NUMBERED_BYTES)
    return show(&value);
  void *copy = malloc(size ? size : 1);
  if (copy)
    memcpy(copy, object, size);
  show_and_keep(&value, (struct kept){free, copy, size});
}

void *__forkrepl_allocate_value(unsigned long size, unsigned long alignment) {
  void *memory = NULL;
  if (alignment < sizeof(void *))
    alignment = sizeof(void *);
  return posix_memalign(&memory, alignment, size) ? NULL : memory;
}

void __forkrepl_free_value(void *memory) { free(memory); }

void __forkrepl_hold_object(void *object, unsigned long size, int keep,
                            void (*drop)(void *)) {
  struct forkrepl_value value = {(uint64_t)object, size, 0, keep};
  if (is_running && object)
    show_and_keep(&value, (struct kept){drop, object, size});
}
