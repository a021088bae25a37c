// The JIT interface of debuggers (gdb's manual, "JIT Compilation Interface"; lldb
// knows it too): a list of object files in memory. A debugger that is attached has
// a breakpoint in the function below; one that comes later reads the list.
#include "forkrepl_platform.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

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

// What debuggers are shown for a while: entries, each with its object behind it.
static struct {
  char *start;
  size_t size;
} shown;

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

static void add(struct jit_code_entry *entry) {
  entry->prev_entry = NULL;
  entry->next_entry = __jit_debug_descriptor.first_entry;
  if (entry->next_entry)
    entry->next_entry->prev_entry = entry;
  __jit_debug_descriptor.first_entry = entry;
  tell(JIT_REGISTER, entry);
}

static void take_away(struct jit_code_entry *entry) {
  if (entry->prev_entry)
    entry->prev_entry->next_entry = entry->next_entry;
  else
    __jit_debug_descriptor.first_entry = entry->next_entry;
  if (entry->next_entry)
    entry->next_entry->prev_entry = entry->prev_entry;
  tell(JIT_UNREGISTER, entry);
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
  add(&added->entry);
  pthread_mutex_unlock(&lock);
  return 0;
}

static int is_shown(const struct jit_code_entry *entry) {
  const char *at = (const char *)entry;
  return at >= shown.start && at < shown.start + shown.size;
}

void forkrepl_debugger_forget(uint64_t dso_handle) {
  pthread_mutex_lock(&lock);
  struct jit_code_entry *entry = __jit_debug_descriptor.first_entry;
  while (entry) {
    struct debug_object *object = (struct debug_object *)entry;
    entry = entry->next_entry;
    if (!is_shown(&object->entry) && object->dso_handle == dso_handle) {
      take_away(&object->entry);
      free(object);
    }
  }
  pthread_mutex_unlock(&lock);
}

// The entry of what is at an offset of the memory that is shown; NULL after the last.
static struct jit_code_entry *shown_at(size_t *offset) {
  struct jit_code_entry *entry = (struct jit_code_entry *)(shown.start + *offset);
  if (shown.size - *offset < sizeof *entry ||
      entry->symfile_size > shown.size - *offset - sizeof *entry)
    return NULL;
  entry->symfile_addr = (const char *)(entry + 1);
  *offset += sizeof *entry + ((entry->symfile_size + 15) & ~15ul);
  if (*offset > shown.size)
    *offset = shown.size;
  return entry;
}

static void show(void (*each)(struct jit_code_entry *entry)) {
  struct jit_code_entry *entry;
  for (size_t offset = 0; shown.start && (entry = shown_at(&offset));)
    each(entry);
}

int forkrepl_debugger_show(int descriptor) {
  struct stat file;
  show(take_away);
  if (shown.start)
    munmap(shown.start, shown.size);
  shown.start = NULL;
  shown.size = 0;
  if (descriptor < 0)
    return 0;
  if (fstat(descriptor, &file))
    return errno;
  size_t size = (size_t)file.st_size;
  void *start = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, 0);
  if (start == MAP_FAILED)
    return errno;
  shown.start = start;
  shown.size = size;
  show(add);
  return 0;
}

__attribute__((noinline)) void forkrepl_debugged_input_ends(void) {
  __asm__ volatile("" ::: "memory"); // it has to be called, for those who stop here
}
