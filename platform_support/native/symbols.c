// What names stand for in the process and its libraries.
#define _GNU_SOURCE
#include "forkrepl_platform.h"

#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

void *forkrepl_find_symbol(const char *name) {
  // By way of a handle: with RTLD_DEFAULT, what is found could not be closed.
  static void *program;
  if (!program)
    program = dlopen(NULL, RTLD_NOW);
  const char *at = strchr(name, '@');
  if (!at)
    return dlsym(program, name);
  char *plain = strndup(name, (size_t)(at - name));
  void *found = plain ? dlvsym(program, plain, at + 1) : NULL;
  free(plain);
  return found;
}

void forkrepl_describe_symbol(const char *name, uint64_t *address, uint64_t *size,
                              uint64_t *is_variable) {
  Dl_info info;
  const ElfW(Sym) *symbol = NULL;
  void *found = forkrepl_find_symbol(name);
  *address = (uint64_t)found;
  *size = *is_variable = 0;
  if (found && dladdr1(found, &info, (void **)&symbol, RTLD_DL_SYMENT) && symbol &&
      info.dli_saddr == found && ELF64_ST_TYPE(symbol->st_info) == STT_OBJECT) {
    *size = symbol->st_size;
    *is_variable = 1;
  }
}
