// Functions of libraries that the user's code has replaced, as `operator new`.
//
// Natively the dynamic linker binds all libraries to the program's definition. Here they
// have been bound long ago, so their references by name are changed afterwards, and
// changed back when the unit goes. The references of this library and of the process that
// it is in stay: their memory is none of the user's.
#define _GNU_SOURCE
#include "handlers.h"
#include "machine.h"
#include "patch.h"

#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct replacement {
  struct replacement *older;
  void *dso_handle;
  uint64_t address;
  char name[];
};

static struct replacement *newest;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct target {
  const char *name;
  uint64_t address;
};

static int is_ours(const struct dl_phdr_info *info) {
  uint64_t here = (uint64_t)&forkrepl_interpose;
  for (int i = 0; i < info->dlpi_phnum; ++i)
    if (info->dlpi_phdr[i].p_type == PT_LOAD &&
        here - info->dlpi_addr - info->dlpi_phdr[i].p_vaddr <
            info->dlpi_phdr[i].p_memsz)
      return 1;
  return !info->dlpi_name[0]; // the program that the process was started as
}

static int redirect_all(const struct dl_phdr_info *info,
                        struct forkrepl_relocations table,
                        const struct target *target) {
  const ElfW(Sym) *symbols = (const void *)forkrepl_dynamic(info, DT_SYMTAB);
  const char *names = (const char *)forkrepl_dynamic(info, DT_STRTAB);
  for (size_t i = 0; i < table.count; ++i) {
    const ElfW(Rela) *entry = &table.start[i];
    uint64_t type = ELF64_R_TYPE(entry->r_info), symbol = ELF64_R_SYM(entry->r_info);
    if (!symbol || (!machine_is_call(type) && !machine_is_reference(type)))
      continue;
    if (strcmp(names + symbols[symbol].st_name, target->name))
      continue;
    uint64_t *slot = (uint64_t *)(info->dlpi_addr + entry->r_offset);
    int error = *slot == target->address
                    ? 0
                    : forkrepl_patch(slot, &target->address, sizeof target->address);
    if (error)
      return error;
  }
  return 0;
}

static int redirect(struct dl_phdr_info *info, size_t size, void *context) {
  if (is_ours(info))
    return 0;
  int error =
      redirect_all(info, forkrepl_relocations(info, DT_RELA, DT_RELASZ), context);
  return error ? error
               : redirect_all(info, forkrepl_relocations(info, DT_JMPREL, DT_PLTRELSZ),
                              context);
}

// Points the libraries to the newest replacement, or to their own function.
static int apply(const char *name) {
  struct target target = {name, 0};
  for (struct replacement *at = newest; at && !target.address; at = at->older)
    if (!strcmp(at->name, name))
      target.address = at->address;
  if (!target.address)
    target.address = (uint64_t)forkrepl_find_symbol(name);
  return target.address ? dl_iterate_phdr(redirect, &target) : 0;
}

int forkrepl_interpose(uint64_t dso_handle, const char *name, uint64_t address) {
  struct replacement *added = malloc(sizeof *added + strlen(name) + 1);
  if (!added)
    return ENOMEM;
  added->dso_handle = (void *)dso_handle;
  added->address = address;
  strcpy(added->name, name);
  pthread_mutex_lock(&lock);
  added->older = newest;
  newest = added;
  int error = apply(name);
  pthread_mutex_unlock(&lock);
  return error;
}

void forkrepl_interpositions_drop(void *dso_handle) {
  pthread_mutex_lock(&lock);
  for (struct replacement **at = &newest; *at;) {
    struct replacement *found = *at;
    if (found->dso_handle != dso_handle) {
      at = &found->older;
      continue;
    }
    *at = found->older;
    apply(found->name);
    free(found);
  }
  pthread_mutex_unlock(&lock);
}

void forkrepl_interpositions_apply(void) {
  pthread_mutex_lock(&lock);
  for (struct replacement *at = newest; at; at = at->older)
    apply(at->name);
  pthread_mutex_unlock(&lock);
}
