// AArch64: see machine.h.
#pragma once

#include <elf.h>

// There is nothing that would have to be.
static inline void machine_return_to_order(void) {}

static inline int machine_is_reference(uint64_t type) {
  return type == R_AARCH64_GLOB_DAT || type == R_AARCH64_ABS64;
}

static inline int machine_is_call(uint64_t type) { return type == R_AARCH64_JUMP_SLOT; }
