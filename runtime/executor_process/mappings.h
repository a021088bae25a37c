// What the address space has at and around an address, found without malloc or stdio.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct mapping {
  uint64_t start, end;
  uint32_t protection; // PROT_READ ...
  char name[512];      // cut, if it is longer
};

// The last mapping below `address`, the one that holds it, the first above; those
// that exist, in this order. Returns how many. Not for two threads at once.
size_t mappings_around(uint64_t address, struct mapping found[3]);
