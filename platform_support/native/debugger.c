// The JIT interface of debuggers (gdb's manual, "JIT Compilation Interface"; lldb
// knows it too): a list of object files in memory. A debugger that is attached has
// a breakpoint in the function below; one that comes later reads the list.
#include "forkrepl_platform.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum jit_action { JIT_NOACTION = 0, JIT_REGISTER = 1, JIT_UNREGISTER = 2 };

struct jit_code_entry {
  struct jit_code_entry *next_entry;
  struct jit_code_entry *prev_entry;
  const char *symfile_addr;
  uint64_t symfile_size;
};

struct jit_descriptor {
  uint32_t version;
  uint32_t action_flag; // an enum jit_action
  struct jit_code_entry *relevant_entry;
  struct jit_code_entry *first_entry;
};

// Debuggers look for these two by name.
struct jit_descriptor __jit_debug_descriptor = {1, JIT_NOACTION, NULL, NULL};

__attribute__((noinline)) void __jit_debug_register_code(void) {
  __asm__ volatile("" ::: "memory"); // nothing may be called before it is stored
}

// The entry is the first member: an entry of the list is one of these.
struct debug_object {
  struct jit_code_entry entry;
  uint64_t dso_handle; // of its unit
  char contents[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void tell(enum jit_action action, struct jit_code_entry *entry) {
  __jit_debug_descriptor.relevant_entry = entry;
  __jit_debug_descriptor.action_flag = action;
  __jit_debug_register_code();
  __jit_debug_descriptor.relevant_entry = NULL;
  __jit_debug_descriptor.action_flag = JIT_NOACTION;
}

static void add(struct debug_object *object) {
  struct jit_code_entry *entry = &object->entry;
  entry->prev_entry = NULL;
  entry->next_entry = __jit_debug_descriptor.first_entry;
  if (entry->next_entry)
    entry->next_entry->prev_entry = entry;
  __jit_debug_descriptor.first_entry = entry;
  tell(JIT_REGISTER, entry);
}

static void take_away(struct debug_object *object) {
  struct jit_code_entry *entry = &object->entry;
  if (entry->prev_entry)
    entry->prev_entry->next_entry = entry->next_entry;
  else
    __jit_debug_descriptor.first_entry = entry->next_entry;
  if (entry->next_entry)
    entry->next_entry->prev_entry = entry->prev_entry;
  tell(JIT_UNREGISTER, entry);
  free(object);
}

int forkrepl_debugger_add(uint64_t dso_handle, const void *contents, size_t size) {
  struct debug_object *added = malloc(sizeof *added + size);
  if (!added) {
    forkrepl_debugger_forget(dso_handle);
    return ENOMEM;
  }
  added->dso_handle = dso_handle;
  memcpy(added->contents, contents, size);
  added->entry.symfile_addr = added->contents;
  added->entry.symfile_size = size;
  pthread_mutex_lock(&lock);
  add(added);
  pthread_mutex_unlock(&lock);
  return 0;
}

void forkrepl_debugger_forget(uint64_t dso_handle) {
  pthread_mutex_lock(&lock);
  struct jit_code_entry *entry = __jit_debug_descriptor.first_entry;
  while (entry) {
    struct debug_object *object = (struct debug_object *)entry;
    entry = entry->next_entry;
    if (object->dso_handle == dso_handle)
      take_away(object);
  }
  pthread_mutex_unlock(&lock);
}
