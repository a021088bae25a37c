#define _GNU_SOURCE
#include "sanitizers.h"
#include "connection.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#define REPORTS "FORKREPL_REPORTS" // the number of a descriptor

// <sanitizer/asan_interface.h> and <sanitizer/lsan_interface.h>: there or not, which only
// the dynamic linker knows.
typedef void region_function(const volatile void *start, size_t size);

static region_function *register_root, *unregister_root, *poison, *unpoison;

// <sanitizer/common_interface_defs.h>
static void (*set_report_descriptor)(void *descriptor);
static int reports = -1; // where they go
static uint32_t threads; // the runtime's

// What the controller has put in their places is not the user's
// (runtime/executor_client/sanitizer_runtime.py).
static const char *const variables[] = {"LD_PRELOAD", "ASAN_OPTIONS", "LSAN_OPTIONS",
                                        "TSAN_OPTIONS", "UBSAN_OPTIONS"};

static void restore(const char *variable) {
  char kept[64];
  snprintf(kept, sizeof kept, "FORKREPL_KEPT_%s", variable);
  const char *value = getenv(kept);
  if (!value)
    return;
  if (*value)
    setenv(variable, value, 1);
  else
    unsetenv(variable);
  unsetenv(kept);
}

static void *function(const char *name) { return dlsym(RTLD_DEFAULT, name); }

void sanitizers_begin(void) {
  const char *descriptor = getenv(REPORTS);
  if (!descriptor)
    return;
  reports = connection_lift(atoi(descriptor));
  unsetenv(REPORTS);
  for (size_t i = 0; i < sizeof variables / sizeof *variables; ++i)
    restore(variables[i]);
  register_root = function("__lsan_register_root_region");
  unregister_root = function("__lsan_unregister_root_region");
  poison = function("__asan_poison_memory_region");
  unpoison = function("__asan_unpoison_memory_region");
  set_report_descriptor = function("__sanitizer_set_report_fd");
  threads = function("__tsan_init") ? 1 : 0;
}

void sanitizers_attend(void) {
  if (set_report_descriptor && reports >= 0)
    set_report_descriptor((void *)(intptr_t)reports);
}

uint32_t sanitizers_threads(void) { return threads; }

void sanitizers_note_memory(uint64_t address, uint64_t size) {
  if (register_root)
    register_root((void *)address, size);
}

void sanitizers_forget_memory(uint64_t address, uint64_t size) {
  if (unregister_root)
    unregister_root((void *)address, size);
  if (unpoison)
    unpoison((void *)address, size);
}

void sanitizers_note_use(uint64_t address, uint64_t size, int is_in_use) {
  region_function *note = is_in_use ? unpoison : poison;
  if (note)
    note((void *)address, size);
}
