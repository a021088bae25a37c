#pragma once

#include "handlers.h"

// runtime/addresses.py has these too.
#define MODULE_OF_UNIT (UINT64_C(1) << 62)
#define STATIC_MODULE (MODULE_OF_UNIT | (MODULE_OF_UNIT - 1))

static inline char *thread_pointer(void) { return __builtin_thread_pointer(); }

// Gives a unit's variables in the static block their first values, in this thread
// and in those to come; zeros without an image. 0, or an errno value.
int forkrepl_static_thread_locals_set(const struct forkrepl_unit *unit,
                                      const void *image);
