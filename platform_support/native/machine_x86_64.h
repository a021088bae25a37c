// x86-64: see machine.h.
#pragma once

#include <elf.h>

// All code takes the direction flag to be clear (psABI, 3.2.1); the user's assembly may
// have left it set.
static inline void machine_return_to_order(void) { __asm__ volatile("cld"); }

static inline int machine_is_reference(uint64_t type) {
  return type == R_X86_64_GLOB_DAT || type == R_X86_64_64;
}

static inline int machine_is_call(uint64_t type) { return type == R_X86_64_JUMP_SLOT; }
