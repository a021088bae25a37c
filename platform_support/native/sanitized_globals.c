// AddressSanitizer's list of variables, for code that can be unmapped.
//
// Its runtime never takes a variable off that list, and looks at the descriptions when it
// reports something (compiler-rt). So it gets copies of them, which
// stay; when a unit goes, its variables are nowhere any more. The compiler's calls come
// here instead (platform_support/replacements.py).
#include "forkrepl_platform.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// The runtime's __asan_global.
struct global {
  uint64_t address, size, size_with_redzone;
  const char *name, *module;
  uint64_t has_dynamic_initializer, place, odr_indicator;
};

struct copies {
  struct copies *older;
  const void *original; // where the unit has them
  uint64_t count;
  struct global globals[];
};

static struct copies *newest, *gone; // what is gone is still read
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void tell_runtime(const char *name, struct copies *copies) {
  void (*function)(struct global *, uint64_t) =
      (void (*)(struct global *, uint64_t))forkrepl_find_symbol(name);
  if (function)
    function(copies->globals, copies->count);
}

void forkrepl_register_globals(const void *globals, uint64_t count) {
  struct copies *copies = malloc(sizeof *copies + count * sizeof(struct global));
  if (!copies) // then their ends are not watched
    return;
  copies->original = globals;
  copies->count = count;
  memcpy(copies->globals, globals, count * sizeof(struct global));
  for (uint64_t i = 0; i < count; ++i) {
    struct global *each = &copies->globals[i];
    each->name = strdup(each->name);
    each->module = strdup(each->module);
    each->place = 0;
    if (!each->name || !each->module)
      each->name = each->module = "";
  }
  pthread_mutex_lock(&lock);
  copies->older = newest;
  newest = copies;
  pthread_mutex_unlock(&lock);
  tell_runtime("__asan_register_globals", copies);
}

void forkrepl_unregister_globals(const void *globals, uint64_t count) {
  struct copies *found = NULL;
  pthread_mutex_lock(&lock);
  for (struct copies **at = &newest; *at && !found;)
    if ((*at)->original == globals) {
      found = *at;
      *at = found->older;
    } else
      at = &(*at)->older;
  if (found) {
    found->older = gone;
    gone = found;
  }
  pthread_mutex_unlock(&lock);
  if (!found)
    return;
  tell_runtime("__asan_unregister_globals", found);
  for (uint64_t i = 0; i < found->count; ++i)
    found->globals[i].address = found->globals[i].size =
        found->globals[i].size_with_redzone = 0;
}

// The same with the ends of a section, and whether it has been done.
void forkrepl_register_elf_globals(uint64_t *done, const char *start, const char *end) {
  if (*done || start == end)
    return;
  *done = 1;
  forkrepl_register_globals(start, (uint64_t)(end - start) / sizeof(struct global));
}

void forkrepl_unregister_elf_globals(uint64_t *done, const char *start,
                                     const char *end) {
  if (!*done || start == end)
    return;
  *done = 0;
  forkrepl_unregister_globals(start, (uint64_t)(end - start) / sizeof(struct global));
}
