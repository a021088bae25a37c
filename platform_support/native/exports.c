// Shared objects that come from memory: they tell the dynamic linker what has been
// linked here, for libraries that are opened later (runtime/linker/exported_symbols.py).
#define _GNU_SOURCE
#include "forkrepl_platform.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct opened {
  struct opened *next;
  void *handle;
};

static struct opened *all;

// A path of the descriptor that no path was before: the dynamic linker knows what
// it has opened by name, and descriptors' numbers come again. A debugger opens it too, in
// its own process: there /proc/self/fd is something else, perhaps a pipe that nobody
// writes to, and it would wait for ever.
static void make_path(char *path, size_t size, int descriptor) {
  static unsigned count;
  size_t used = (size_t)snprintf(path, size, "/proc/%d/fd", (int)getpid());
  if (access(path, X_OK)) // another namespace's /proc
    used = (size_t)snprintf(path, size, "/proc/self/fd");
  for (unsigned bits = ++count; bits; bits >>= 1)
    used += (size_t)snprintf(path + used, size - used, bits & 1 ? "/." : "/");
  snprintf(path + used, size - used, "/%d", descriptor);
}

// The descriptor is closed then, and forks have the object under the same name: so that no
// debugger looks for a file, it has none, as the program itself. The dynamic linker goes on
// to know what it was opened as.
static void drop_name(void *handle) {
  const struct link_map *map = handle;
  map->l_name[0] = 0;
}

// Without memfd_create(2), or /proc to open a descriptor by: a file of a temporary folder, for
// the moment in which it is opened. Its descriptor, or -1.
static int create_named(char *path, size_t size) {
  const char *folders[] = {getenv("TMPDIR"), "/tmp", "/var/tmp", "/dev/shm"};
  for (size_t i = 0; i < sizeof folders / sizeof *folders; ++i) {
    if (!folders[i])
      continue;
    snprintf(path, size, "%s/forkrepl-symbols-XXXXXX", folders[i]);
    int descriptor = mkostemp(path, O_CLOEXEC);
    if (descriptor >= 0)
      return descriptor;
  }
  return -1;
}

static int fill(int descriptor, const char *from, size_t size) {
  while (size) {
    ssize_t written = write(descriptor, from, size);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return -1;
    from += written;
    size -= (size_t)written;
  }
  return 0;
}

void *forkrepl_open_memory(const void *contents, size_t size) {
  char path[512];
  void *handle = NULL;
  struct opened *added = malloc(sizeof *added);
  int has_proc = access("/proc/self/fd", X_OK) == 0;
  int descriptor = has_proc ? memfd_create("forkrepl-symbols", MFD_CLOEXEC) : -1;
  int is_named = descriptor < 0;
  if (is_named)
    descriptor = create_named(path, sizeof path);
  if (added && descriptor >= 0 && !fill(descriptor, contents, size)) {
    if (!is_named)
      make_path(path, sizeof path, descriptor);
    handle = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    if (handle)
      drop_name(handle);
  } else
    dlopen("/proc/self/fd/-1", RTLD_NOW); // so that dlerror has something to say
  if (descriptor >= 0 && is_named)
    unlink(path);
  if (descriptor >= 0)
    close(descriptor);
  if (handle) {
    *added = (struct opened){all, handle};
    all = added;
  } else
    free(added);
  return handle;
}

// Takes the names away, as the dynamic linker may keep the object: whoever found a
// name with dlsym holds it. The hash table follows the symbols.
static void forget_symbols(void *handle) {
  const struct link_map *map = handle;
  uint64_t symbols = 0, hash_table = 0;
  for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; ++entry)
    if (entry->d_tag == DT_SYMTAB)
      symbols = entry->d_un.d_ptr;
    else if (entry->d_tag == DT_GNU_HASH)
      hash_table = entry->d_un.d_ptr;
  memset((void *)symbols, 0, hash_table - symbols);
}

int forkrepl_close_memory(void *handle) {
  for (struct opened **at = &all; *at; at = &(*at)->next)
    if ((*at)->handle == handle) {
      struct opened *found = *at;
      *at = found->next;
      free(found);
      forget_symbols(handle);
      dlclose(handle);
      return 0;
    }
  return EINVAL;
}
