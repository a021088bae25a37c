// Changes to what the dynamic linker has made read-only, and what needs them:
// variables of libraries that a unit takes over.
//
// Code that was compiled for a program of fixed address refers to a library's
// variable as if it were its own; natively a copy relocation makes it so, and
// the library then uses the program's (psABI 4.4.1). Here the library has been
// relocated long ago, so its references are changed afterwards.
#define _GNU_SOURCE
#include "patch.h"
#include "machine.h"

#include <errno.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct place {
  uint64_t address;
  int read_only;
};

static int find_read_only(struct dl_phdr_info *info, size_t size, void *context) {
  struct place *place = context;
  uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    uint64_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
    uint64_t end = start + info->dlpi_phdr[i].p_memsz;
    if (info->dlpi_phdr[i].p_type == PT_GNU_RELRO) {
      // The dynamic linker protects whole pages up to the end, rounded down.
      start &= -page;
      end &= -page;
    } else if (info->dlpi_phdr[i].p_type != PT_LOAD ||
               info->dlpi_phdr[i].p_flags & PF_W)
      continue;
    if (place->address >= start && place->address < end)
      place->read_only = 1;
  }
  return place->read_only;
}

static int is_read_only(const void *at) {
  struct place place = {(uint64_t)at, 0};
  dl_iterate_phdr(find_read_only, &place);
  return place.read_only;
}

int forkrepl_patch(void *at, const void *from, size_t size) {
  int read_only = is_read_only(at);
  uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
  char *start = (char *)((uint64_t)at & -page);
  size_t length = (size_t)((char *)at + size - start);
  if (read_only && mprotect(start, length, PROT_READ | PROT_WRITE))
    return errno;
  memcpy(at, from, size);
  if (read_only && mprotect(start, length, PROT_READ))
    return errno;
  return 0;
}

static uint64_t dynamic_entry(const struct dl_phdr_info *info, int64_t tag) {
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    if (info->dlpi_phdr[i].p_type != PT_DYNAMIC)
      continue;
    const ElfW(Dyn) *entry =
        (const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
    for (; entry->d_tag != DT_NULL; ++entry)
      if (entry->d_tag == tag)
        return entry->d_un.d_val;
  }
  return 0;
}

uint64_t forkrepl_dynamic(const struct dl_phdr_info *info, int64_t tag) {
  uint64_t address = dynamic_entry(info, tag);
  if (address && address < info->dlpi_addr) // not adjusted: the vDSO
    address += info->dlpi_addr;
  return address;
}

struct forkrepl_relocations forkrepl_relocations(const struct dl_phdr_info *info,
                                                 int64_t start, int64_t size) {
  return (struct forkrepl_relocations){(const void *)forkrepl_dynamic(info, start),
                                       dynamic_entry(info, size) / sizeof(ElfW(Rela))};
}

static int redirect(struct dl_phdr_info *info, size_t size, void *context) {
  const struct forkrepl_move *move = context;
  struct forkrepl_relocations table = forkrepl_relocations(info, DT_RELA, DT_RELASZ);
  for (size_t i = 0; i < table.count; ++i) {
    const ElfW(Rela) *entry = &table.start[i];
    uint64_t type = ELF64_R_TYPE(entry->r_info);
    // Only references by name: others are not redirected natively either.
    if (!ELF64_R_SYM(entry->r_info) || !machine_is_reference(type))
      continue;
    uint64_t *slot = (uint64_t *)(info->dlpi_addr + entry->r_offset);
    if (*slot - move->source >= move->size)
      continue;
    uint64_t moved = *slot - move->source + move->destination;
    int error = forkrepl_patch(slot, &moved, sizeof moved);
    if (error)
      return error;
  }
  return 0;
}

static int move_variable(struct forkrepl_move move) {
  void *to = (void *)move.destination;
  const void *from = (const void *)move.source;
  // What is equal may be constant, and then it can't be written.
  int error = memcmp(to, from, move.size) ? forkrepl_patch(to, from, move.size) : 0;
  return error ? error : dl_iterate_phdr(redirect, &move);
}

int forkrepl_variables_move(const struct forkrepl_move *moves, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    int error = move_variable(moves[i]);
    if (error)
      return error;
  }
  return 0;
}

void forkrepl_variables_return(const struct forkrepl_move *moves, size_t count) {
  while (count--)
    move_variable((struct forkrepl_move){moves[count].destination, moves[count].source,
                                         moves[count].size});
}
