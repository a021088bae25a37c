// AArch64: see machine.h.
#define _GNU_SOURCE
#include "machine.h"

#include <asm/sigcontext.h>
#include <elf.h>

const uint16_t machine_number = EM_AARCH64;
const int machine_low_memory_flag = 0;

long machine_system_call(long number, long a, long b, long c, long d) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
  return x0;
}

struct machine_place machine_place(const ucontext_t *context) {
  return (struct machine_place){context->uc_mcontext.pc, context->uc_mcontext.sp};
}

void machine_set_place(ucontext_t *context, struct machine_place place) {
  context->uc_mcontext.pc = place.pc;
  context->uc_mcontext.sp = place.sp;
}

static int is_in_code(const ucontext_t *context) {
  return context->uc_mcontext.fault_address == context->uc_mcontext.pc;
}

// The records that follow the registers end with one of size 0 (asm/sigcontext.h).
uint64_t machine_access(const ucontext_t *context) {
  enum { CLASS = 26, FETCH = 0x20, FETCH_SAME_LEVEL = 0x21, IS_WRITE = 1 << 6 };
  const unsigned char *records = context->uc_mcontext.__reserved;
  size_t at = 0, room = sizeof context->uc_mcontext.__reserved;
  while (at + sizeof(struct _aarch64_ctx) <= room) {
    const struct _aarch64_ctx *record = (const void *)(records + at);
    if (!record->magic || record->size < sizeof *record)
      break; // there is none of the cause: an emulator makes none
    if (record->magic == ESR_MAGIC) {
      uint64_t syndrome = ((const struct esr_context *)record)->esr;
      uint64_t class = syndrome >> CLASS & 0x3f;
      if (class == FETCH || class == FETCH_SAME_LEVEL)
        return MACHINE_FETCH;
      return syndrome & IS_WRITE ? MACHINE_WRITE : 0;
    }
    at += record->size;
  }
  return is_in_code(context) ? MACHINE_FETCH : 0;
}

// By the link register, which the call has set.
int machine_return(const ucontext_t *context, struct machine_place *caller) {
  *caller =
      (struct machine_place){context->uc_mcontext.regs[30], context->uc_mcontext.sp};
  return 1;
}

void machine_pause(void) { __asm__ volatile("yield"); }

// Caches of code are not coherent with those of data (Arm ARM, B2.4).
void machine_code_has_changed(void *start, size_t size) {
  __builtin___clear_cache(start, (char *)start + size);
}
