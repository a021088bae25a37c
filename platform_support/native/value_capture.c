// Takes the value of an expression without `;` (see value_capture.h of the
// frontend, which makes the snippet call this).
#include "forkrepl_platform.h"

#include <stdlib.h>
#include <string.h>

// Nobody prints more of one value; a larger one is cut.
enum { MOST_BYTES = 1 << 20 };

static struct forkrepl_value *current; // only while a snippet runs
static void *storage; // of the last value: printed after the snippet is done

void forkrepl_value_begin(struct forkrepl_value *value) { current = value; }

void forkrepl_value_end(void) { current = NULL; }

void __forkrepl_capture_value(const void *object, unsigned long size) {
  if (!current)
    return;
  if (size > MOST_BYTES)
    size = MOST_BYTES;
  free(storage);
  storage = malloc(size ? size : 1);
  if (!storage)
    return;
  memcpy(storage, object, size);
  current->present = 1;
  current->address = (uint64_t)object;
  current->storage = (uint64_t)storage;
  current->size = size;
}
