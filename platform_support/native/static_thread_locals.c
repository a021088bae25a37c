// Thread-local variables at a fixed distance from the thread pointer (the initial-
// and local-exec models), and those of the process and its libraries.
//
// The room for ours is an initialised thread-local array. The C library copies its
// first contents from the program's image to each new thread, so that changing the
// image initialises the variables of threads to come; threads that run already do
// it themselves, in a signal handler.
#define _GNU_SOURCE
#include "other_threads.h"
#include "patch.h"
#include "thread_locals.h"

#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <string.h>

enum { ALIGNMENT = 64 };

// For a process whose program has no larger one; libraries must be modest.
static __thread char small_area[256]
    __attribute__((aligned(ALIGNMENT), tls_model("initial-exec"))) = {1};

// To be told of a module's block by dl_iterate_phdr, the thread must have asked
// for it once by way of __tls_get_addr.
static __thread volatile char asked_for __attribute__((tls_model("global-dynamic")));

static struct {
  int64_t offset; // from the thread pointer
  uint64_t size;
} area;

void forkrepl_set_thread_area(void *start, size_t size) {
  area.offset = (char *)start - thread_pointer();
  area.size = size;
  memset(start, 0, size);
}

void forkrepl_thread_area(int64_t *offset, uint64_t *size, uint64_t *align) {
  if (!area.size) {
    asked_for = 1;
    forkrepl_set_thread_area(small_area, sizeof small_area);
  }
  *offset = area.offset;
  *size = area.size;
  *align = ALIGNMENT;
}

// Where an address lies in some module's thread-local block of this thread.
struct search {
  uint64_t address;
  uint64_t module, offset;
  char *image; // the first contents of what is there, for new threads
};

static int find_module(struct dl_phdr_info *info, size_t size, void *context) {
  struct search *search = context;
  for (int i = 0; info->dlpi_tls_data && i < info->dlpi_phnum; ++i) {
    uint64_t offset = search->address - (uint64_t)info->dlpi_tls_data;
    const ElfW(Phdr) *header = &info->dlpi_phdr[i];
    if (header->p_type == PT_TLS && offset < header->p_memsz) {
      search->module = info->dlpi_tls_modid;
      search->offset = offset;
      search->image = (char *)info->dlpi_addr + header->p_vaddr + offset;
      return 1;
    }
  }
  return 0;
}

struct contents {
  int64_t offset; // from the thread pointer
  uint64_t size;
  const void *image; // NULL: zeros
};

static void initialize_here(void *contents) {
  const struct contents *c = contents;
  char *to = thread_pointer() + c->offset;
  if (c->image)
    memcpy(to, c->image, c->size);
  else
    memset(to, 0, c->size);
}

// What threads to come find there.
static int initialize_image(const struct contents *contents) {
  static const char zeros[ALIGNMENT];
  char *here = thread_pointer() + contents->offset;
  struct search search = {(uint64_t)here, 0, 0, NULL};
  if (!dl_iterate_phdr(find_module, &search))
    return ENOENT;
  int error = 0;
  if (contents->image)
    return forkrepl_patch(search.image, contents->image, contents->size);
  for (uint64_t done = 0; !error && done < contents->size; done += ALIGNMENT) {
    uint64_t rest = contents->size - done;
    error =
        forkrepl_patch(search.image + done, zeros, rest < ALIGNMENT ? rest : ALIGNMENT);
  }
  return error;
}

int forkrepl_static_thread_locals_set(const struct forkrepl_unit *unit,
                                      const void *image) {
  struct contents contents = {unit->tls_offset, unit->tls_size, image};
  int64_t first = contents.offset - area.offset;
  if (first < 0 || contents.size > area.size ||
      (uint64_t)first > area.size - contents.size)
    return EINVAL;
  // The image before the threads: none that starts meanwhile is left out.
  int error = initialize_image(&contents);
  if (error)
    return error;
  initialize_here(&contents);
  return image ? forkrepl_run_in_other_threads(initialize_here, &contents) : 0;
}

static void *distance_in_thread(void *name) {
  return (void *)((uintptr_t)forkrepl_find_symbol(name) - (uintptr_t)thread_pointer());
}

// Whether a variable is as far from the thread pointer in every thread.
static int is_static(const char *name) {
  pthread_t thread;
  void *distance = NULL;
  if (pthread_create(&thread, NULL, distance_in_thread, (void *)name))
    return 0;
  pthread_join(thread, &distance);
  return distance == distance_in_thread((void *)name);
}

void forkrepl_find_thread_local(const char *name, uint64_t *module, uint64_t *offset) {
  // For a thread-local symbol dlsym gives this thread's variable.
  struct search search = {(uint64_t)forkrepl_find_symbol(name), 0, 0, NULL};
  if (search.address && dl_iterate_phdr(find_module, &search) && is_static(name)) {
    search.module = STATIC_MODULE;
    search.offset = search.address - (uint64_t)thread_pointer();
  }
  *module = search.module;
  *offset = search.offset;
}
