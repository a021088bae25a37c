#pragma once

#include "forkrepl_platform.h"

#include <link.h>

// Writes where the dynamic linker may have made memory read-only, and makes it so
// again. 0, or an errno value.
int forkrepl_patch(void *at, const void *from, size_t size);

struct dl_phdr_info; // link.h has it, where _GNU_SOURCE is defined

// What a loaded object's dynamic section says: the address under a tag, 0 if there is none.
uint64_t forkrepl_dynamic(const struct dl_phdr_info *info, int64_t tag);

struct forkrepl_relocations {
  const ElfW(Rela) * start;
  size_t count;
};

// The relocations whose address and size in bytes are under these tags.
struct forkrepl_relocations forkrepl_relocations(const struct dl_phdr_info *info,
                                                 int64_t start, int64_t size);

// Copies variables of libraries to where a unit has room for them, and points the
// libraries there. 0, or an errno value.
int forkrepl_variables_move(const struct forkrepl_move *moves, size_t count);

// The reverse, with the values that they have now.
void forkrepl_variables_return(const struct forkrepl_move *moves, size_t count);
