// The functions that Clang's interpreter makes a snippet call to hand over the
// value of an expression without `;` (clang/Interpreter/Value.h). Clang's own
// versions live in the process that has Clang's AST; here the type is a handle
// and the bytes are taken as they come.
#include "forkrepl_platform.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { STORAGE_ALIGNMENT = 64 };

static struct forkrepl_value *current; // only while a snippet runs
static size_t current_size;
static void *storage; // of the last value: printed after the snippet is done

void forkrepl_value_begin(struct forkrepl_value *value, size_t size) {
  current = value;
  current_size = size;
}

void forkrepl_value_end(void) { current = NULL; }

#if defined(__has_attribute) && __has_attribute(no_sanitize)
__attribute__((no_sanitize("address")))
#endif
void __clang_Interpreter_SetValueNoAlloc(void *interpreter, void *out,
                                         void *type, ...) {
  if (!current)
    return;
  current->present = 1;
  current->type = (uint64_t)type;
  // Which of the three was passed depends on the type; reading the others
  // yields whatever was in the registers and does no harm (psABI 3.5.7).
  va_list arguments;
  va_start(arguments, type);
  current->integer = va_arg(arguments, uint64_t);
  current->floating = va_arg(arguments, double);
  long double extended = va_arg(arguments, long double);
  va_end(arguments);
  memcpy(current->extended, &extended, sizeof current->extended);
}

void *__clang_Interpreter_SetValueWithAlloc(void *interpreter, void *out,
                                            void *type) {
  size_t size = (current_size + STORAGE_ALIGNMENT) & ~(size_t)(STORAGE_ALIGNMENT - 1);
  free(storage);
  storage = aligned_alloc(STORAGE_ALIGNMENT, size);
  if (!storage)
    abort();
  memset(storage, 0, size);
  if (current) {
    current->present = 1;
    current->type = (uint64_t)type;
    current->storage = (uint64_t)storage;
  }
  return storage;
}

// operator new(size_t, void *, __clang_Interpreter_NewTag): placement new that
// no user declaration can hide, and the tag object that selects it.
void *_ZnwmPv26__clang_Interpreter_NewTag(size_t size, void *place) {
  return place;
}

char __ci_newtag;
