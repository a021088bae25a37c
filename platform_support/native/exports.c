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

// So that dlerror has something to say.
static void *open_nothing(void) { return dlopen("/proc/self/fd/-1", RTLD_NOW); }

static void *open_filled(int descriptor, const char *path, const void *contents,
                         size_t size) {
  if (fill(descriptor, contents, size))
    return open_nothing();
  return dlopen(path, RTLD_NOW | RTLD_GLOBAL);
}

static void *open_unnamed(const void *contents, size_t size) {
  char path[512];
  int descriptor = memfd_create("forkrepl-symbols", MFD_CLOEXEC);
  if (descriptor < 0)
    return NULL;
  make_path(path, sizeof path, descriptor);
  void *handle = open_filled(descriptor, path, contents, size);
  close(descriptor);
  return handle;
}

// Without memfd_create(2), or /proc to open a descriptor by: a file of a temporary folder, for
// the moment in which it is opened. A folder may be full, or of a file system that nothing is
// run from.
static void *open_named(const void *contents, size_t size) {
  char path[512];
  const char *folders[] = {getenv("TMPDIR"), "/tmp", "/var/tmp", "/dev/shm"};
  void *handle = open_nothing();
  for (size_t i = 0; i < sizeof folders / sizeof *folders && !handle; ++i) {
    if (!folders[i])
      continue;
    snprintf(path, sizeof path, "%s/forkrepl-symbols-XXXXXX", folders[i]);
    int descriptor = mkostemp(path, O_CLOEXEC);
    if (descriptor < 0)
      continue;
    handle = open_filled(descriptor, path, contents, size);
    unlink(path);
    close(descriptor);
  }
  return handle;
}

void *forkrepl_open_memory(const void *contents, size_t size) {
  struct opened *added = malloc(sizeof *added);
  if (!added)
    return open_nothing();
  int has_proc = access("/proc/self/fd", X_OK) == 0;
  void *handle = has_proc ? open_unnamed(contents, size) : NULL;
  if (!handle)
    handle = open_named(contents, size);
  if (!handle) {
    free(added);
    return NULL;
  }
  drop_name(handle);
  *added = (struct opened){all, handle};
  all = added;
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
