// AddressSanitizer's list of variables, for code that can be unmapped.
//
// Its runtime never takes a variable off that list, and looks at the descriptions when it
// reports something (compiler-rt). So it gets copies of them, which
// stay; when a unit goes, its variables are nowhere any more. The compiler's calls come
// here instead (platform_support/replacements.py).
#define _GNU_SOURCE
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

static const char *append(char **end, const char *text) {
  const char *copy = *end;
  *end = stpcpy(*end, text) + 1;
  return copy;
}

void forkrepl_register_globals(const void *originals, uint64_t count) {
  const struct global *globals = originals;
  size_t size = sizeof(struct copies) + count * sizeof *globals, texts = 0;
  for (uint64_t i = 0; i < count; ++i)
    texts += strlen(globals[i].name) + strlen(globals[i].module) + 2;
  struct copies *copies = malloc(size + texts);
  if (!copies) // then their ends are not watched
    return;
  char *end = (char *)copies + size;
  copies->original = originals;
  copies->count = count;
  for (uint64_t i = 0; i < count; ++i) {
    copies->globals[i] = globals[i];
    copies->globals[i].name = append(&end, globals[i].name);
    copies->globals[i].module = append(&end, globals[i].module);
    copies->globals[i].place = 0;
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
